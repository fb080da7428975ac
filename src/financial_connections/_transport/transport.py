"""The policy of a call: retries, deadline, rate limit, errors and decoding. All I/O is
in `Connections.exchange`.
"""

import logging
import random
import time
import warnings
from collections.abc import Callable
from typing import TypeVar

import anyio
from attrs import field, frozen

from financial_connections._decoding import ContentError, ModelT, decode
from financial_connections._redact import sanitize
from financial_connections._request import Request, RequestOptions
from financial_connections._retry import least_delay, retry_delay
from financial_connections._settings import Settings
from financial_connections._transport.call import (
    FAILURES,
    Call,
    Failure,
    closed_error,
    connection_error,
    deadline_error,
    response_error,
    status_error,
    timeout_error,
)
from financial_connections._transport.closing import close_in
from financial_connections._transport.connections import Connections
from financial_connections._transport.exchange import Answer, AttemptFailedError
from financial_connections._transport.ratelimit import RateLimiter
from financial_connections._transport.wire import wire_request
from financial_connections.errors import APIStatusError
from financial_connections.events import (
    ClientEvent,
    ContractMismatch,
    RequestFinished,
    RequestStarted,
    RetryScheduled,
)

_log = logging.getLogger("financial_connections")
_NO_OPTIONS = RequestOptions()
_MOST_NOTICES = 100

T = TypeVar("T")
Read = Callable[[Call, Answer], T]
"""Makes what a call returns from a 2xx response. Raises `ContentError`."""


@frozen
class RawResponse:
    """A 2xx response, undecoded."""

    status: int
    headers: dict[str, str] = field(repr=False)
    """By lower-case name."""
    content: bytes = field(repr=False)
    request_id: str | None
    replayed: bool
    """True for the stored response to an earlier request with the same idempotency key.
    """


@frozen(kw_only=True)
class Transport:
    """The `Sender` that goes over HTTP."""

    settings: Settings
    connections: Connections
    limiter: RateLimiter | None = field(default=None, repr=False)
    on_event: Callable[[ClientEvent], object] | None = field(default=None, repr=False)
    notices: set[str] = field(factory=set, repr=False)
    """The texts of `Stripe-Notice` headers that have been shown, shared by a client and
    its derived clients.
    """

    async def send(
        self,
        request: Request,
        result_type: type[ModelT],
        options: RequestOptions | None,
    ) -> ModelT:
        """Send `request` and decode its response."""

        def read(call: Call, response: Answer) -> ModelT:
            def report(fields: tuple[str, ...]) -> None:
                self._tell(
                    ContractMismatch(
                        **call.what(),
                        model=result_type.__name__,
                        fields=fields,
                        request_id=response.request_id,
                    )
                )

            content_type = response.headers.get("content-type")
            return decode(
                result_type, response.content, response.request_id, content_type, report
            )

        return await self._call(request, options, read)

    async def send_raw(
        self, request: Request, options: RequestOptions | None
    ) -> RawResponse:
        """Send `request` and return its response undecoded."""
        return await self._call(request, options, _raw_response)

    async def aclose(self) -> None:
        """End the calls that are running, and close the connections.

        In another event loop than the calls', that loop does it. If it has ended or
        does not respond, its sockets are left to the garbage collector.
        """
        slots = self.connections.slots
        if slots.in_their_loop():
            await self._close()
            return
        slots.closed = True
        await close_in(slots.loop, self._close)
        await self.connections.aclose()

    async def _close(self) -> None:
        try:
            await self.connections.slots.end_calls()
        finally:
            await self.connections.aclose()

    async def _call(
        self, request: Request, options: RequestOptions | None, read: Read[T]
    ) -> T:
        settings = options.applied_to(self.settings) if options else self.settings
        call = Call(
            wire_request(request, settings, options or _NO_OPTIONS),
            None if request.free_text else request.path,
        )
        slots = self.connections.slots
        slots.check()
        if settings.deadline is not None:
            call.scope.deadline = anyio.current_time() + settings.deadline
        with call.scope, slots.running(call.scope):
            return await self._attempts(call, settings, read)
        raise (
            closed_error(call)
            if slots.closed
            else deadline_error(call, settings.deadline)
        )

    async def _attempts(self, call: Call, settings: Settings, read: Read[T]) -> T:
        slots = self.connections.slots
        while True:
            queued = time.monotonic()
            # Waiting is not part of an attempt, so only the deadline bounds it. The
            # permit comes last, or permits would pile up while all slots are taken, and
            # then be used all at once.
            async with slots:
                if self.limiter is not None:
                    await self.limiter.wait()
                if slots.closed:
                    raise closed_error(call)
                call.attempts += 1
                if self.on_event:
                    self._tell(
                        RequestStarted(**call.what(), waited=time.monotonic() - queued)
                    )
                result = await self._attempt(call, settings, read)
            if not isinstance(result, FAILURES):
                return result
            call.last_error = result
            delay = None
            if result.retryable and call.attempts <= settings.max_retries:
                delay = _delay(
                    call.attempts, result, call.scope.deadline - anyio.current_time()
                )
            if delay is None:
                raise result
            if self.on_event:
                self._tell(RetryScheduled(**call.what(), seconds=delay))
            await anyio.sleep(delay)

    async def _attempt(
        self, call: Call, settings: Settings, read: Read[T]
    ) -> T | Failure:
        started = time.monotonic()
        response: Answer | None = None
        result: T | Failure | None = None
        try:
            with anyio.move_on_after(settings.timeout.seconds) as scope:
                expires_at = min(scope.deadline, call.scope.deadline)
                response = await self.connections.exchange(
                    call.wire, settings.timeout, expires_at
                )
            seconds = time.monotonic() - started
            if response is not None:
                result = _result(call, response, read)
        except AttemptFailedError as failure:
            seconds = time.monotonic() - started
            result = connection_error(call, failure)
        except BaseException as foreign:
            self._finished(
                call, time.monotonic() - started, response, self._name_of(call, foreign)
            )
            if not isinstance(foreign, Exception):
                # A cancellation's frames hold the response's bytes, and reports with
                # locals would show them.
                foreign.__traceback__ = foreign.__context__ = None
            raise
        if response is None and result is None:
            result = timeout_error(call, settings.timeout.seconds)
        self._finished(
            call,
            seconds,
            response,
            type(result).__name__ if isinstance(result, FAILURES) else None,
        )
        if response and "stripe-notice" in response.headers:
            self._notice(
                sanitize(response.headers["stripe-notice"], secrets=call.secrets())
            )
        return result  # type: ignore[return-value]

    def _name_of(self, call: Call, error: BaseException) -> str:
        if not isinstance(error, anyio.get_cancelled_exc_class()):
            return type(error).__name__
        if not call.scope.cancel_called:
            return "CancelledError"  # also on trio, whose own class is named otherwise
        return (
            "APIConnectionError"
            if self.connections.slots.closed
            else "DeadlineExceededError"
        )

    def _finished(
        self, call: Call, seconds: float, response: Answer | None, error: str | None
    ) -> None:
        status = response.status if response else None
        request_id = response.request_id if response else None
        if _log.isEnabledFor(logging.DEBUG):
            _log.debug(
                "%s -> %s, request %s, attempt %d, %.0f ms",
                call,
                status or "no answer",
                request_id,
                call.attempts,
                1000 * seconds,
            )
        if self.on_event:
            event = RequestFinished(
                **call.what(),
                status=status,
                request_id=request_id,
                seconds=seconds,
                error=error,
            )
            self._tell(event)

    def _notice(self, text: str) -> None:
        if text in self.notices:
            return
        if len(self.notices) >= _MOST_NOTICES:  # they have a number or an id in them
            self.notices.clear()
        self.notices.add(text)
        try:
            warnings.warn(f"Stripe says: {text}", stacklevel=2)
        except (
            Warning
        ):  # where warnings are errors: the request has taken effect nevertheless
            _log.warning("Stripe says: %s", text)

    def _tell(self, event: ClientEvent) -> None:
        try:
            if self.on_event:
                self.on_event(event)
        except Exception:  # noqa: BLE001 - a handler's error must not end the call
            _log.exception("on_event raised; the call goes on")


def _result(call: Call, response: Answer, read: Read[T]) -> T | Failure:
    if not 200 <= response.status < 300:  # noqa: PLR2004
        return status_error(call, response)
    if response.unreadable is not None:
        return response_error(call, response, response.unreadable)
    try:
        return read(call, response)
    except ContentError as error:
        reason = str(error)
    # Outside `except`, or the error would keep the one that was caught in its
    # `__context__`.
    return response_error(call, response, reason)


def _raw_response(_: Call, response: Answer) -> RawResponse:
    return RawResponse(
        response.status,
        dict(response.headers),
        response.content,
        response.request_id,
        response.headers.get("idempotent-replayed") == "true",
    )


def _delay(attempt: int, error: Failure, left: float) -> float | None:
    asked, least = None, 0.0
    if isinstance(error, APIStatusError):
        asked, least = (
            error.retry_after,
            least_delay(error.status, error.code, error.headers),
        )
    return retry_delay(
        attempt, asked=asked, least=least, left=left, dice=random.random()
    )
