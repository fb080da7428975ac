"""The interface of rate limits."""

from contextlib import AbstractAsyncContextManager
from typing import Literal, NamedTuple, Protocol, runtime_checkable

Mode = Literal["test", "live"]


class RateRequest(NamedTuple):
    """The facts about an attempt that rate limits depend on.

    It contains neither the API key nor the IDs of objects.
    """

    method: str
    """HTTP method: `GET`, `POST` or `DELETE`."""
    url_template: str | None
    """Path with placeholders, such as `/v1/financial_connections/accounts/{account}`;
    None for `send_raw`.
    """
    stripe_account: str | None
    """Connected account or context that the request acts for; None for the account of
    the API key.
    """
    mode: Mode
    """Mode of the API key."""
    attempt: int
    """Number of the attempt within its call, starting at 1."""


@runtime_checkable
class RateLimit(Protocol):
    """A limit on requests, for `AsyncClient(rate_limit=…)`.

    An implementation can be shared by several clients, or by several machines if it
    keeps its state in a database.
    """

    def permit(self, request: RateRequest, /) -> AbstractAsyncContextManager[object]:
        """Return an async context manager in which one attempt is sent.

        It is entered before each attempt, when a connection is available, and should
        wait until the request may be sent. It is exited when the response has been
        read, or when the attempt has failed or been cancelled. It then receives the
        error of the attempt, as if that had been raised in its block: a 429 response is
        a `RateLimitError`. It cannot suppress the error. An error that it raises ends
        the call when it is entered, and is only logged when it is exited.

        Args:
            request: The attempt.
        """
        ...
