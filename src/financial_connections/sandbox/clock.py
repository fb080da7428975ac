"""The sandbox clock: frozen until advanced, or ticking in real time."""

from collections.abc import Callable, Generator
from contextlib import contextmanager
from time import monotonic, time

START = 1_700_000_000
"""Start of a frozen clock: 2023-11-14 22:13:20 UTC."""
END = 253_402_300_800
"""First second after the year 9999, which HTTP dates cannot express."""


class Clock:
    """A clock that you can advance.

    A frozen clock moves only when you call `advance`, so tests need not wait. A
    ticking clock runs in real time, and you can also advance it.

    Args:
        start: Initial time, in seconds since the epoch.
        ticking: True if the clock runs by itself.
        timer: Function that returns a time in seconds, with which a ticking clock
            advances. Pass `anyio.current_time` for tests in the virtual time of their
            event loop.
    """

    def __init__(
        self,
        start: float = START,
        *,
        ticking: bool = False,
        timer: Callable[[], float] = monotonic,
    ) -> None:
        self._start = start
        self._advanced = 0.0
        self._timer = timer
        self._ticking_since = timer() if ticking else None
        self._held: float | None = None

    @classmethod
    def system(cls) -> "Clock":
        """Return a ticking clock that starts at the current system time."""
        return cls(time(), ticking=True)

    @property
    def is_ticking(self) -> bool:
        """True if the clock runs in real time."""
        return self._ticking_since is not None

    def now(self) -> float:
        """Return the current time, in seconds since the epoch."""
        return self._start + self.elapsed() if self._held is None else self._held

    def elapsed(self) -> float:
        """Return the time since the start, in seconds.

        It is more precise than `now`, whose numbers are large.
        """
        if self._ticking_since is None:
            return self._advanced
        return self._advanced + self._timer() - self._ticking_since

    def advance(self, seconds: float) -> None:
        """Move the clock forward.

        Args:
            seconds: Number of seconds to add.

        Raises:
            ValueError: `seconds` is negative, or the time would be after the year 9999.
        """
        if seconds < 0:
            raise ValueError("a clock cannot be moved backwards")
        if not self.now() + seconds < END:
            raise ValueError("a clock cannot be moved beyond the year 9999")
        self._advanced += seconds
        if self._held is not None:
            self._held += seconds

    def skip_to(self, time: float) -> None:
        """Move the clock forward to a time, unless it is already later.

        Args:
            time: Time in seconds since the epoch. If the clock is held, it has this
                time after it is released.
        """
        self._advanced += max(0.0, time - self._start - self.elapsed())

    @contextmanager
    def hold(self, time: float | None = None) -> Generator[float, None, None]:
        """Stop the clock inside a `with` block, in which only `advance` moves it.

        Args:
            time: Time at which to hold it, in seconds since the epoch; the current time
                by default.
        """
        before = self._held
        self._held = self.now() if time is None else time
        try:
            yield self._held
        finally:
            self._held = before
