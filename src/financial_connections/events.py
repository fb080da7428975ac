"""
What happens on the way to an answer: `AsyncClient(on_event=handler)`.

A handler gets one of these per step. None holds a key, an id, a parameter or a body.
"""

from attrs import frozen

__all__ = ["ClientEvent", "RequestFinished", "RequestStarted", "RetryScheduled"]


@frozen(kw_only=True)
class ClientEvent:
    """What all events tell."""

    method: str
    """`GET`, `POST` or `DELETE`."""
    server: str
    """The host that is asked, such as `api.stripe.com`."""
    url_template: str | None
    """The path with its ids left out, such as `/v1/financial_connections/accounts/{account}`; None of `send_raw`."""
    attempt: int
    """Which attempt of its call it is, from 1."""


@frozen(kw_only=True)
class RequestStarted(ClientEvent):
    """An attempt is about to be sent."""


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
    """The class of the error that the attempt ended in, such as `RateLimitError`; None when it succeeded."""


@frozen(kw_only=True)
class RetryScheduled(ClientEvent):
    """The attempt failed, and there will be another one after `seconds`."""

    seconds: float
    """How long the wait is."""
