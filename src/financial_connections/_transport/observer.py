"""Log records, events and warnings about calls."""

import logging
import time
import warnings
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

import anyio
from attrs import field, frozen

from financial_connections._checks import is_async_callable
from financial_connections._rate_limits import Throttle
from financial_connections._redact import sanitize
from financial_connections._transport.admission import Admission
from financial_connections._transport.call import AttemptError, Call
from financial_connections._transport.response import NoResponse, Response
from financial_connections.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Callable

    from financial_connections.events import ClientEvent

_log = logging.getLogger("financial_connections")
_MAX_NOTICES = 100
_MAX_REASON = 60


@frozen
class Observer:
    """Reports on the calls of a client and its derived clients."""

    on_event: "Callable[[ClientEvent], object] | None" = None
    notices: set[str] = field(factory=set)
    """`Stripe-Notice` texts that have already been warned about."""

    def emit(self, event_class: str, call: Call, **fields: Any) -> None:
        """Call `on_event` with an event of a call.

        Args:
            event_class: Name of the class, because most clients have no handler, and
                need not load the classes.
            call: The call.
            fields: Fields of the event, in addition to those of the call.
        """
        if self.on_event is not None:
            from financial_connections import events  # noqa: PLC0415

            event = getattr(events, event_class)(**call.event_fields(), **fields)
            self.handle(event)

    def handle(self, event: "ClientEvent") -> None:
        """Call `on_event` with an event."""
        if self.on_event is None:
            return
        try:
            self.on_event(event)
        except Exception:  # noqa: BLE001 - an error in a handler must not end the call
            _log.exception("on_event raised an error; the call continues")

    def attempt_started(self, call: Call, admission: Admission) -> None:
        """Emit the event for the start of an attempt."""
        if self.on_event is not None:
            self.emit(
                "RequestStarted",
                call,
                waited=admission.waited_for_connection + admission.waited_for_permit,
                waited_for_connection=admission.waited_for_connection,
                waited_for_permit=admission.waited_for_permit,
                rate=admission.rate,
            )

    def attempt_finished(
        self,
        call: Call,
        seconds: float,
        received: Response | NoResponse | AttemptError | None,
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
        call.last_response = response
        is_logged = _log.isEnabledFor(logging.DEBUG)
        if self.on_event is None and not is_logged:
            return
        status = response.status if response else None
        request_id = response.request_id if response else None
        if is_logged:
            _log.debug(
                "%s -> %s, request %s, attempt %d, %.0f ms",
                call,
                status or "no response",
                request_id,
                call.attempts,
                1000 * seconds,
            )
        self.emit(
            "RequestFinished",
            call,
            status=status,
            request_id=request_id,
            seconds=seconds,
            error=error,
            rate_limit_reason=_rate_limit_reason(call, response),
        )

    def rate_limited(self, call: Call, throttle: Throttle) -> None:
        """Emit the event for a 429 that lowered a limit."""
        self.emit(
            "RateLimited",
            call,
            reason=throttle.reason and sanitize(throttle.reason, _MAX_REASON),
            rate=throttle.rate,
            seconds=throttle.seconds,
        )

    def call_finished(self, call: Call, error: str | None) -> None:
        """Emit the event for the end of a call.

        Args:
            call: The call.
            error: Class of the error that the call ended with, if any.
        """
        if self.on_event is None:
            return
        response = call.last_response
        self.emit(
            "CallFinished",
            call,
            status=response.status if response else None,
            request_id=response.request_id if response else None,
            seconds=time.monotonic() - call.started_at,
            error=error,
        )

    def mismatched(
        self,
        call: Call,
        result_type: type,
        response: Response,
        fields: tuple[str, ...],
    ) -> None:
        """Emit the event for a response that does not match the contract.

        Args:
            call: The call.
            result_type: Model that the response was decoded into.
            response: The response.
            fields: Fields that do not match.
        """
        self.emit(
            "ContractMismatch",
            call,
            model=result_type.__name__,
            fields=fields,
            request_id=response.request_id,
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


def observer_from(on_event: Any) -> Observer:
    """Return the observer for the `on_event` of a client.

    Raises:
        ConfigurationError: It is neither a regular function nor None.
    """
    if on_event is not None and (not callable(on_event) or is_async_callable(on_event)):
        raise ConfigurationError(
            "on_event must be a regular function, not an async one"
        )
    return Observer(on_event)


def _rate_limit_reason(call: Call, response: Response | None) -> str | None:
    if response is None or response.status != HTTPStatus.TOO_MANY_REQUESTS:
        return None
    reason = response.headers.get("stripe-rate-limited-reason")
    return reason and sanitize(reason, _MAX_REASON, secrets=call.secrets())


def error_name_of(call: Call, error: BaseException, *, is_closed: bool) -> str:
    """Return the name of the error class to report for an exception in a call.

    Args:
        call: The call.
        error: The exception, which may be a cancellation.
        is_closed: True if the client has been closed.
    """
    if not isinstance(error, anyio.get_cancelled_exc_class()):
        return type(error).__name__
    if not call.scope.cancel_called:
        return "CancelledError"  # trio's own class has another name
    return "APIConnectionError" if is_closed else "DeadlineExceededError"
