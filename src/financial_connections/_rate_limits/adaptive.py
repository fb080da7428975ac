"""A rate limit that adapts to 429 responses."""

import asyncio
import math
import random
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from types import TracebackType
from typing import Self

import anyio
import sniffio
from attrs import define, field, frozen

from financial_connections._rate_limits.protocol import Mode, RateRequest
from financial_connections._rate_limits.rate import AdaptiveRate
from financial_connections._rate_limits.scope import Scope
from financial_connections._retry import MAX_RETRY_AFTER
from financial_connections.errors import RateLimitError

TOTAL: dict[Mode, float] = {"test": 25.0, "live": 100.0}
"""Requests per second of a Stripe account. Source: https://docs.stripe.com/rate-limits
"""
PER_ENDPOINT = 25.0
"""Requests per second to each endpoint. Source: https://docs.stripe.com/rate-limits"""

_PAUSE = 0.1
"""Seconds to wait after a 429 without a `Retry-After` header."""
_JITTER = 0.1
"""Most seconds by which a wait is extended at random, to separate clients."""
_MAX_SCOPES = 1_000


@frozen
class Throttle:
    """The consequence of a 429 that is not specific to the object of its request."""

    reason: str | None
    """Limit that the response names."""
    rate: float | None
    """New rate in requests per second; None if the number of concurrent requests was
    lowered.
    """
    seconds: float
    """Seconds until the call may request its next permit."""
    expected_seconds: float
    """Seconds until the call can expect it, including the time in the queue."""
    has_lowered_limit: bool
    """True if this response lowered the limit, and not an earlier one."""

    @property
    def has_known_reason(self) -> bool:
        """True if the response names a limit on a rate or on concurrency."""
        return (self.reason or "").endswith(("-rate", "-concurrency"))


def loop_clock() -> Callable[[], float]:
    """Return the clock of the running event loop.

    It shows the same time as `anyio.current_time`, which looks up the loop each time.
    """
    if sniffio.current_async_library() == "asyncio":
        return asyncio.get_running_loop().time
    return anyio.current_time


class AdaptiveRateLimit:
    """A rate limit that starts at documented rates, and adapts to 429 responses.

    Separate limits apply to each Stripe account and to each endpoint. A 429 lowers the
    limit that it names, and delays all requests that share this limit.

    Args:
        is_documented: True to limit requests from the start. False to limit them only
            after the first 429, for servers other than Stripe's.
    """

    def __init__(self, *, is_documented: bool = True) -> None:
        self._is_documented = is_documented
        self._clock: Callable[[], float] = anyio.current_time
        self._accounts: dict[str | None, Scope] = {}
        self._scopes: dict[tuple[object, ...], tuple[Scope, Scope]] = {}
        """The endpoint and the account, by the first facts of a request."""
        self._max_scopes = _MAX_SCOPES

    def permit(self, request: RateRequest, /) -> "AdaptivePermit":
        """Return a permit for an attempt."""
        endpoint, account = self._scopes.get(request[:3]) or self._add(request)
        return AdaptivePermit(endpoint, account, self._clock)

    def _add(self, request: RateRequest) -> tuple[Scope, Scope]:
        self._clock = loop_clock()
        now = self._clock()
        if len(self._scopes) >= self._max_scopes:
            self._forget_idle_scopes(now)
        account = self._accounts.get(request.stripe_account)
        if account is None:
            account = self._scope(TOTAL[request.mode])
            self._accounts[request.stripe_account] = account
        endpoint = self._scope(PER_ENDPOINT)
        account.used_at = endpoint.used_at = now
        self._scopes[request[:3]] = endpoint, account
        return endpoint, account

    def _scope(self, documented: float) -> Scope:
        start = documented if self._is_documented else math.inf
        return Scope(AdaptiveRate(documented, rate=start))

    def _forget_idle_scopes(self, now: float) -> None:
        # An account is idle only if all its endpoints are.
        self._scopes = {k: v for k, v in self._scopes.items() if not v[0].is_idle(now)}
        self._accounts = {k: v for k, v in self._accounts.items() if not v.is_idle(now)}
        self._max_scopes = max(_MAX_SCOPES, 2 * len(self._scopes))


@define(eq=False)
class AdaptivePermit(AbstractAsyncContextManager["AdaptivePermit"]):
    """A permit of `AdaptiveRateLimit` for one attempt."""

    endpoint: Scope
    account: Scope
    clock: Callable[[], float]
    throttle: Throttle | None = field(default=None, init=False)
    """Set after the block, if a 429 in it concerns more than this call."""
    _sent_at: float = field(default=-math.inf, init=False)
    _running: tuple[int, int] = field(default=(0, 0), init=False)
    """Requests to the endpoint and of the account that were running at `_sent_at`."""

    @property
    def rate(self) -> float | None:
        """Current limit in requests per second; None if there is none yet."""
        rate = min(self.endpoint.rate.rate, self.account.rate.rate)
        return None if math.isinf(rate) else rate

    @property
    def has_queue(self) -> bool:
        """True if other requests to the endpoint are waiting."""
        return self.endpoint.waiting > 0

    @property
    def has_room(self) -> bool:
        """True if the permit is available, and another one after it."""
        now = self.clock()
        return self.endpoint.has_room(now) and self.account.has_room(now)

    def try_enter(self) -> bool:
        """Enter the permit without waiting, and return whether that was possible."""
        has_queue = self.endpoint.waiting or self.account.waiting
        return not has_queue and self._take(self.clock())

    def head_of_queue(self) -> AbstractAsyncContextManager[None]:
        """Wait for earlier requests to the endpoint.

        Call `wait` and `enter_at` in this context.
        """
        return self.endpoint.head_of_queue()

    async def wait(self) -> float:
        """Wait until the permit should be available, and return the time."""
        ready_at = await self.endpoint.wait(anyio.current_time())
        async with self.account.head_of_queue():
            return await self.account.wait(max(ready_at, anyio.current_time()))

    def enter_at(self, ready_at: float) -> bool:
        """Enter the permit if it is available, and return whether it succeeded.

        Args:
            ready_at: Result of `wait`. It is in the future only if a test replaces
                `anyio.sleep` with a function that does not wait.
        """
        return self._take(max(ready_at, anyio.current_time()))

    async def __aenter__(self) -> Self:
        if not self.try_enter():
            async with self.head_of_queue():
                while not self.enter_at(await self.wait()):
                    pass
        return self

    def _take(self, now: float) -> bool:
        endpoint, account = self.endpoint, self.account
        if not endpoint.take(now):
            return False
        if not account.take(now):
            endpoint.release(unused=True)
            return False
        self._sent_at = now
        self._running = endpoint.concurrency.running, account.concurrency.running
        return True

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.leave(error)

    def leave(self, error: BaseException | None) -> None:
        """Leave the permit.

        Args:
            error: Error of the attempt, if any.
        """
        if isinstance(error, RateLimitError):
            self.throttle = self._lower_limit(error)
        for scope in (self.endpoint, self.account):
            # An error such as a 503 does not show how many requests the server allows.
            if error is None:
                scope.rate.increase(sent_at=self._sent_at)
                if scope.concurrency.limit < math.inf:
                    scope.concurrency.succeed()
            scope.release()

    def _lower_limit(self, error: RateLimitError) -> Throttle | None:
        """Lower the limit that a 429 names.

        Returns:
            None if the 429 has another reason, such as a limit on a single object.
        """
        reason = error.rate_limit_reason or ""
        retry_after = error.retry_after or 0.0
        if (
            reason == "resource-specific"
            or error.code == "lock_timeout"
            or retry_after > MAX_RETRY_AFTER
        ):
            return None
        # Without a known reason, the limit of the account is the safe choice.
        is_endpoint = reason.startswith("endpoint-")
        scope = self.endpoint if is_endpoint else self.account
        now = anyio.current_time()
        pause = max(retry_after, _PAUSE) + _JITTER * random.random()  # noqa: S311
        if reason.endswith("-concurrency"):
            has_lowered = scope.concurrency.decrease(
                now, sent_at=self._sent_at, running=self._running[not is_endpoint]
            )
            return Throttle(error.rate_limit_reason, None, pause, pause, has_lowered)
        has_lowered = scope.rate.decrease(now, sent_at=self._sent_at, pause=pause)
        pause = max(pause, scope.rate.paused_until - now)
        ready_in = scope.rate.ready_at(now) - now
        expected = ready_in + self.endpoint.waiting / scope.rate.rate
        return Throttle(
            error.rate_limit_reason, scope.rate.rate, pause, expected, has_lowered
        )
