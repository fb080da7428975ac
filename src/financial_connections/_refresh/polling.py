"""Poll with increasing delays until a condition holds.

Elapsed time is the sum of the delays, not a clock reading, so a test that replaces
`anyio.sleep` with a function that returns immediately still reaches the timeout.
"""

import math
from collections.abc import Callable, Iterator
from contextvars import Context, copy_context
from typing import Any

import anyio
from attrs import define, field

from financial_connections.errors import InvalidArgumentError

_FACTOR = 1.5
_MAX_DELAY = 30.0
_MIN_DELAY_AFTER_WAKEUP = 0.25
"""As a fraction of the first delay."""


@define(eq=False)
class Wakeup:
    """An event that ends the current delay, or the next one if there is none."""

    on_wakeup: Callable[[Context], object] | None = None
    """Called for each delay that ends early, with the context variables at the call of
    `set`.
    """
    _event: anyio.Event = field(factory=anyio.Event, init=False)
    _set_in: Context | None = field(default=None, init=False)

    def set(self) -> None:
        """End the current delay, or the next one if there is none."""
        self._set_in = copy_context()
        self._event.set()

    async def wait(self) -> None:
        """Wait until the event is set."""
        await self._event.wait()

    def reset(self) -> bool:
        """Clear the event and return True if it was set."""
        set_in, self._set_in, self._event = self._set_in, None, anyio.Event()
        if set_in is None:
            return False
        if self.on_wakeup is not None:
            self.on_wakeup(set_in)
        return True


@define(eq=False)
class PollSchedule:
    """The delays between polls and the time left until the timeout, in seconds."""

    timeout: float
    delays: Iterator[float]
    wakeup: Wakeup | None = None
    minimum: float = 0
    """Minimum delay after a poll that was triggered by a wakeup."""
    elapsed: float = 0
    _was_woken: bool = field(default=False, init=False)

    @property
    def limit(self) -> float | None:
        """The timeout in the form that anyio expects; None means no limit."""
        return None if math.isinf(self.timeout) else self.timeout

    @property
    def remaining(self) -> float:
        """Seconds until the timeout."""
        return self.timeout - self.elapsed

    async def wait(self, at_least: float = 0) -> bool:
        """Wait until the next poll is due or a wakeup arrives.

        Args:
            at_least: Minimum delay in seconds; a wakeup can still end it early.

        Returns:
            False if the timeout has already passed and no further poll is allowed.
        """
        if self.remaining <= 0:
            return False
        if self._was_woken:
            await self._sleep(min(self.minimum, self.remaining))
        seconds = min(max(next(self.delays), at_least), self.remaining)
        self._was_woken = False
        if seconds <= 0:
            return True
        if self.wakeup is None:
            await self._sleep(seconds)
        elif await _wait_for_wakeup(self.wakeup, seconds):
            self._was_woken = True
        else:
            self.elapsed += seconds
        return True

    async def _sleep(self, seconds: float) -> None:
        await anyio.sleep(seconds)
        self.elapsed += seconds


def poll_schedule(timeout: Any, poll: Any, wakeup: Wakeup | None) -> PollSchedule:
    """Return the polling schedule of a refresh wait.

    Args:
        timeout: Maximum duration in seconds; None means no limit.
        poll: Seconds before the first poll.
        wakeup: Event that can end a delay early.

    Raises:
        InvalidArgumentError: `timeout` or `poll` is not a positive number.
    """
    first = _positive("poll", poll)
    limit = math.inf if timeout is None else _positive("timeout", timeout)
    minimum = _MIN_DELAY_AFTER_WAKEUP * first
    return PollSchedule(limit, _delays(first), wakeup, minimum)


def _positive(name: str, value: Any) -> float:
    if (
        isinstance(value, bool)
        or not isinstance(value, int | float)
        or not 0 < value < math.inf
    ):
        raise InvalidArgumentError(f"{name} must be a positive number of seconds")
    return float(value)


def _delays(first: float) -> Iterator[float]:
    delay, maximum = first, max(first, _MAX_DELAY)
    while True:
        yield delay
        delay = min(maximum, _FACTOR * delay)


async def _wait_for_wakeup(wakeup: Wakeup, seconds: float) -> bool:
    """Wait for a wakeup or the timeout; return True if woken."""
    if wakeup.reset():
        return True
    async with anyio.create_task_group() as tasks:

        async def listen() -> None:
            await wakeup.wait()
            tasks.cancel_scope.cancel()

        tasks.start_soon(listen)
        await anyio.sleep(seconds)
        tasks.cancel_scope.cancel()
    return wakeup.reset()
