"""Events of calls and their attempts, for `AsyncClient(on_event=handler)`.

The handler is called with each event, in the task that makes the call. Context
variables that it sets stay set until the call ends. Events contain no keys, object IDs,
parameters or bodies.
"""

from contextvars import Context

from attrs import field, frozen

__all__ = [
    "CallEvent",
    "CallFinished",
    "CallStarted",
    "ClientEvent",
    "ContractMismatch",
    "OperationFinished",
    "OperationStarted",
    "OperationWoken",
    "RateLimited",
    "RequestFinished",
    "RequestStarted",
    "RetryBudgetExhausted",
    "RetryScheduled",
]


@frozen(kw_only=True)
class ClientEvent:
    """Base class of all events."""


@frozen(kw_only=True)
class CallEvent(ClientEvent):
    """Base class of the events of a call."""

    method: str
    """HTTP method: `GET`, `POST` or `DELETE`."""
    scheme: str = "https"
    """Scheme of the URL: `https` or `http`."""
    server: str
    """Host of the server, such as `api.stripe.com`."""
    port: int | None = None
    """Port of the server, such as 443."""
    url_template: str | None
    """Path with placeholders, such as `/v1/financial_connections/accounts/{account}`;
    None for `send_raw`.
    """
    attempt: int
    """Number of the attempt within its call, starting at 1; 0 before the first."""


@frozen(kw_only=True)
class CallStarted(CallEvent):
    """A call has started, but has not waited for anything yet."""


@frozen(kw_only=True)
class CallFinished(CallEvent):
    """A call has ended; `attempt` is the number of attempts it made."""

    status: int | None
    """Status of the last response; None if there was no response."""
    request_id: str | None
    """Stripe's ID of the last request; None if its response did not have one."""
    seconds: float
    """Duration of the call in seconds, including all waiting."""
    error: str | None
    """Class of the error that the call raised, such as `RateLimitError`; None if it
    succeeded.

    `CancelledError` means that the task was cancelled.
    """


@frozen(kw_only=True)
class RequestStarted(CallEvent):
    """An attempt is about to be sent."""

    waited: float = 0.0
    """Seconds spent waiting for a free connection and for a rate limit permit."""
    waited_for_connection: float = 0.0
    """Seconds spent waiting for a free connection."""
    waited_for_permit: float = 0.0
    """Seconds spent waiting for a rate limit permit."""
    rate: float | None = None
    """Current adaptive rate limit of the endpoint, in requests per second; None without
    an adaptive rate limit.
    """


@frozen(kw_only=True)
class RequestFinished(CallEvent):
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
    rate_limit_reason: str | None = None
    """Limit that a 429 response names in its `Stripe-Rate-Limited-Reason` header, such
    as `endpoint-rate`; None for other responses.
    """


@frozen(kw_only=True)
class RetryScheduled(CallEvent):
    """An attempt failed, and another one will start after `seconds`."""

    seconds: float
    """Seconds until the next attempt."""


@frozen(kw_only=True)
class RetryBudgetExhausted(CallEvent):
    """An attempt failed and is not retried, because the retry budget is used up."""

    error: str
    """Class of the error that the attempt ended with, such as `ServerError`."""


@frozen(kw_only=True)
class RateLimited(CallEvent):
    """A 429 response lowered an adaptive limit.

    After a lower rate, all requests that share the limit wait for `seconds`.
    """

    reason: str | None
    """Limit that the response names, such as `endpoint-rate`; None if it names none."""
    rate: float | None
    """New rate in requests per second; None if the response lowered the number of
    concurrent requests.
    """
    seconds: float
    """Seconds until the call may send its next request."""


@frozen(kw_only=True)
class ContractMismatch(CallEvent):
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


@frozen(kw_only=True)
class OperationStarted(ClientEvent):
    """An operation that makes several calls has started."""

    operation: str
    """Name of the method, such as `accounts.refresh_and_wait` or
    `transactions.sync_many`.
    """
    concurrent: bool = False
    """True for one of many accounts, which are processed concurrently by a method such
    as `transactions.sync_many`.
    """


@frozen(kw_only=True)
class OperationWoken(ClientEvent):
    """A `RefreshNotifier` has ended a delay of an operation."""

    operation: str
    """Name of the method, as in `OperationStarted`."""
    notified_in: Context = field(repr=False, eq=False)
    """Context variables at the call of `RefreshNotifier.notify`."""


@frozen(kw_only=True)
class OperationFinished(ClientEvent):
    """An operation has ended."""

    operation: str
    """Name of the method, as in `OperationStarted`."""
    seconds: float
    """Duration of the operation, in seconds."""
    error: str | None
    """Class of the error that the operation ended with; None if it succeeded.

    `CancelledError` means that the task was cancelled.
    """
