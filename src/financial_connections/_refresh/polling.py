"""Poll with increasing delays until a condition holds.

Time is an argument: `sleep` can be any async function. The seconds that it was called
with count as waited, so a `sleep` that takes no time reaches the timeout like one that
does.
"""

import math
from collections.abc import Awaitable, Callable, Iterator
from typing import Any

import anyio
from attrs import define, field

from financial_connections.errors import InvalidArgumentError

_FACTOR = 1.5
_LONGEST = 30.0
_FLOOR = 0.25

Sleep = Callable[[float], Awaitable[object]]


@define(eq=False)
class Bell:
    """A signal that ends a pause early, or the next pause if it is rung between two."""

    _event: anyio.Event = field(factory=anyio.Event, init=False)

    def ring(self) -> None:
        """End the current pause, or the next one."""
        self._event.set()

    async def heard(self) -> None:
        """Wait until it is rung."""
        await self._event.wait()

    def silence(self) -> bool:
        """Reset the bell and return True if it was rung."""
        rung, self._event = self._event.is_set(), anyio.Event()
        return rung


@define(eq=False)
class Patience:
    """The delays between looks, and what is left of the timeout. All times are in
    seconds.
    """

    timeout: float
    delays: Iterator[float]
    sleep: Sleep
    bell: Bell | None = None
    floor: float = 0
    """Shortest time between two looks of which the first was caused by the bell."""
    waited: float = 0
    _cut_short: bool = field(default=False, init=False)

    @property
    def limit(self) -> float | None:
        """The timeout for anyio's cancel scopes; None if there is none."""
        return None if math.isinf(self.timeout) else self.timeout

    @property
    def left(self) -> float:
        """Seconds that may still be waited."""
        return self.timeout - self.waited

    async def pause(self, at_least: float = 0) -> bool:
        """Wait until the bell rings or the next delay has passed.

        Args:
            at_least: Wait this long even if the next delay is shorter, unless the bell rings.

        Returns:
            False if the timeout had passed before, so that there must not be another look.

        """
        if self.left <= 0:
            return False
        if self._cut_short:
            await self._wait(min(self.floor, self.left))
        seconds = min(max(next(self.delays), at_least), self.left)
        self._cut_short = False
        if seconds <= 0:
            return True
        if self.bell is None:
            await self._wait(seconds)
        elif await _rings(self.bell, self.sleep, seconds):
            self._cut_short = True
        else:
            self.waited += seconds
        return True

    async def _wait(self, seconds: float) -> None:
        await self.sleep(seconds)
        self.waited += seconds


def patience_from(
    timeout: Any, poll: Any, sleep: Sleep | None, bell: Bell | None
) -> Patience:
    """Return the patience for the arguments of a wait.

    Args:
        timeout: Seconds to wait at most; None waits without limit.
        poll: Seconds before the first look.
        sleep: Replacement of `anyio.sleep`.
        bell: Ends pauses early.

    Raises:
        InvalidArgumentError: A time is not a positive number.

    """
    first = _positive("poll", poll)
    whole = math.inf if timeout is None else _positive("timeout", timeout)
    # `anyio.sleep` is looked up at the time of the call because tests replace it.
    sleep = sleep or (lambda seconds: anyio.sleep(seconds))  # noqa: PLW0108
    return Patience(whole, _delays(first), sleep, bell, _FLOOR * first)


def _positive(name: str, value: Any) -> float:
    if (
        isinstance(value, bool)
        or not isinstance(value, int | float)
        or not 0 < value < math.inf
    ):
        raise InvalidArgumentError(f"{name} must be a number of seconds above 0")
    return float(value)


def _delays(first: float) -> Iterator[float]:
    delay, longest = first, max(first, _LONGEST)
    while True:
        yield delay
        delay = min(longest, _FACTOR * delay)


async def _rings(bell: Bell, sleep: Sleep, seconds: float) -> bool:
    """Wait for the bell or for the time; return True if it was the bell."""
    if not bell.silence():
        async with anyio.create_task_group() as tasks:

            async def listen() -> None:
                await bell.heard()
                tasks.cancel_scope.cancel()

            tasks.start_soon(listen)
            await sleep(seconds)
            tasks.cancel_scope.cancel()
        return bell.silence()
    return True
