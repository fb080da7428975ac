"""
What happens on the way to an answer: `AsyncClient(on_event=handler)`.

A handler gets one of these per step. None holds a key, an id, a parameter or a body.
"""

from attrs import frozen

__all__ = ["ClientEvent", "ContractMismatch", "RequestFinished", "RequestStarted", "RetryScheduled"]


@frozen(kw_only=True)
class ClientEvent:
    """What all events tell."""

    method: str
    """`GET`, `POST` or `DELETE`."""
    server: str
    """The host that is asked, such as `api.stripe.com`."""
    port: int | None = None
    """The port of the server, such as 443."""
    url_template: str | None
    """The path with its ids left out, such as `/v1/financial_connections/accounts/{account}`; None of `send_raw`."""
    attempt: int
    """Which attempt of its call it is, from 1."""


@frozen(kw_only=True)
class RequestStarted(ClientEvent):
    """An attempt is about to be sent."""

    waited: float = 0.0
    """Seconds that it waited for a free connection and for the rate limit."""


@frozen(kw_only=True)
class RequestFinished(ClientEvent):
    """An attempt is over."""

    status: int | None
    """The answer's status; None when there was no answer."""
    request_id: str | None
    """Stripe's id of the request; None when the answer carried none."""
    seconds: float
    """How long the attempt took."""
    error: str | None
    """
    The class of the error that the attempt ended in, such as `RateLimitError`; None when it succeeded.

    `APITimeoutError` for the attempt's own timeout, `DeadlineExceededError` for the deadline of the call, and
    `CancelledError` when the task was cancelled.
    """


@frozen(kw_only=True)
class RetryScheduled(ClientEvent):
    """The attempt failed, and there will be another one after `seconds`."""

    seconds: float
    """How long the wait is."""


@frozen(kw_only=True)
class ContractMismatch(ClientEvent):
    """
    A successful response has values that do not fit the contract.

    The call returns its model all the same: `Model.misfits` names the fields of each object, and `to_dict()` has
    the values. There is at most one such event per response.
    """

    model: str
    """The class of the returned model, such as `TransactionList`."""
    fields: tuple[str, ...]
    """The fields that do not fit, in this model or in those inside it, such as `Transaction.amount`; each once."""
    request_id: str | None
    """Stripe's id of the request; None when the response carried none."""
