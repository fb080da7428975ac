"""The policy of a call: retries, deadline, rate limit, errors and decoding.

All I/O happens in `Backend.exchange`. Errors are passed as values up to `_call`, the
only place that raises them.
"""

import random
import time
from typing import TypeVar

import anyio
from attrs import field, frozen

from financial_connections._decoding import ModelT, decode
from financial_connections._request import (
    Request,
    RequestOptions,
    settings_for_call,
)
from financial_connections._response import RawResponse, ResponseInfo
from financial_connections._retry import minimum_delay, retry_delay
from financial_connections._settings import Settings
from financial_connections._transport.backend import Backend
from financial_connections._transport.call import (
    AttemptError,
    Call,
    Read,
    closed_error,
    deadline_error,
    result_of,
)
from financial_connections._transport.closing import close_in
from financial_connections._transport.observer import Observer
from financial_connections._transport.ratelimit import RateLimiter
from financial_connections._transport.response import (
    NoResponse,
    Response,
)
from financial_connections._transport.wire import wire_request
from financial_connections.errors import (
    APIStatusError,
    FinancialConnectionsError,
)
from financial_connections.events import (
    ClientEvent,
    ContractMismatch,
    RequestStarted,
    RetryScheduled,
)

_NO_OPTIONS = RequestOptions()

T = TypeVar("T")


@frozen(kw_only=True)
class Transport:
    """A `Sender` that uses HTTP."""

    settings: Settings
    backend: Backend
    rate_limiter: RateLimiter | None = field(default=None, repr=False)
    observer: Observer = field(factory=Observer, repr=False)

    async def send(
        self,
        request: Request,
        result_type: type[ModelT],
        options: RequestOptions | None,
    ) -> ModelT:
        """Send a request and decode its response."""

        def read(call: Call, response: Response) -> ModelT:
            def report(fields: tuple[str, ...]) -> None:
                self.observer.emit(
                    ContractMismatch,
                    call,
                    model=result_type.__name__,
                    fields=fields,
                    request_id=response.request_id,
                )

            content_type = response.headers.get("content-type")
            info = ResponseInfo(**call.response_fields(response))
            return decode(result_type, response.content, info, content_type, report)

        return await self._call(request, options, read)

    async def send_raw(
        self, request: Request, options: RequestOptions | None
    ) -> RawResponse:
        """Send a request and return its response undecoded."""
        return await self._call(request, options, _raw_response)

    def emit(self, event: ClientEvent) -> None:
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
        call = Call(
            wire_request(request, settings, options or _NO_OPTIONS),
            None if request.free_text else request.path,
            settings.api_key,
        )
        limiter = self.backend.limiter
        limiter.check()
        if settings.deadline is not None:
            call.scope.deadline = anyio.current_time() + settings.deadline
        result: T | FinancialConnectionsError | None = None
        with call.scope:
            limiter.call_started(call.scope)
            try:
                result = await self._attempts(call, settings, read)
            finally:
                limiter.call_ended(call.scope)
        if result is None:  # the scope was cancelled, or the client closed
            result = (
                closed_error(call)
                if limiter.closed
                else deadline_error(call, settings.deadline)
            )
        if isinstance(result, FinancialConnectionsError):
            raise result
        return result

    async def _attempts(
        self, call: Call, settings: Settings, read: Read[T]
    ) -> T | AttemptError | None:
        while True:
            result = await self._next_attempt(call, settings, read)
            if not isinstance(result, AttemptError):
                return result
            call.last_error = result
            if not result.retryable or call.attempts > settings.max_retries:
                return result
            remaining = call.scope.deadline - anyio.current_time()
            delay = _delay(call.attempts, result, remaining)
            if delay is None:
                return result
            self.observer.emit(RetryScheduled, call, seconds=delay)
            await anyio.sleep(delay)

    async def _next_attempt(
        self, call: Call, settings: Settings, read: Read[T]
    ) -> T | AttemptError | None:
        """Return the result of an attempt, or None if the client has been closed."""
        queued_at = time.monotonic()
        # Waiting is not part of an attempt, so only the deadline limits it. The permit
        # is acquired last. Otherwise, permits would pile up while all connections are
        # in use, and then be used all at once.
        async with self.backend.limiter:
            if self.rate_limiter is not None:
                await self.rate_limiter.wait()
            if self.backend.limiter.closed:
                return None
            call.attempts += 1
            waited = time.monotonic() - queued_at
            self.observer.emit(RequestStarted, call, waited=waited)
            return await self._attempt(call, settings, read)

    async def _attempt(
        self, call: Call, settings: Settings, read: Read[T]
    ) -> T | AttemptError:
        started_at = time.monotonic()
        received: Response | NoResponse | None = None
        try:
            with anyio.move_on_after(settings.timeout.seconds) as scope:
                expires_at = min(scope.deadline, call.scope.deadline)
                received = await self.backend.exchange(
                    call.wire, settings.timeout, expires_at
                )
            seconds = time.monotonic() - started_at
            result = result_of(call, received, settings.timeout, read)
        except BaseException as error:
            seconds = time.monotonic() - started_at
            error_name = self._error_name(call, error)
            self.observer.attempt_finished(call, seconds, received, error_name)
            raise
        failed = isinstance(result, AttemptError)
        self.observer.attempt_finished(
            call, seconds, received, type(result).__name__ if failed else None
        )
        if isinstance(received, Response) and "stripe-notice" in received.headers:
            self.observer.notice(call, received.headers["stripe-notice"])
        return result

    def _error_name(self, call: Call, error: BaseException) -> str:
        if not isinstance(error, anyio.get_cancelled_exc_class()):
            return type(error).__name__
        if not call.scope.cancel_called:
            return "CancelledError"  # trio's own class has another name
        if self.backend.limiter.closed:
            return "APIConnectionError"
        return "DeadlineExceededError"


def _raw_response(call: Call, response: Response) -> RawResponse:
    return RawResponse(content=response.content, **call.response_fields(response))


def _delay(attempt: int, error: AttemptError, remaining: float) -> float | None:
    retry_after, minimum = None, 0.0
    if isinstance(error, APIStatusError):
        retry_after = error.retry_after
        minimum = minimum_delay(error.status, error.code, error.headers)
    return retry_delay(
        attempt,
        retry_after=retry_after,
        minimum=minimum,
        remaining=remaining,
        jitter=random.random(),  # noqa: S311 - not used for cryptography
    )
