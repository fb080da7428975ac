"""Types that the generated code and the transport share.

`Request`, `RequestOptions` and `Sender`.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Protocol, Self, SupportsIndex

from attrs import converters, evolve, field, frozen

from financial_connections._checks import header_value, suggest_options
from financial_connections._decoding import ModelT
from financial_connections._headers import headers_from
from financial_connections._redact import Secret
from financial_connections._settings import (
    Settings,
    Timeout,
    api_key_from,
    deadline_from,
    max_retries_from,
    stripe_account_from,
    stripe_context_from,
    stripe_version_from,
    timeout_from,
)
from financial_connections.errors import InvalidArgumentError

if TYPE_CHECKING:
    import httpx

    from financial_connections.events import ClientEvent

_MAX_IDEMPOTENCY_KEY_LENGTH = 255


@frozen
class Request:
    """An API request as described by the contract, before encoding."""

    method: str
    path: str
    """The path with a placeholder for each ID: `/v1/accounts/{account}`. It contains no
    user data, so it is safe to log or to use as a metric label.
    """
    ids: Mapping[str, str] = field(factory=dict, repr=False, kw_only=True)
    """The IDs that replace the placeholders in `path`, not yet percent-encoded."""
    params: Mapping[str, object] = field(factory=dict, repr=False, kw_only=True)
    """Parameters by wire name, sent in the query of a GET and in the form of a POST.
    `None` values are omitted.
    """
    arrays: tuple[str, ...] = field(default=(), kw_only=True)
    """Keys of `params` that hold a sequence, including nested keys such as
    `filters[account_subcategories]`.
    """
    required: tuple[str, ...] = field(default=(), kw_only=True)
    """Keys of `params` that must be present and not empty. A nested key is required
    only if the object that contains it is sent.
    """
    clearable: tuple[str, ...] = field(default=(), kw_only=True)
    """Keys in `required` that accept an empty string, which removes a setting."""
    expandable: tuple[str, ...] | None = field(default=None, kw_only=True)
    """Paths that `expand` may contain; without `data.` for a list. None if unknown."""
    free_text: bool = field(default=False, kw_only=True)
    """True for `send_raw`, whose endpoint may not be in the contract. `path` then has
    no placeholders and may contain IDs, and parameters may contain any character.
    """


def raw_request(method: str, path: str, params: Mapping[str, object]) -> Request:
    """Return a request to an endpoint that may not be in the contract.

    Raises:
        InvalidArgumentError: The method or the path is invalid.
    """
    if not isinstance(method, str) or method.upper() not in {"GET", "POST", "DELETE"}:
        raise InvalidArgumentError("method must be GET, POST or DELETE")
    if not isinstance(path, str) or not path.startswith("/") or {"?", "#"} & set(path):
        raise InvalidArgumentError(
            "path must be like /v1/balance, with parameters in params="
        )
    return Request(method.upper(), path, params=params, free_text=True)


def _idempotency_key_from(value: Any) -> str:
    key = header_value("idempotency_key", value)
    if len(key) > _MAX_IDEMPOTENCY_KEY_LENGTH:
        raise InvalidArgumentError(
            f"idempotency_key must have at most {_MAX_IDEMPOTENCY_KEY_LENGTH} "
            "characters"
        )
    return key


@suggest_options
@frozen(kw_only=True, init=False)
class RequestOptions:
    """Settings for one call, which take precedence over those of the client.

    An option that is None keeps the client's setting. To call without the client's
    `stripe_account`, `stripe_context` or `stripe_version`, use a derived client, such
    as `client.with_options(stripe_account=None)`.

    Args:
        api_key: Secret or restricted API key.
        stripe_account: ID of the connected account (`acct_…`) to act on behalf of.
        stripe_context: Context to act in, sent as the `Stripe-Context` header.
        stripe_version: Version of Stripe's API, such as `2024-06-20`.
        idempotency_key: Key by which Stripe recognizes a repeated POST: 1 to 255
            printable ASCII characters. By default, each POST gets a random key. Other
            methods ignore it.
        timeout: Time limit for each attempt, in seconds, or a `Timeout`.
        deadline: Time limit for the whole call in seconds, including retries and waits.
        max_retries: Maximum number of retries of a failed attempt.
        headers: Additional headers to send.

    Raises:
        ConfigurationError: An option is invalid.
        InvalidArgumentError: An option cannot be sent as a header.
    """

    api_key: Secret | None = field(
        converter=converters.optional(api_key_from), repr=False
    )
    stripe_account: str | None = field(converter=stripe_account_from)
    stripe_context: str | None = field(converter=stripe_context_from)
    stripe_version: str | None = field(converter=stripe_version_from)
    idempotency_key: str | None = field(
        converter=converters.optional(_idempotency_key_from)
    )
    timeout: Timeout | None = field(converter=converters.optional(timeout_from))
    deadline: float | None = field(converter=converters.optional(deadline_from))
    max_retries: int | None = field(converter=converters.optional(max_retries_from))
    headers: Mapping[str, str] = field(converter=headers_from, repr=False)

    # Written by hand because pyright does not apply converters: it would require
    # `api_key` to be a `Secret`.
    def __init__(
        self,
        *,
        api_key: str | None = None,
        stripe_account: str | None = None,
        stripe_context: str | None = None,
        stripe_version: str | None = None,
        idempotency_key: str | None = None,
        timeout: "Timeout | httpx.Timeout | float | None" = None,
        deadline: float | None = None,
        max_retries: int | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        self.__attrs_init__(  # pyright: ignore[reportAttributeAccessIssue]
            api_key=api_key,
            stripe_account=stripe_account,
            stripe_context=stripe_context,
            stripe_version=stripe_version,
            idempotency_key=idempotency_key,
            timeout=timeout,
            deadline=deadline,
            max_retries=max_retries,
            headers=headers,
        )

    def __reduce_ex__(self, protocol: SupportsIndex) -> str | tuple[Any, ...]:
        if self.headers:
            raise TypeError(
                "options with headers cannot be pickled, because headers may contain a "
                "token"
            )
        return object.__reduce_ex__(self, protocol)

    def __copy__(self) -> Self:
        return self

    def __deepcopy__(self, memo: object) -> Self:
        return self


def settings_for_call(settings: Settings, options: RequestOptions | None) -> Settings:
    """Return the client's settings, overridden by the options that are not None."""
    if options is None:
        return settings
    names = (
        "api_key",
        "stripe_account",
        "stripe_context",
        "stripe_version",
        "timeout",
        "deadline",
        "max_retries",
    )
    values = {name: getattr(options, name) for name in names}
    changes = {name: value for name, value in values.items() if value is not None}
    return evolve(settings, **changes) if changes else settings


class Sender(Protocol):
    """The interface through which requests are sent and events are emitted."""

    async def send(
        self,
        request: Request,
        result_type: type[ModelT],
        options: RequestOptions | None,
    ) -> ModelT:
        """Send a request and return the decoded response.

        Args:
            request: The request.
            result_type: Model that the response is decoded into.
            options: Settings for this call.

        Raises:
            FinancialConnectionsError: There is no usable response.
        """
        ...

    def has_room(self, request: Request, options: RequestOptions | None) -> bool:
        """Return whether a request can be sent at once without delaying others.

        Args:
            request: The request.
            options: Settings for this call.
        """
        ...

    def emit(self, event: "ClientEvent") -> None:
        """Pass an event of an operation to the client's event handler."""
        ...
