"""The policy of a call: retries, the deadline, errors, decoding. Its only I/O is `Connections.exchange`."""

import logging
import random
from typing import Any

import anyio
from attrs import define, field, frozen

from financial_connections._connections import Answer, AttemptFailedError, Connections
from financial_connections._decode import decode
from financial_connections._json import ContentError
from financial_connections._model import ModelT
from financial_connections._request import Request, RequestOptions
from financial_connections._retry import delay_before_retry
from financial_connections._settings import Settings, Timeout
from financial_connections._wire import WireRequest, wire_request
from financial_connections.errors import (
    APIConnectionError,
    APIResponseError,
    APIStatusError,
    APITimeoutError,
    DeadlineExceededError,
    error_from,
)

_log = logging.getLogger("financial_connections")
_NO_OPTIONS = RequestOptions()


@frozen
class RawResponse:
    """A 2xx answer, undecoded."""

    status: int
    headers: dict[str, str]
    """By lower-case name."""
    content: bytes = field(repr=False)
    request_id: str | None
    replayed: bool
    """Whether this is the stored answer to an earlier request with the same idempotency key."""


@define
class _Call:
    """What is known of a call while it runs."""

    wire: WireRequest
    attempts: int = 0
    last_error: APIConnectionError | APIStatusError | None = None

    def facts(self) -> dict[str, Any]:
        return {"attempts": self.attempts, "idempotency_key": self.wire.idempotency_key}


@frozen(kw_only=True)
class Transport:
    """The `Sender` that goes over HTTP."""

    settings: Settings
    connections: Connections

    async def send(self, request: Request, result_type: type[ModelT], options: RequestOptions | None) -> ModelT:
        """Send `request` and decode its answer."""
        call, answer = await self._call(request, options)
        try:
            return decode(result_type, answer.content, answer.headers.get("request-id"))
        except ContentError as error:
            refusal = _refusal(call, answer, str(error))
        raise refusal

    async def send_raw(self, request: Request, options: RequestOptions | None) -> RawResponse:
        """Send `request` and return its answer as it came."""
        _, answer = await self._call(request, options)
        return RawResponse(
            answer.status,
            dict(answer.headers),
            answer.content,
            answer.headers.get("request-id"),
            answer.headers.get("idempotent-replayed") == "true",
        )

    async def _call(self, request: Request, options: RequestOptions | None) -> tuple[_Call, Answer]:
        options = options or _NO_OPTIONS
        settings = options.applied_to(self.settings)
        call = _Call(wire_request(request, settings, options))
        if settings.deadline is None:
            return call, await self._attempts(call, settings, float("inf"))
        answer: Answer | None = None
        with anyio.move_on_after(settings.deadline) as scope:
            answer = await self._attempts(call, settings, scope.deadline)
        if answer is None:
            raise _deadline_error(call, settings.deadline)
        return call, answer

    async def _attempts(self, call: _Call, settings: Settings, deadline: float) -> Answer:
        while True:
            call.attempts += 1
            result = await self._attempt(call, settings.timeout)
            if isinstance(result, Answer):
                return result
            call.last_error = result
            delay = None
            if result.retryable and call.attempts <= settings.max_retries:
                asked = result.retry_after if isinstance(result, APIStatusError) else None
                delay = delay_before_retry(call.attempts, asked, random.random())  # noqa: S311 - jitter
            # A wait that outlasts the deadline would only replace this error by a less telling one.
            if delay is None or anyio.current_time() + delay >= deadline:
                raise result
            await anyio.sleep(delay)

    async def _attempt(self, call: _Call, timeout: Timeout) -> "Answer | APIConnectionError | APIStatusError":  # noqa: ASYNC109
        started = anyio.current_time()
        answer: Answer | None = None
        failure = None
        with anyio.move_on_after(timeout.seconds):
            try:
                answer = await self.connections.exchange(call.wire, timeout)
            except AttemptFailedError as error:
                failure = error
        if answer is None:
            self._log_attempt(call, started, None)
            return _connection_error(call, failure, timeout)
        self._log_attempt(call, started, answer)
        if 200 <= answer.status < 300:  # noqa: PLR2004
            return answer
        return error_from(answer.status, answer.headers, answer.content, **call.facts())

    @staticmethod
    def _log_attempt(call: _Call, started: float, answer: Answer | None) -> None:
        if not _log.isEnabledFor(logging.DEBUG):
            return
        _log.debug(
            "%s %s -> %s, request %s, attempt %d, %.0f ms",
            call.wire.method,
            call.wire.path,
            answer.status if answer else "no answer",
            answer.headers.get("request-id") if answer else None,
            call.attempts,
            1000 * (anyio.current_time() - started),
        )


def _refusal(call: _Call, answer: Answer, reason: str) -> APIResponseError:
    kind = answer.headers.get("content-type", "no content type")
    request_id = answer.headers.get("request-id")
    return APIResponseError(
        f"the answer to {call.wire.method} {call.wire.path} is unusable: {reason} "
        f"(status {answer.status}, {kind[:60]!r}, {len(answer.content)} bytes, request {request_id})",
        status=answer.status,
        request_id=request_id,
        **call.facts(),
    )


def _deadline_error(call: _Call, deadline: float) -> DeadlineExceededError:
    last = f"; the attempt before ended in: {call.last_error}" if call.last_error else ""
    return DeadlineExceededError(
        f"{call.wire.method} {call.wire.path} took longer than its deadline of {deadline:g} s, "
        f"in attempt {call.attempts}{last}",
        request_id=call.last_error.request_id if call.last_error else None,
        **call.facts(),
    )


def _connection_error(call: _Call, failure: AttemptFailedError | None, timeout: Timeout) -> APIConnectionError:
    where = f"{call.wire.method} {call.wire.path}"
    tries = f"attempt {call.attempts}"
    if failure is None:
        return APITimeoutError(f"{where} took longer than {timeout.seconds:g} s ({tries})", **call.facts())
    error_class = APITimeoutError if failure.timed_out else APIConnectionError
    return error_class(f"{where} got no answer: {failure} ({tries})", retryable=failure.retryable, **call.facts())
