"""The client, with its settings, lifetime and resources."""

from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal, NoReturn, Self, Unpack

from financial_connections._base_url import FROM_ENVIRONMENT, allow_http_from
from financial_connections._checks import check_options, suggest_options
from financial_connections._generated import API_VERSION
from financial_connections._request import RequestOptions, raw_request
from financial_connections._response import RawResponse
from financial_connections._settings import ClientSettings, Settings, Timeout
from financial_connections._transport.setup import make_transport

if TYPE_CHECKING:
    from types import TracebackType

    import httpx

    from financial_connections._rate_limits import RateLimit
    from financial_connections.accounts import Accounts
    from financial_connections.events import ClientEvent
    from financial_connections.middleware import Middleware
    from financial_connections.sessions import Sessions
    from financial_connections.transactions import Transactions
    from financial_connections.webhooks.history import Events

_DEFAULT_TIMEOUT = Timeout(30, connect=5)


@suggest_options
class AsyncClient:
    """A client for Stripe's Financial Connections API, for asyncio and trio.

    Creating a client is cheap and opens no connections. A client is bound to the event
    loop in which it is first used.

        async with AsyncClient("sk_test_123") as client:
            account = await client.accounts.retrieve("fca_123")

    Args:
        api_key: Secret or restricted API key. Defaults to the `STRIPE_API_KEY`
            environment variable; None is rejected.
        base_url: Base URL of the API. It must use https, except on loopback. Defaults
            to the `STRIPE_BASE_URL` environment variable, which works only with test
            keys unless it leads to Stripe, and without it, to Stripe.
        stripe_account: ID of a connected account (`acct_…`) to act on behalf of.
        stripe_context: Context to act in, sent as the `Stripe-Context` header.
        stripe_version: Version of Stripe's API, such as `2024-06-20`. Defaults to
            `API_VERSION`, for which the models are made.
        timeout: Time limit for each attempt, in seconds, or a `Timeout`. Defaults to 30
            s for the attempt and 5 s for connecting.
        deadline: Time limit for a whole call in seconds, including retries and waits.
            There is no limit by default.
        max_retries: Maximum number of retries of a failed attempt.
        max_connections: Maximum number of concurrent requests. Additional requests
            wait.
        rate_limit: Limit on requests, shared by this client and its derived clients.
            Additional requests wait. By default, it starts from the limits that Stripe
            documents and adapts to its 429 responses. A number is a fixed maximum per
            second, a `RateLimit` is your own, and None means no limit.
        retry_budget: Number of retries that this client and its derived clients may
            make while no call succeeds, so that retries do not multiply the load on a
            server that is down. Successful calls restore it. None means no limit.
        middleware: Async functions to call around each attempt, outermost first; see
            `financial_connections.middleware`.
        transport: HTTP library to use. `"aiohttp"` is faster, works under asyncio only,
            and needs the extra `financial-connections[aiohttp]`.
        http_client: An `httpx.AsyncClient` or `httpx2.AsyncClient` to send requests
            with. It is neither modified nor closed.
        on_event: Function to call with the events of each attempt; see
            `financial_connections.events`.
        allow_http: Whether `base_url` may use plain HTTP with test keys (`sk_test_…`,
            `rk_test_…`), for a sandbox in a private network. The environment variable
            `FINANCIAL_CONNECTIONS_ALLOW_HTTP=1` has the same effect.

    Raises:
        ConfigurationError: A setting is missing or invalid.
    """

    _is_derived = False

    def __init__(
        self,
        api_key: str = FROM_ENVIRONMENT,
        *,
        base_url: str = FROM_ENVIRONMENT,
        stripe_account: str | None = None,
        stripe_context: str | None = None,
        stripe_version: str | None = None,
        timeout: "Timeout | httpx.Timeout | float" = _DEFAULT_TIMEOUT,
        deadline: float | None = None,
        max_retries: int = 2,
        max_connections: int = 100,
        rate_limit: 'float | RateLimit | Literal["adaptive"] | None' = "adaptive",
        retry_budget: float | None = 50,
        middleware: "Sequence[Middleware]" = (),
        transport: Literal["httpx", "aiohttp"] = "httpx",
        http_client: "httpx.AsyncClient | Any | None" = None,
        on_event: "Callable[[ClientEvent], object] | None" = None,
        allow_http: bool = False,
    ) -> None:
        settings = Settings(
            api_key=api_key,
            base_url=base_url,
            stripe_account=stripe_account,
            stripe_context=stripe_context,
            stripe_version=stripe_version,
            timeout=timeout,
            deadline=deadline,
            max_retries=max_retries,
            allow_http=allow_http_from(allow_http),
        )
        self._transport = make_transport(
            settings,
            max_connections=max_connections,
            rate_limit=rate_limit,
            retry_budget=retry_budget,
            middleware=middleware,
            transport=transport,
            http_client=http_client,
            on_event=on_event,
        )

    # Imported on first use, because many programs need only one of them.

    @cached_property
    def accounts(self) -> "Accounts":
        """Linked accounts and their owners."""
        from financial_connections.accounts import Accounts  # noqa: PLC0415

        return Accounts(self._transport)

    @cached_property
    def events(self) -> "Events":
        """Events of the last 30 days, such as those that an endpoint has missed."""
        from financial_connections.webhooks.history import Events  # noqa: PLC0415

        return Events(self._transport)

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
        """Return a derived client: other settings, but the same connections.

        Closing a derived client has no effect.

        Args:
            **settings: Settings to override.

        Raises:
            ConfigurationError: A setting is missing or invalid.
            TypeError: There is no such setting, or it belongs to the original client.
        """
        check_options("with_options", settings, ClientSettings.__annotations__)
        client = object.__new__(type(self))
        client.__dict__.update(self.__dict__)  # attributes of a subclass
        for resource in ("accounts", "events", "sessions", "transactions"):
            client.__dict__.pop(resource, None)
        client._is_derived = True
        client._transport = self._transport.with_settings(dict(settings))
        return client

    async def warm(self, connections: int = 1) -> None:
        """Open connections, and load whatever the first calls would load.

        It sends a request over each connection. Each lists a single account and counts
        towards Stripe's limits. Connections close if they are unused for 30 seconds.

        Args:
            connections: Number of connections to have open, at most `max_connections`
                or the size of the injected client's pool.

        Raises:
            APIConnectionError: A connection cannot be opened.
            APIStatusError: The key is invalid, or must not list accounts.
            ConfigurationError: `connections` is not a number from 1 to the limit.
        """
        from financial_connections._warm import warm  # noqa: PLC0415 - seldom used

        await warm(self._transport, connections)

    async def send_raw(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, object] | None = None,
        options: RequestOptions | None = None,
    ) -> RawResponse:
        """Call any endpoint of Stripe's API, with the same retries and errors.

        For example, `await client.send_raw("GET", "/v1/balance")`.

        Args:
            method: `GET`, `POST` or `DELETE`.
            path: Path, starting with a slash. Its segments are percent-encoded.
            params: Parameters, sent in the query string or, for a POST, as a form.
            options: Settings for this call.

        Returns:
            The response, undecoded.

        Raises:
            InvalidArgumentError: An argument cannot be sent.
        """
        request = raw_request(method, path, params or {})
        return await self._transport.send_raw(request, options)

    async def aclose(self) -> None:
        """End running calls and close connections.

        A call that has been sent raises `APIConnectionError` with the reason `closed`
        and is not retried. A call that has not been sent yet, and any later call,
        raises `ConfigurationError`. An injected `http_client` stays open.
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
        settings = self._transport.settings
        version = settings.stripe_version or API_VERSION
        shown = "" if version == API_VERSION else f", stripe_version {version}"
        return f"<AsyncClient {settings.base_url}{shown}>"

    def __reduce__(self) -> NoReturn:
        raise TypeError("a client cannot be pickled: it holds connections and a key")
