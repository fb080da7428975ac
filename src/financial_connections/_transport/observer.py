"""Log records, events and warnings about calls."""

import logging
import warnings
from collections.abc import Callable
from typing import Any

from attrs import field, frozen

from financial_connections._redact import sanitize
from financial_connections._transport.call import Call
from financial_connections._transport.response import NoResponse, Response
from financial_connections.events import CallEvent, ClientEvent, RequestFinished

_log = logging.getLogger("financial_connections")
_MAX_NOTICES = 100
_TOO_MANY_REQUESTS = 429


@frozen
class Observer:
    """Reports on the calls of a client and its derived clients."""

    on_event: Callable[[ClientEvent], object] | None = None
    notices: set[str] = field(factory=set)
    """`Stripe-Notice` texts that have already been warned about."""

    def emit(self, event_class: type[CallEvent], call: Call, **fields: Any) -> None:
        """Call `on_event` with an event of a call."""
        if self.on_event is not None:
            self.handle(event_class(**call.event_fields(), **fields))

    def handle(self, event: ClientEvent) -> None:
        """Call `on_event` with an event."""
        if self.on_event is None:
            return
        try:
            self.on_event(event)
        except Exception:  # noqa: BLE001 - an error in a handler must not end the call
            _log.exception("on_event raised an error; the call continues")

    def attempt_finished(
        self,
        call: Call,
        seconds: float,
        received: Response | NoResponse | None,
        error: str | None,
    ) -> None:
        """Log the end of an attempt, and emit its event.

        Args:
            call: The call.
            seconds: Duration of the attempt.
            received: The response, if there was one.
            error: Class of the error that the attempt ended with, if any.
        """
        response = received if isinstance(received, Response) else None
        status = response.status if response else None
        request_id = response.request_id if response else None
        if _log.isEnabledFor(logging.DEBUG):
            _log.debug(
                "%s -> %s, request %s, attempt %d, %.0f ms",
                call,
                status or "no response",
                request_id,
                call.attempts,
                1000 * seconds,
            )
        self.emit(
            RequestFinished,
            call,
            status=status,
            request_id=request_id,
            seconds=seconds,
            error=error,
            rate_limit_reason=_rate_limit_reason(call, response),
        )

    def notice(self, call: Call, text: str) -> None:
        """Warn about a `Stripe-Notice` header, once for each text."""
        text = sanitize(text, secrets=call.secrets())
        if text in self.notices:
            return
        # Notices may contain numbers or IDs, so there can be any number of different
        # texts.
        if len(self.notices) >= _MAX_NOTICES:
            self.notices.clear()
        self.notices.add(text)
        try:
            warnings.warn(f"Stripe says: {text}", stacklevel=2)
        except Warning:
            # Warnings are turned into errors, but the request has already taken effect.
            _log.warning("Stripe says: %s", text)


def _rate_limit_reason(call: Call, response: Response | None) -> str | None:
    if response is None or response.status != _TOO_MANY_REQUESTS:
        return None
    reason = response.headers.get("stripe-rate-limited-reason")
    return reason and sanitize(reason, 60, secrets=call.secrets())
