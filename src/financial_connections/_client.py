"""The client: its settings, its lifetime, its three resources."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NoReturn, Self, TypedDict, Unpack

from attrs import evolve

from financial_connections._connections import CallersClient, Connections, Lanes, is_httpx_client
from financial_connections._request import Request, RequestOptions
from financial_connections._settings import DEFAULT_BASE_URL, Settings, Timeout, whole_number
from financial_connections._transport import RawResponse, Transport
from financial_connections.accounts import Accounts
from financial_connections.errors import ConfigurationError, InvalidArgumentError
from financial_connections.sessions import Sessions
from financial_connections.transactions import Transactions

if TYPE_CHECKING:
    from types import TracebackType

    import httpx

_DEFAULT_TIMEOUT = Timeout(30, connect=5)


class ClientSettings(TypedDict, total=False):
    """The settings that `AsyncClient.with_options` can change."""

    api_key: str | None
    base_url: str
    stripe_account: str | None
    stripe_context: str | None
    timeout: "Timeout | httpx.Timeout | float"
    deadline: float | None
    max_retries: int


class AsyncClient:
    """
    A client of Stripe's Financial Connections API, for asyncio and trio.

        async with AsyncClient("sk_test_123") as client:
            account = await client.accounts.retrieve("fca_123")

    Without `api_key` it takes the one in the environment variable `STRIPE_API_KEY`. `timeout` bounds one
    attempt, `deadline` a whole call with its retries and waits, both in seconds. `http_client` is an
    `httpx.AsyncClient` of yours to send with; it is neither changed nor closed. Making a client costs little
    and opens nothing. Raises `ConfigurationError` for a setting that cannot work.
    """

    accounts: Accounts
    sessions: Sessions
    transactions: Transactions

    def __init__(
        self,
        api_key: str | None = None,
        *,
        base_url: str = DEFAULT_BASE_URL,
        stripe_account: str | None = None,
        stripe_context: str | None = None,
        timeout: "Timeout | httpx.Timeout | float" = _DEFAULT_TIMEOUT,
        deadline: float | None = None,
        max_retries: int = 2,
        max_connections: int = 100,
        http_client: "httpx.AsyncClient | Any | None" = None,
    ) -> None:
        if http_client is not None and not is_httpx_client(http_client):
            raise ConfigurationError("http_client must be an httpx.AsyncClient")
        limit = whole_number("max_connections", max_connections, at_least=1)
        settings = Settings(
            api_key=api_key,
            base_url=base_url,
            stripe_account=stripe_account,
            stripe_context=stripe_context,
            timeout=timeout,
            deadline=deadline,
            max_retries=max_retries,
        )
        self._use(settings, Lanes(limit) if http_client is None else CallersClient(http_client))

    def _use(self, settings: Settings, connections: Connections) -> None:
        self._settings = settings
        self._connections = connections
        self._transport = Transport(settings=settings, connections=connections)
        self.accounts = Accounts(self._transport)
        self.sessions = Sessions(self._transport)
        self.transactions = Transactions(self._transport)

    def with_options(self, **settings: Unpack[ClientSettings]) -> Self:
        """Return a client with other settings that shares this one's connections, and closes with it."""
        view = object.__new__(type(self))
        view._use(evolve(self._settings, **settings), self._connections)
        return view

    async def send_raw(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, object] | None = None,
        options: RequestOptions | None = None,
    ) -> RawResponse:
        """
        Call any endpoint of Stripe's API, with the same retries and errors: `send_raw("GET", "/v1/balance")`.

        `path` is taken as it is; `params` travel in the query, of a POST in the form. The answer is not
        decoded.
        """
        request = Request(method=_method(method), path=_segments(path), params=params or {})
        return await self._transport.send_raw(request, options)

    async def aclose(self) -> None:
        """Close the connections. A client of yours (`http_client=`) stays open."""
        await self._connections.aclose()

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
        return f"<AsyncClient {self._settings.base_url}>"

    def __reduce__(self) -> NoReturn:
        raise TypeError("a client holds connections and a key: make one where it is used")


def _method(method: str) -> str:
    if not isinstance(method, str) or method.upper() not in {"GET", "POST", "DELETE"}:
        raise InvalidArgumentError("method must be GET, POST or DELETE")
    return method.upper()


def _segments(path: str) -> tuple[str, ...]:
    if not isinstance(path, str) or not path.startswith("/") or "?" in path or "#" in path:
        raise InvalidArgumentError("path must be like /v1/balance; parameters go into params=")
    return tuple(path[1:].split("/"))
