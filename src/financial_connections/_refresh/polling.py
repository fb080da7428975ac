"""
Looking again and again, ever less often, until something is so.

Time is an argument: `sleep` can be anything that returns. What it was asked to wait counts as waited, so that a
`sleep` that takes no time ends like one that does, and nothing loops for ever.
"""

import math
from collections.abc import Awaitable, Callable, Iterator
from typing import Any

import anyio
from attrs import define, field

from financial_connections.errors import InvalidArgumentError

_FACTOR = 1.5
_LONGEST = 30.0

Sleep = Callable[[float], Awaitable[object]]


@define(eq=False)
class Bell:
    """What ends a pause early. Rung during a look, it ends the pause after it."""

    _event: anyio.Event = field(factory=anyio.Event, init=False)

    def ring(self) -> None:
        """End the pause that is, or the next."""
        self._event.set()

    async def heard(self) -> None:
        """Wait until it is rung."""
        await self._event.wait()

    def silence(self) -> bool:
        """Make it ready to be rung again; tell whether it was."""
        rung, self._event = self._event.is_set(), anyio.Event()
        return rung


@define(eq=False)
class Patience:
    """How long to wait, in all and each time. All in seconds."""

    timeout: float
    delays: Iterator[float]
    sleep: Sleep
    bell: Bell | None = None
    waited: float = 0

    @property
    def limit(self) -> float | None:
        """The same as `timeout`, as anyio likes it."""
        return None if math.isinf(self.timeout) else self.timeout

    @property
    def left(self) -> float:
        """What may still be waited."""
        return self.timeout - self.waited

    async def pause(self, at_least: float = 0) -> bool:
        """Wait, until the bell rings or time is up; tell whether there may be another look."""
        if self.left <= 0:
            return False
        seconds = min(max(next(self.delays), at_least), self.left)
        if self.bell is None:
            await self.sleep(seconds)
        elif await _first(self.bell, self.sleep, seconds):
            return True
        self.waited += seconds
        return True


def patience_from(timeout: Any, poll: Any, sleep: Sleep | None, bell: Bell | None) -> Patience:
    """Return the patience that the arguments of a wait ask for. Raises `InvalidArgumentError`."""
    first = _positive("poll", poll)
    whole = math.inf if timeout is None else _positive("timeout", timeout)
    # `anyio.sleep` is looked up at the time of the call, where a test may have replaced it.
    return Patience(whole, _delays(first), sleep or (lambda seconds: anyio.sleep(seconds)), bell)  # noqa: PLW0108


def _positive(name: str, value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value < math.inf:
        raise InvalidArgumentError(f"{name} must be a number of seconds above 0")
    return float(value)


def _delays(first: float) -> Iterator[float]:
    delay, longest = first, max(first, _LONGEST)
    while True:
        yield delay
        delay = min(longest, _FACTOR * delay)


async def _first(bell: Bell, sleep: Sleep, seconds: float) -> bool:
    """Wait for the bell or for the time; tell whether it was the bell."""
    async with anyio.create_task_group() as tasks:

        async def listen() -> None:
            await bell.heard()
            tasks.cancel_scope.cancel()

        tasks.start_soon(listen)
        await sleep(seconds)
        tasks.cancel_scope.cancel()
    return bell.silence()
