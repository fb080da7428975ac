"""Events of a call on the way to its response: `AsyncClient(on_event=handler)`.

The handler is called with one event for each step. No event holds a key, the id of an
object, a parameter or a body.
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
    """The attributes that all events have."""

    method: str
    """`GET`, `POST` or `DELETE`."""
    server: str
    """The host of the server, such as `api.stripe.com`."""
    port: int | None = None
    """The port of the server, such as 443."""
    url_template: str | None
    """The path without its ids, such as `/v1/financial_connections/accounts/{account}`;
    None for `send_raw`.
    """
    attempt: int
    """Number of the attempt in its call, from 1."""


@frozen(kw_only=True)
class RequestStarted(ClientEvent):
    """An attempt is about to be sent."""

    waited: float = 0.0
    """Seconds that the attempt waited for a free connection and for a permit of the
    rate limit.
    """


@frozen(kw_only=True)
class RequestFinished(ClientEvent):
    """An attempt is over."""

    status: int | None
    """Status of the response; None if there was no response."""
    request_id: str | None
    """Stripe's id of the request; None if the response did not have one."""
    seconds: float
    """Duration of the attempt, in seconds."""
    error: str | None
    """ The class of the error that the attempt ended in, such as `RateLimitError`; None
    when it succeeded.

    `APITimeoutError` for the attempt's own timeout, `DeadlineExceededError` for the
    deadline of the call, `APIConnectionError` also when the client was closed, and
    `CancelledError` when the task was cancelled. """


@frozen(kw_only=True)
class RetryScheduled(ClientEvent):
    """The attempt failed, and there will be another one after `seconds`."""

    seconds: float
    """Seconds until the next attempt."""


@frozen(kw_only=True)
class ContractMismatch(ClientEvent):
    """A successful response has values that do not fit the contract.

    The call returns its model all the same: `Model.misfits` names the fields of each
    object, and `to_dict()` has the values. There is at most one such event per
    response.
    """

    model: str
    """The class of the returned model, such as `TransactionList`."""
    fields: tuple[str, ...]
    """The fields that do not fit, in this model or in those inside it, such as
    `Transaction.amount`; each once.
    """
    request_id: str | None
    """Stripe's id of the request; None if the response did not have one."""
