"""Events for each attempt of a call, for `AsyncClient(on_event=handler)`.

The handler is called with each event. Events contain no keys, object IDs, parameters or
bodies.
"""

from attrs import frozen

__all__ = [
    "ClientEvent",
    "ContractMismatch",
    "RequestFinished",
    "RequestStarted",
    "RetryScheduled",
]


@frozen(kw_only=True)
class ClientEvent:
    """Base class of all events."""

    method: str
    """HTTP method: `GET`, `POST` or `DELETE`."""
    server: str
    """Host of the server, such as `api.stripe.com`."""
    port: int | None = None
    """Port of the server, such as 443."""
    url_template: str | None
    """Path with placeholders, such as `/v1/financial_connections/accounts/{account}`;
    None for `send_raw`.
    """
    attempt: int
    """Number of the attempt within its call, starting at 1."""


@frozen(kw_only=True)
class RequestStarted(ClientEvent):
    """An attempt is about to be sent."""

    waited: float = 0.0
    """Seconds spent waiting for a free connection and for a rate limit permit."""


@frozen(kw_only=True)
class RequestFinished(ClientEvent):
    """An attempt has ended."""

    status: int | None
    """Status of the response; None if there was no response."""
    request_id: str | None
    """Stripe's ID of the request; None if the response did not have one."""
    seconds: float
    """Duration of the attempt, in seconds."""
    error: str | None
    """Class of the error that the attempt ended with, such as `RateLimitError`; None if
    it succeeded.

    `APITimeoutError` means that the attempt timed out, `DeadlineExceededError` that the
    deadline of the call passed, and `CancelledError` that the task was cancelled.
    `APIConnectionError` can also mean that the client was closed.
    """


@frozen(kw_only=True)
class RetryScheduled(ClientEvent):
    """An attempt failed, and another one will start after `seconds`."""

    seconds: float
    """Seconds until the next attempt."""


@frozen(kw_only=True)
class ContractMismatch(ClientEvent):
    """A 2xx response has values that do not match the contract, or lacks required ones.

    The call still returns its model. `Model.misfits` names the mismatched fields of
    each object, and `to_dict()` contains their values. There is at most one such event
    per response.
    """

    model: str
    """Class of the returned model, such as `TransactionList`."""
    fields: tuple[str, ...]
    """Fields that do not match, in this model or in nested models, such as
    `Transaction.amount`.
    """
    request_id: str | None
    """Stripe's ID of the request; None if the response did not have one."""
