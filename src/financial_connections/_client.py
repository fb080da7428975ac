"""The client: its settings, its lifetime, its three resources."""

from collections.abc import Callable, Mapping
from functools import cached_property
from importlib.util import find_spec
from inspect import iscoroutinefunction
from typing import TYPE_CHECKING, Any, Literal, NoReturn, Self, TypedDict, Unpack

from attrs import evolve

from financial_connections._request import Request, RequestOptions
from financial_connections._settings import (
    DEFAULT_BASE_URL,
    Secret,
    Settings,
    Timeout,
    positive_number,
    whole_number,
)
from financial_connections._transport.backend import Backend
from financial_connections._transport.observer import Observer
from financial_connections._transport.pool import ConnectionPool
from financial_connections._transport.ratelimit import RateLimiter
from financial_connections._transport.response import RawResponse
from financial_connections._transport.transport import Transport
from financial_connections.errors import ConfigurationError, InvalidArgumentError

if TYPE_CHECKING:
    from types import TracebackType

    import httpx

    from financial_connections.accounts import Accounts
    from financial_connections.events import ClientEvent
    from financial_connections.sessions import Sessions
    from financial_connections.transactions import Transactions

_DEFAULT_TIMEOUT = Timeout(30, connect=5)


class _FromEnvironment:
    """The default of `api_key`, which is not None, so that None can be refused."""

    def __repr__(self) -> str:
        return "STRIPE_API_KEY"


_FROM_ENVIRONMENT: Any = _FromEnvironment()


class ClientSettings(TypedDict, total=False):
    """The settings that `AsyncClient.with_options` can change."""

    api_key: str
    base_url: str
    stripe_account: str | None
    stripe_context: str | None
    timeout: "Timeout | httpx.Timeout | float"
    deadline: float | None
    max_retries: int


class AsyncClient:
    """A client of Stripe's Financial Connections API, for asyncio and trio.

        async with AsyncClient("sk_test_123") as client:
            account = await client.accounts.retrieve("fca_123")

    `api_key` defaults to the environment variable `STRIPE_API_KEY`; None is refused.
    `timeout` bounds one attempt, `deadline` a whole call with its retries and waits,
    both in seconds. `rate_limit` is the most requests per second that the client and
    its derived clients send; further ones wait. `transport="aiohttp"` is faster, works
    under asyncio only, and needs the extra of that name. `http_client` is an
    `httpx.AsyncClient` of yours to send with; it is neither changed nor closed.
    `on_event` is called with the events of every attempt, see
    `financial_connections.events`. Making a client costs little and opens nothing; it
    belongs to the event loop that first uses it. Raises `ConfigurationError` for a
    setting that cannot work.
    """

    _is_derived = False

    def __init__(
        self,
        api_key: str = _FROM_ENVIRONMENT,
        *,
        base_url: str = DEFAULT_BASE_URL,
        stripe_account: str | None = None,
        stripe_context: str | None = None,
        timeout: "Timeout | httpx.Timeout | float" = _DEFAULT_TIMEOUT,
        deadline: float | None = None,
        max_retries: int = 2,
        max_connections: int = 100,
        rate_limit: float | None = None,
        transport: Literal["httpx", "aiohttp"] = "httpx",
        http_client: "httpx.AsyncClient | Any | None" = None,
        on_event: "Callable[[ClientEvent], object] | None" = None,
    ) -> None:
        secret = None if api_key is _FROM_ENVIRONMENT else Secret(api_key)
        del api_key  # from here on no frame of a traceback holds it
        if on_event is not None and not _is_plain_function(on_event):
            raise ConfigurationError(
                "on_event must be a function, and not an async one"
            )
        limit = whole_number("max_connections", max_connections, at_least=1)
        settings = Settings(
            api_key=secret,
            base_url=base_url,
            stripe_account=stripe_account,
            stripe_context=stripe_context,
            timeout=timeout,
            deadline=deadline,
            max_retries=max_retries,
        )
        rate_limiter = (
            None
            if rate_limit is None
            else RateLimiter(positive_number("rate_limit", rate_limit))
        )
        self._transport = Transport(
            settings=settings,
            backend=(
                _backend(transport, limit)
                if http_client is None
                else _injected_backend(http_client, limit, settings.base_url)
            ),
            rate_limiter=rate_limiter,
            observer=Observer(on_event),
        )

    # Each is loaded when it is first used: a program that reads accounts need not wait
    # for the rest.

    @cached_property
    def accounts(self) -> "Accounts":
        """Linked bank accounts, and who owns them."""
        from financial_connections.accounts import Accounts  # noqa: PLC0415

        return Accounts(self._transport)

    @cached_property
    def sessions(self) -> "Sessions":
        """Sessions in which users link accounts."""
        from financial_connections.sessions import Sessions  # noqa: PLC0415

        return Sessions(self._transport)

    @cached_property
    def transactions(self) -> "Transactions":
        """Transactions of linked accounts."""
        from financial_connections.transactions import Transactions  # noqa: PLC0415

        return Transactions(self._transport)

    def with_options(self, **settings: Unpack[ClientSettings]) -> Self:
        """Return a client with other settings that shares this one's connections;
        closing it closes nothing.
        """
        changes: dict[str, Any] = dict(settings)
        if "api_key" in settings:
            changes["api_key"] = Secret(settings.pop("api_key"))
        client = object.__new__(type(self))
        client.__dict__.update(self.__dict__)  # what a subclass has
        for resource in ("accounts", "sessions", "transactions"):
            client.__dict__.pop(resource, None)
        client._is_derived = True
        client._transport = evolve(
            self._transport, settings=evolve(self._transport.settings, **changes)
        )
        return client

    async def send_raw(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, object] | None = None,
        options: RequestOptions | None = None,
    ) -> RawResponse:
        """Call any endpoint of Stripe's API, with the same retries and errors:
        `send_raw("GET", "/v1/balance")`.

        The segments of `path` are percent-encoded here. `params` are sent in the query,
        those of a POST in the form. The response is not decoded.
        """
        request = Request(
            _method(method), _path(path), params=params or {}, free_text=True
        )
        return await self._transport.send_raw(request, options)

    async def aclose(self) -> None:
        """End the calls that are running, and close the connections. A client of yours
        (`http_client=`) stays open.

        A call that has sent something raises `APIConnectionError` with the reason
        `closed`, and is not retried. A call that has not sent anything, and every later
        call, raises `ConfigurationError`.
        """
        if not self._is_derived:
            await self._transport.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: "type[BaseException] | None",
        error: BaseException | None,
        traceback: "TracebackType | None",
    ) -> None:
        await self.aclose()

    def __repr__(self) -> str:
        # Crash reporters ask in the middle of __init__, too.
        url = self._transport.settings.base_url if hasattr(self, "_transport") else "…"
        return f"<AsyncClient {url}>"

    def __reduce__(self) -> NoReturn:
        raise TypeError(
            "a client holds connections and a key: make one where it is used"
        )


def _backend(transport: str, limit: int) -> Backend:
    if transport == "httpx":
        return ConnectionPool(limit)
    if transport != "aiohttp":
        raise ConfigurationError('transport must be "httpx" or "aiohttp"')
    if find_spec("aiohttp") is None:
        raise ConfigurationError(
            'transport="aiohttp" needs the extra financial-connections[aiohttp]'
        )
    # It imports aiohttp.
    from financial_connections._transport.aiohttp import AiohttpBackend  # noqa: PLC0415

    return AiohttpBackend(limit)


def _injected_backend(http_client: Any, limit: int, base_url: str) -> Backend:
    from financial_connections._transport.injected import (  # noqa: PLC0415 - seldom used
        InjectedClient,
        is_httpx_client,
    )

    if not is_httpx_client(http_client):
        raise ConfigurationError("http_client must be an httpx.AsyncClient")
    return InjectedClient(http_client, limit, base_url)


def _is_plain_function(value: Any) -> bool:
    return callable(value) and not (
        iscoroutinefunction(value) or iscoroutinefunction(type(value).__call__)
    )


def _method(method: str) -> str:
    if not isinstance(method, str) or method.upper() not in {"GET", "POST", "DELETE"}:
        raise InvalidArgumentError("method must be GET, POST or DELETE")
    return method.upper()


def _path(path: str) -> str:
    if (
        not isinstance(path, str)
        or not path.startswith("/")
        or "?" in path
        or "#" in path
    ):
        raise InvalidArgumentError(
            "path must be like /v1/balance; parameters go into params="
        )
    return path
