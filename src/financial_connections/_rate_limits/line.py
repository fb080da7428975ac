"""A line that one task at a time is at the front of."""

from collections import deque

import anyio
from attrs import define, field


@define(eq=False)
class Line:
    """A fair line of tasks. It is much cheaper than `anyio.Lock` if nobody waits."""

    _is_taken: bool = field(default=False, init=False)
    """True if a task is at the front."""
    _others: deque[anyio.Event] = field(factory=deque[anyio.Event], init=False)

    def __len__(self) -> int:
        """Return the number of tasks in the line."""
        return self._is_taken + len(self._others)

    async def enter(self) -> None:
        """Wait until the front of the line is reached."""
        if not self._is_taken:
            self._is_taken = True
            return
        is_at_front = anyio.Event()
        self._others.append(is_at_front)
        try:
            await is_at_front.wait()
        except BaseException:
            if is_at_front.is_set():
                self.leave()
            else:
                self._others.remove(is_at_front)
            raise

    def leave(self) -> None:
        """Leave the front of the line to the next task."""
        if self._others:
            self._others.popleft().set()
        else:
            self._is_taken = False
