"""The policy of a call: retries, deadline, rate limit, middleware, errors, decoding.

All I/O happens in `Backend.exchange`. Errors are passed as values up to `_call`, the
only place that raises them.
"""

import time
from collections.abc import Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, Self, TypeVar

import anyio
from attrs import Factory, evolve, field, frozen

from financial_connections._decoding import ModelT
from financial_connections._rate_limits import RateLimits
from financial_connections._request import Request, RequestOptions, settings_for_call
from financial_connections._response import RawResponse
from financial_connections._retry_budget import RetryBudget
from financial_connections._settings import Settings
from financial_connections._transport.admission import Admission
from financial_connections._transport.backend import Backend
from financial_connections._transport.call import (
    AttemptError,
    Call,
    closed_error,
    deadline_error,
)
from financial_connections._transport.closing import close_in
from financial_connections._transport.observer import Observer, error_name_of
from financial_connections._transport.response import NoResponse, Response
from financial_connections._transport.result import (
    Read,
    read_model,
    read_raw,
    result_of,
)
from financial_connections._transport.retries import next_delay
from financial_connections._transport.wire import (
    WireRequest,
    common_headers_of,
    wire_request,
)
from financial_connections.errors import FinancialConnectionsError

if TYPE_CHECKING:
    from financial_connections.events import ClientEvent
    from financial_connections.middleware import Middleware

_NO_OPTIONS = RequestOptions()

T = TypeVar("T")


@frozen(kw_only=True)
class Transport:
    """A `Sender` that uses HTTP."""

    settings: Settings
    backend: Backend
    rate_limits: RateLimits | None = field(default=None, repr=False)
    retry_budget: RetryBudget | None = field(default=None, repr=False)
    middleware: "Sequence[Middleware]" = ()
    observer: Observer = field(factory=Observer, repr=False)
    _common_headers: dict[str, str | bytes] = field(
        default=Factory(lambda self: common_headers_of(self.settings), takes_self=True),
        init=False,
        repr=False,
    )

    def with_settings(self, changes: Mapping[str, Any]) -> Self:
        """Return a transport with other settings and the same connections."""
        return evolve(self, settings=evolve(self.settings, **changes))

    async def send(
        self,
        request: Request,
        result_type: type[ModelT],
        options: RequestOptions | None,
    ) -> ModelT:
        """Send a request and decode its response."""
        read = partial(read_model, result_type=result_type, observer=self.observer)
        return await self._call(request, options, read)

    async def send_raw(
        self, request: Request, options: RequestOptions | None
    ) -> RawResponse:
        """Send a request and return its response undecoded."""
        return await self._call(request, options, read_raw)

    def has_room(self, request: Request, options: RequestOptions | None) -> bool:
        """Return whether a request can be sent at once without delaying others."""
        settings, limits = settings_for_call(self.settings, options), self.rate_limits
        return self.backend.limiter.has_room and (
            limits is None or limits.have_room(settings, request.method, request.path)
        )

    def emit(self, event: "ClientEvent") -> None:
        """Pass an event of an operation to the client's event handler."""
        self.observer.handle(event)

    async def aclose(self) -> None:
        """End running calls and close connections.

        If they belong to another event loop, they are closed there. The sockets of a
        loop that has ended or does not respond are left to the garbage collector.
        """
        limiter = self.backend.limiter
        if limiter.is_in_loop():
            await self._close()
            return
        limiter.closed = True
        await close_in(limiter.loop, self._close)
        await self.backend.aclose()

    async def _close(self) -> None:
        try:
            await self.backend.limiter.end_calls()
        finally:
            await self.backend.aclose()

    async def _call(
        self, request: Request, options: RequestOptions | None, read: Read[T]
    ) -> T:
        settings = settings_for_call(self.settings, options)
        headers = self._common_headers if settings is self.settings else None
        call = Call(
            wire_request(request, settings, options or _NO_OPTIONS, headers),
            None if request.free_text else request.path,
            settings.api_key,
            expandable=request.expandable if request.params.get("expand") else None,
        )
        self.backend.limiter.check()
        self.observer.emit("CallStarted", call)
        error_name: str | None = None
        try:
            result = await self._result(call, settings, read)
            if isinstance(result, FinancialConnectionsError):
                error_name = type(result).__name__
        except BaseException as error:
            error_name = error_name_of(
                call, error, is_closed=self.backend.limiter.closed
            )
            raise
        finally:
            self.observer.call_finished(call, error_name)
        if isinstance(result, FinancialConnectionsError):
            raise result
        return result

    async def _result(
        self, call: Call, settings: Settings, read: Read[T]
    ) -> T | FinancialConnectionsError:
        limiter = self.backend.limiter
        if settings.deadline is not None:
            call.scope.deadline = anyio.current_time() + settings.deadline
        result: T | FinancialConnectionsError | None = None
        with call.scope:
            limiter.call_started(call.scope)
            try:
                result = await self._attempts(call, settings, read)
            finally:
                limiter.call_ended(call.scope)
        if result is not None:
            return result
        if limiter.closed:
            return closed_error(call)
        return deadline_error(call, settings.deadline)

    async def _attempts(
        self, call: Call, settings: Settings, read: Read[T]
    ) -> T | AttemptError | None:
        while True:
            result = await self._next_attempt(call, settings, read)
            if not isinstance(result, AttemptError):
                if self.retry_budget is not None:
                    self.retry_budget.give_back(call.retry_cost)
                return result
            call.last_error = result
            delay = next_delay(
                call, result, settings.max_retries, self.retry_budget, self.observer
            )
            if delay is None:
                return result
            await anyio.sleep(delay)

    async def _next_attempt(
        self, call: Call, settings: Settings, read: Read[T]
    ) -> T | AttemptError | None:
        """Return the result of an attempt, or None if the client has been closed."""
        admission = Admission(self.backend.limiter, self.rate_limits, call, settings)
        # Waiting is not part of an attempt, so only the deadline limits it.
        async with admission:
            if self.backend.limiter.closed:
                return None
            call.attempts += 1
            self.observer.attempt_started(call, admission)
            result = await self._attempt(call, settings, read)
            if isinstance(result, AttemptError):
                admission.error = result
        if call.throttle is not None and call.throttle.has_lowered_limit:
            self.observer.rate_limited(call, call.throttle)
        return result

    async def _attempt(
        self, call: Call, settings: Settings, read: Read[T]
    ) -> T | AttemptError:
        started_at = time.monotonic()
        received: Response | NoResponse | AttemptError | None = None
        try:
            with anyio.move_on_after(settings.timeout.seconds) as scope:
                expires_at = min(scope.deadline, call.scope.deadline)
                received = await self._exchange(call, settings, expires_at)
            seconds = time.monotonic() - started_at
            result = (
                received
                if isinstance(received, AttemptError)
                else await result_of(call, received, settings.timeout, read)
            )
        except BaseException as error:
            seconds = time.monotonic() - started_at
            name = error_name_of(call, error, is_closed=self.backend.limiter.closed)
            self.observer.attempt_finished(call, seconds, received, name)
            raise
        error_name = type(result).__name__ if isinstance(result, AttemptError) else None
        self.observer.attempt_finished(call, seconds, received, error_name)
        if isinstance(received, Response) and "stripe-notice" in received.headers:
            self.observer.notice(call, received.headers["stripe-notice"])
        return result

    async def _exchange(
        self, call: Call, settings: Settings, expires_at: float
    ) -> Response | NoResponse | AttemptError:
        async def exchange(wire: WireRequest) -> Response | NoResponse:
            return await self.backend.exchange(wire, settings.timeout, expires_at)

        if not self.middleware:
            return await exchange(call.wire)
        # Few clients have middleware.
        from financial_connections._transport.middleware import (  # noqa: PLC0415
            exchange_through,
        )

        return await exchange_through(self.middleware, call, exchange)
