"""The policy of a call: retries, the deadline, the rate, errors, decoding. Its only I/O is `Connections.exchange`."""

import logging
import math
import random
import time
import warnings
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

import anyio
from attrs import define, field, frozen

from financial_connections._decoding import ContentError, ModelT, decode
from financial_connections._redact import printable
from financial_connections._request import Request, RequestOptions
from financial_connections._retry import least_delay, retry_delay
from financial_connections._settings import Settings
from financial_connections._transport.connections import Connections
from financial_connections._transport.exchange import Answer, AttemptFailedError
from financial_connections._transport.ratelimit import RateLimiter
from financial_connections._transport.wire import WireRequest, wire_request
from financial_connections.errors import (
    APIConnectionError,
    APIResponseError,
    APIStatusError,
    APITimeoutError,
    DeadlineExceededError,
    error_from,
)
from financial_connections.events import ClientEvent, RequestFinished, RequestStarted, RetryScheduled

_log = logging.getLogger("financial_connections")
_NO_OPTIONS = RequestOptions()

Failure = APIConnectionError | APIStatusError


@frozen
class RawResponse:
    """A 2xx answer, undecoded."""

    status: int
    headers: dict[str, str] = field(repr=False)
    """By lower-case name."""
    content: bytes = field(repr=False)
    request_id: str | None
    replayed: bool
    """Whether this is the stored answer to an earlier request with the same idempotency key."""


@define
class _Call:
    """What is known of a call while it runs."""

    wire: WireRequest
    template: str | None
    attempts: int = 0
    last_error: Failure | None = None

    def facts(self) -> dict[str, Any]:
        return {"attempts": self.attempts, "idempotency_key": self.wire.idempotency_key}

    def what(self) -> dict[str, Any]:
        server = urlsplit(f"//{self.wire.origin.authority}").hostname or ""
        return {
            "method": self.wire.method,
            "server": server,
            "url_template": self.template,
            "attempt": self.attempts,
        }

    def __str__(self) -> str:
        return f"{self.wire.method} {self.wire.path}"


@frozen(kw_only=True)
class Transport:
    """The `Sender` that goes over HTTP."""

    settings: Settings
    connections: Connections
    limiter: RateLimiter | None = field(default=None, repr=False)
    on_event: Callable[[ClientEvent], object] | None = field(default=None, repr=False)
    notices: set[str] = field(factory=set, repr=False)
    """What Stripe said beside its answers, each once, to a client and its views."""

    async def send(self, request: Request, result_type: type[ModelT], options: RequestOptions | None) -> ModelT:
        """Send `request` and decode its answer."""
        call, answer = await self._call(request, options)
        try:
            return decode(result_type, answer.content, answer.request_id)
        except ContentError as error:
            refusal = _refusal(call, answer, str(error))
        # Outside `except`, or the error would carry the one that was caught; so everywhere here.
        raise refusal

    async def send_raw(self, request: Request, options: RequestOptions | None) -> RawResponse:
        """Send `request` and return its answer as it came."""
        _, answer = await self._call(request, options)
        return RawResponse(
            answer.status,
            dict(answer.headers),
            answer.content,
            answer.request_id,
            answer.headers.get("idempotent-replayed") == "true",
        )

    async def _call(self, request: Request, options: RequestOptions | None) -> tuple[_Call, Answer]:
        settings = options.applied_to(self.settings) if options else self.settings
        call = _Call(wire_request(request, settings, options or _NO_OPTIONS), request.template)
        if settings.deadline is None:
            return call, await self._attempts(call, settings, math.inf)
        answer: Answer | None = None
        with anyio.move_on_after(settings.deadline) as scope:
            answer = await self._attempts(call, settings, scope.deadline)
        if answer is None:
            raise _deadline_error(call, settings.deadline)
        return call, answer

    async def _attempts(self, call: _Call, settings: Settings, deadline: float) -> Answer:
        while True:
            if self.limiter is not None:
                self.connections.slots.check()
                await self.limiter.wait()
            # Waiting for a slot is no part of an attempt: nothing has been sent, and only the deadline bounds it.
            async with self.connections.slots:
                call.attempts += 1
                result = await self._attempt(call, settings)
            if isinstance(result, Answer):
                return result
            call.last_error = result
            delay = None
            if result.retryable and call.attempts <= settings.max_retries:
                delay = _delay(call.attempts, result, deadline - anyio.current_time())
            if delay is None:
                raise result
            if self.on_event:
                self._tell(RetryScheduled(**call.what(), seconds=delay))
            await anyio.sleep(delay)

    async def _attempt(self, call: _Call, settings: Settings) -> Answer | Failure:
        if self.on_event:
            self._tell(RequestStarted(**call.what()))
        started = time.monotonic()
        answer: Answer | None = None
        error: Failure | None = None
        try:
            with anyio.move_on_after(settings.timeout.seconds):
                answer = await self.connections.exchange(call.wire, settings.timeout)
        except AttemptFailedError as failure:
            error = _connection_error(call, failure)
        except BaseException as foreign:
            self._finished(call, time.monotonic() - started, None, foreign)
            if not isinstance(foreign, Exception):
                # A cancellation's frames hold the answer's bytes, and reports with locals would show them.
                foreign.__traceback__ = foreign.__context__ = None
            raise
        if answer is None:
            error = error or _timeout_error(call, settings.timeout.seconds)
        elif not 200 <= answer.status < 300:  # noqa: PLR2004
            error = error_from(
                answer.status, answer.headers, answer.content, secrets=[settings.api_key.reveal()], **call.facts()
            )
        self._finished(call, time.monotonic() - started, answer, error)
        if answer and "stripe-notice" in answer.headers:
            self._notice(printable(answer.headers["stripe-notice"], secrets=[settings.api_key.reveal()]))
        return answer if answer is not None and error is None else error  # type: ignore[return-value]

    def _finished(self, call: _Call, seconds: float, answer: Answer | None, error: BaseException | None) -> None:
        status = answer.status if answer else None
        request_id = answer.request_id if answer else None
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
                error=type(error).__name__ if error else None,
            )
            self._tell(event)

    def _notice(self, text: str) -> None:
        if text in self.notices:
            return
        self.notices.add(text)
        try:
            warnings.warn(f"Stripe says: {text}", stacklevel=2)
        except Warning:  # where warnings are errors: what was asked for has happened all the same
            _log.warning("Stripe says: %s", text)

    def _tell(self, event: ClientEvent) -> None:
        try:
            if self.on_event:
                self.on_event(event)
        except Exception:  # noqa: BLE001 - a handler's fault must not be the call's
            _log.exception("on_event raised; the call goes on")


def _delay(attempt: int, error: Failure, left: float) -> float | None:
    asked, least = None, 0.0
    if isinstance(error, APIStatusError):
        asked, least = error.retry_after, least_delay(error.status, error.code, error.headers)
    return retry_delay(attempt, asked=asked, least=least, left=left, dice=random.random())  # noqa: S311 - jitter


def _connection_error(call: _Call, failure: AttemptFailedError) -> APIConnectionError:
    error_class = APITimeoutError if failure.timed_out else APIConnectionError
    text = f"{call} got no answer: {failure} (attempt {call.attempts})"
    return error_class(text, retryable=failure.retryable, **call.facts())


def _timeout_error(call: _Call, seconds: float) -> APITimeoutError:
    return APITimeoutError(f"{call} took longer than {seconds:g} s (attempt {call.attempts})", **call.facts())


def _refusal(call: _Call, answer: Answer, reason: str) -> APIResponseError:
    kind = answer.headers.get("content-type", "no content type")
    return APIResponseError(
        f"the answer to {call} is unusable: {reason} (status {answer.status}, {printable(kind, 60)}, "
        f"{len(answer.content)} bytes, request {answer.request_id})",
        status=answer.status,
        request_id=answer.request_id,
        **call.facts(),
    )


def _deadline_error(call: _Call, deadline: float) -> DeadlineExceededError:
    where = f"in attempt {call.attempts}" if call.attempts else "and was never sent: it waited for its turn"
    last = f"; the attempt before ended in: {call.last_error}" if call.last_error else ""
    return DeadlineExceededError(
        f"{call} took longer than its deadline of {deadline:g} s, {where}{last}",
        request_id=call.last_error.request_id if call.last_error else None,
        **call.facts(),
    )
