"""The state of the demonstration that its screen and its page show."""

from collections.abc import Callable
from time import monotonic
from typing import Any

import attrs
from attrs import define, field, frozen

from financial_connections.fleet import DeadAccount, Progress

_NO_ACCOUNTS = Progress(
    accounts=0,
    done=0,
    due=0,
    running=0,
    waiting=0,
    dead=0,
    backfill=0,
    transactions=0,
    oldest_due=None,
)
_WINDOW = 2.0
"""Seconds over which the rate of requests is averaged.

A limit applies to whole seconds, so over other periods the rate could be above it.
"""
_SHORTEST = 0.001


@frozen
class Process:
    """A process of the demonstration."""

    name: str
    pid: int
    state: str
    """One of `starting`, `running`, `killed` and `stopped`."""
    requests: int | None = None
    """Number of requests that it has sent."""


@frozen
class Event:
    """An event of the demonstration."""

    seconds: float
    text: str
    is_alarming: bool = False


@define
class Board:
    """The state to show.

    One thread changes it, and others read it. They may see values from two moments.

    Args:
        limit: Allowed requests per second.
        clock: Function that returns the current time in seconds.
    """

    limit: int
    phase: str = "starting"
    """One of `starting`, `syncing`, `comparing`, `done` and `failed`."""
    progress: Progress = _NO_ACCOUNTS
    processes: tuple[Process, ...] = ()
    events: tuple[Event, ...] = ()
    dead: tuple[DeadAccount, ...] = ()
    requests: int = 0
    rejected: int = 0
    rate: float = 0.0
    rates: tuple[tuple[float, float], ...] = ()
    """Pairs of a time and the rate of requests at that time."""
    result: dict[str, Any] | None = None
    _clock: Callable[[], float] = field(default=monotonic, repr=False)
    _start: float = field(init=False)
    _samples: tuple[tuple[float, int], ...] = ()

    def __attrs_post_init__(self) -> None:
        self._start = self._clock()

    @property
    def seconds(self) -> float:
        """Seconds since the start."""
        return self._clock() - self._start

    def announce(self, text: str, *, is_alarming: bool = False) -> None:
        """Add an event.

        Args:
            text: Text of the event.
            is_alarming: Whether to emphasize it.
        """
        self.events += (Event(self.seconds, text, is_alarming),)

    def count(self, requests: int, rejected: int) -> None:
        """Update the number and the rate of requests.

        Args:
            requests: Number of requests until now.
            rejected: Number of those that were rejected because of the rate limit.
        """
        now = self.seconds
        self.requests, self.rejected = requests, rejected
        self._samples = (*self._samples, (now, requests))
        since = max(now - _WINDOW, self._samples[0][0])
        self.rate = (requests - self._count_at(since)) / max(now - since, _SHORTEST)
        self.rates += ((round(now, 1), round(self.rate, 1)),)

    def _count_at(self, time: float) -> float:
        """Return the number of requests until a time, and forget what was before."""
        samples = list(self._samples)
        while len(samples) > 1 and samples[1][0] <= time:
            del samples[0]
        self._samples = tuple(samples)
        start, count = samples[0]
        end, next_count = samples[min(1, len(samples) - 1)]
        part = (time - start) / max(end - start, _SHORTEST)
        return count + part * (next_count - count)

    def to_dict(self) -> dict[str, Any]:
        """Return everything as JSON values."""
        values = attrs.asdict(
            self, filter=lambda attribute, _: not attribute.name.startswith("_")
        )
        return values | {"seconds": self.seconds}
