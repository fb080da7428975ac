"""The words the rooms share: what to ask (`Request`), how (`RequestOptions`), and who
does it (`Sender`).
"""

from collections.abc import Mapping
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any, Protocol, Self, SupportsIndex

import anyio
from attrs import converters, evolve, field, frozen

from financial_connections._decoding import ModelT
from financial_connections._settings import (
    Secret,
    Settings,
    Settled,
    Timeout,
    api_key_from,
    deadline_from,
    header_value,
    headers_from,
    max_retries_from,
    stripe_account_from,
    stripe_context_from,
    timeout_from,
)
from financial_connections.errors import InvalidArgumentError

if TYPE_CHECKING:
    import httpx

_LONGEST_IDEMPOTENCY_KEY = 255

request_sent: ContextVar[anyio.Event | None] = ContextVar(
    "financial_connections_request_sent", default=None
)
"""Set by who wants to know when the requests of this task are on the wire."""


def _idempotency_key_from(value: Any) -> str:
    key = header_value("idempotency_key", value)
    if len(key) > _LONGEST_IDEMPOTENCY_KEY:
        raise InvalidArgumentError(
            f"idempotency_key must have at most {_LONGEST_IDEMPOTENCY_KEY} characters"
        )
    return key


@frozen
class Request:
    """A request to the API as the contract describes it, before encoding."""

    method: str
    path: str
    """The path with a placeholder for each ID: `/v1/accounts/{account}`. It contains no
    data of the user, so it is safe to log and to use as a metric's label.
    """
    ids: Mapping[str, str] = field(factory=dict, repr=False, kw_only=True)
    """The IDs that replace the placeholders in `path`, not yet percent-encoded."""
    params: Mapping[str, object] = field(factory=dict, repr=False, kw_only=True)
    """Parameters by wire name, sent in the query of a GET and in the form of a POST.
    `None` is not sent.
    """
    arrays: tuple[str, ...] = field(default=(), kw_only=True)
    """The keys of `params` that hold a sequence, nested ones (`filters[countries]`)
    included.
    """
    required: tuple[str, ...] = field(default=(), kw_only=True)
    """The keys of `params` that must be present and not empty. A nested key is required
    only if the object around it is sent.
    """
    free_text: bool = field(default=False, kw_only=True)
    """Set by `send_raw`: the contract does not know the endpoint. `path` has no
    placeholders and may contain IDs, and parameters may contain any character.
    """


@frozen(kw_only=True, init=False, repr=False)
class RequestOptions(Settled):
    """Settings for one call; what is None stays as the client has it. To undo a
    client's `stripe_account` or `stripe_context`, use
    `client.with_options(stripe_account=None)`.

    `timeout` bounds one attempt, `deadline` the whole call, both in seconds.
    `idempotency_key` (1 to 255 printable ASCII characters) makes a POST repeatable;
    without one, every POST gets its own. A GET has none, so that options can be shared
    by the requests of `refresh_and_wait`. `headers` are sent in addition. Raises
    `ConfigurationError` or `InvalidArgumentError`.
    """

    api_key: Secret | None = field(
        converter=converters.optional(api_key_from), repr=False
    )
    stripe_account: str | None = field(converter=stripe_account_from)
    stripe_context: str | None = field(converter=stripe_context_from)
    idempotency_key: str | None = field(
        converter=converters.optional(_idempotency_key_from)
    )
    timeout: Timeout | None = field(converter=converters.optional(timeout_from))
    deadline: float | None = field(converter=converters.optional(deadline_from))
    max_retries: int | None = field(converter=converters.optional(max_retries_from))
    headers: Mapping[str, str] = field(converter=headers_from, repr=False)

    def __init__(
        self,
        *,
        api_key: str | None = None,
        stripe_account: str | None = None,
        stripe_context: str | None = None,
        idempotency_key: str | None = None,
        timeout: "Timeout | httpx.Timeout | float | None" = None,
        deadline: float | None = None,
        max_retries: int | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        secret, own = Secret.wrapping(api_key), Secret(headers)
        del api_key, headers  # from here on no frame of a traceback holds them
        attrs_made: Any = self
        attrs_made.__attrs_init__(
            api_key=secret,
            stripe_account=stripe_account,
            stripe_context=stripe_context,
            idempotency_key=idempotency_key,
            timeout=timeout,
            deadline=deadline,
            max_retries=max_retries,
            headers=own,
        )

    def __reduce_ex__(self, protocol: SupportsIndex) -> str | tuple[Any, ...]:
        if self.headers:
            raise TypeError(
                "headers may hold a token: options that have them are not pickled"
            )
        return object.__reduce_ex__(self, protocol)

    def __copy__(self) -> Self:
        return self

    def __deepcopy__(self, memo: object) -> Self:
        return self

    def applied_to(self, settings: Settings) -> Settings:
        """Return `settings` with what is set here in their place."""
        names = (
            "api_key",
            "stripe_account",
            "stripe_context",
            "timeout",
            "deadline",
            "max_retries",
        )
        given = {
            name: getattr(self, name)
            for name in names
            if getattr(self, name) is not None
        }
        return evolve(settings, **given) if given else settings


class Sender(Protocol):
    """The seam between what is asked and how: all that generated code knows of the
    network.
    """

    async def send(
        self,
        request: Request,
        result_type: type[ModelT],
        options: RequestOptions | None,
    ) -> ModelT:
        """Send `request` and return its answer; raise a `FinancialConnectionsError`
        when there is none.
        """
        ...
