"""Faults that the sandbox injects into requests."""

from typing import Literal, get_args

from attrs import evolve, field, frozen, validators

from financial_connections.sandbox.api.errors import APIError
from financial_connections.sandbox.api.journal import recorded
from financial_connections.sandbox.api.ratelimit import rate_limit_error
from financial_connections.sandbox.api.state import State
from financial_connections.sandbox.rules import RateLimitReason, at_least_one

FaultKind = Literal[
    "latency",
    "rate_limited",
    "lock_timeout",
    "server_error",
    "stored_server_error",
    "unavailable",
    "bad_gateway",
    "reset",
    "response_lost",
    "reset_mid_body",
    "truncated_json",
    "slow_body",
]


@frozen
class Fault:
    """A fault to inject into requests.

    The following kinds are available:

    * `latency`: the endpoint takes `seconds`, and the request's idempotency key is in
      use for that time.
    * `rate_limited` (429), `lock_timeout` (409), `server_error` (500), `unavailable`
      (503) and `bad_gateway` (502 with an HTML body): the endpoint does not run, and
      the response is not stored under the idempotency key.
    * `stored_server_error`: the response is a 500, which is stored under the
      idempotency key.
    * `reset`: the connection is reset, and the endpoint does not run.
    * `response_lost`: the endpoint runs, and then the connection is reset.
    * `reset_mid_body`: the connection is reset after half the body has been sent.
    * `truncated_json`: only half the body is sent, with a matching `Content-Length`.
    * `slow_body`: the body takes `seconds` to send.

    Raises:
        ValueError: An attribute is invalid.
    """

    kind: FaultKind = field(validator=validators.in_(get_args(FaultKind)))
    """Kind of the fault."""
    operation: str | None = field(default=None, kw_only=True)
    """OperationId of the requests to affect, such as `refresh_account`; None means all.
    """
    times: int | None = field(default=1, kw_only=True, validator=at_least_one)
    """Number of requests to affect; None means all of them."""
    seconds: float = field(default=0, kw_only=True, validator=validators.ge(0))
    """Duration of `latency` and `slow_body`, in seconds of real time."""
    retry_after: int | None = field(default=None, kw_only=True)
    """Value of the `Retry-After` header in an error response, in seconds."""
    should_retry: bool | None = field(default=None, kw_only=True)
    """Value of the `Stripe-Should-Retry` header in an error response."""
    reason: RateLimitReason = field(
        default="global-rate",
        kw_only=True,
        validator=validators.in_(get_args(RateLimitReason)),
    )
    """Limit that `rate_limited` reports in `Stripe-Rate-Limited-Reason`."""

    def error(self) -> APIError | None:
        """Return the API error that this fault causes, or None."""
        if self.kind == "rate_limited":
            error: APIError | None = rate_limit_error(self.reason, retry_after=None)
        else:
            error = _ERRORS.get(self.kind)
        return error and evolve(error, headers={**error.headers, **self.hints()})

    def hints(self) -> dict[str, str]:
        """Return the headers that tell a client whether and when to retry."""
        headers: dict[str, str] = {}
        if self.retry_after is not None:
            headers["Retry-After"] = str(self.retry_after)
        if self.should_retry is not None:
            headers["Stripe-Should-Retry"] = str(self.should_retry).lower()
        return headers


class Faults:
    """Injected faults, in the order in which they were added."""

    def __init__(self, state: State) -> None:
        self._state = state
        self._pending: list[Fault] = []

    @property
    def pending(self) -> tuple[Fault, ...]:
        """Faults that still apply to further requests."""
        return tuple(self._pending)

    @recorded("add_fault")
    def add(self, fault: Fault) -> None:
        """Append a fault."""
        self._pending.append(fault)

    @recorded("clear_faults")
    def clear(self) -> None:
        """Remove all faults."""
        self._pending.clear()

    def take(self, operation: str) -> Fault | None:
        """Return the first fault for this operation, and count one use of it."""
        if any(fault.operation in {None, operation} for fault in self._pending):
            return self._use(operation)
        return None

    @recorded("use_fault")
    def _use(self, operation: str) -> Fault | None:
        for index, fault in enumerate(self._pending):
            if fault.operation in {None, operation}:
                if fault.times == 1:
                    del self._pending[index]
                elif fault.times is not None:
                    self._pending[index] = evolve(fault, times=fault.times - 1)
                return fault
        return None


_RETRY = {"Stripe-Should-Retry": "true"}
_ERRORS: dict[FaultKind, APIError] = {
    "lock_timeout": APIError(
        status=409,
        code="lock_timeout",
        message="Another request is changing the object.",
        headers=_RETRY,
    ),
    "server_error": APIError(
        status=500, type="api_error", message="An error occurred on the server."
    ),
    "stored_server_error": APIError(
        status=500,
        type="api_error",
        message="An error occurred on the server. Retrying returns the same response.",
        headers={"Stripe-Should-Retry": "false"},
    ),
    "unavailable": APIError(
        status=503, type="api_error", message="The service is unavailable."
    ),
}
