"""Time: it stands still until somebody advances it, or it ticks like the clock on the
wall.
"""

from time import monotonic, time

START = 1_700_000_000
"""Where a frozen clock starts: 2023-11-14 22:13:20 UTC."""


class Clock:
    """Seconds since the epoch, from `start`.

    A frozen clock moves only by `advance`, so that a test never waits. A ticking one
    moves by itself and can be advanced on top.
    """

    def __init__(self, start: float = START, *, ticking: bool = False) -> None:
        self._start = start
        self._ticking_since = monotonic() if ticking else None

    @classmethod
    def system(cls) -> "Clock":
        """Return a ticking clock that shows the time of this machine."""
        return cls(time(), ticking=True)

    @property
    def is_ticking(self) -> bool:
        """Whether time passes by itself."""
        return self._ticking_since is not None

    def now(self) -> float:
        """Return the time in seconds since the epoch."""
        return (
            self._start
            if self._ticking_since is None
            else self._start + monotonic() - self._ticking_since
        )

    def advance(self, seconds: float) -> None:
        """Let `seconds` pass."""
        if seconds < 0:
            raise ValueError("time does not run backwards")
        self._start += seconds
