"""Faults on demand: what goes wrong, with which requests, and how often."""

from typing import Literal, get_args

from attrs import evolve, field, frozen, validators

from financial_connections.sandbox.api.errors import Refusal
from financial_connections.sandbox.api.ratelimit import rate_limited
from financial_connections.sandbox.rules import at_least_one

FaultKind = Literal[
    "latency",
    "rate_limited",
    "lock_timeout",
    "server_error",
    "stored_server_error",
    "unavailable",
    "bad_gateway",
    "reset",
    "answer_lost",
    "reset_mid_body",
    "truncated_json",
    "slow_body",
]


@frozen
class Fault:
    """One thing that goes wrong.

    * `latency`: the endpoint takes `seconds`, while the idempotency key of the request
      is in use;
    * `rate_limited` 429, `lock_timeout` 409, `server_error` 500, `unavailable` 503,
      `bad_gateway` 502 with HTML:
      the endpoint does not run, and no idempotency key remembers it;
    * `stored_server_error`: a 500 that the idempotency key remembers;
    * `reset`: the connection is reset, the endpoint does not run;
    * `answer_lost`: the endpoint runs, then the connection is reset;
    * `reset_mid_body`: the same after half of the body;
    * `truncated_json`: half of the body under a matching length;
    * `slow_body`: the body takes `seconds`.
    """

    kind: FaultKind = field(validator=validators.in_(get_args(FaultKind)))
    operation: str | None = field(default=None, kw_only=True)
    """The operation it happens to, by operationId such as `refresh_account`; None: any.
    """
    times: int | None = field(default=1, kw_only=True, validator=at_least_one)
    """How many requests it happens to; None: all from now on."""
    seconds: float = field(default=0, kw_only=True, validator=validators.ge(0))
    retry_after: int | None = field(default=None, kw_only=True)
    """The `Retry-After` of an error answer, in seconds."""
    should_retry: bool | None = field(default=None, kw_only=True)
    """The `Stripe-Should-Retry` of an error answer."""

    def refusal(self) -> Refusal | None:
        """Return the error answer that this fault is, when it is one."""
        refusal = _REFUSALS.get(self.kind)
        return refusal and evolve(refusal, headers={**refusal.headers, **self.hints()})

    def hints(self) -> dict[str, str]:
        """Return the headers that tell when and whether to retry."""
        headers: dict[str, str] = {}
        if self.retry_after is not None:
            headers["Retry-After"] = str(self.retry_after)
        if self.should_retry is not None:
            headers["Stripe-Should-Retry"] = str(self.should_retry).lower()
        return headers


class Faults:
    """The faults to come, in the order in which they were added."""

    def __init__(self) -> None:
        self._waiting: list[Fault] = []

    @property
    def waiting(self) -> tuple[Fault, ...]:
        """What has not happened yet."""
        return tuple(self._waiting)

    def add(self, fault: Fault) -> None:
        """Let this fault happen, after those before it."""
        self._waiting.append(fault)

    def clear(self) -> None:
        """Let no fault happen any more."""
        self._waiting.clear()

    def take(self, operation: str) -> Fault | None:
        """Return the first fault for this operation, and count it."""
        for index, fault in enumerate(self._waiting):
            if fault.operation in {None, operation}:
                if fault.times == 1:
                    del self._waiting[index]
                elif fault.times is not None:
                    self._waiting[index] = evolve(fault, times=fault.times - 1)
                return fault
        return None


_RETRY = {"Stripe-Should-Retry": "true"}
_REFUSALS: dict[FaultKind, Refusal] = {
    "rate_limited": rate_limited(retry_after=None),
    "lock_timeout": Refusal(
        status=409,
        code="lock_timeout",
        message="The object is being changed by another request.",
        headers=_RETRY,
    ),
    "server_error": Refusal(
        status=500, type="api_error", message="Something went wrong on this side."
    ),
    "stored_server_error": Refusal(
        status=500,
        type="api_error",
        message="Something went wrong on this side, and a repetition gets the same answer.",
        headers={"Stripe-Should-Retry": "false"},
    ),
    "unavailable": Refusal(
        status=503, type="api_error", message="The service is not available."
    ),
}
