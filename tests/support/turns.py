"""Count the turns that another task gets while something works."""

from types import SimpleNamespace

import anyio
import anyio.lowlevel

from financial_connections._decoding import turns


class Work:
    """A record of pieces of work, each of which takes 0.1 ms of a fake clock.

    Args:
        monkeypatch: Replaces the clock.
    """

    def __init__(self, monkeypatch):
        self.pieces = []
        """For each piece, the number of turns that the other task has had."""
        self._seconds = 0.0
        self._turns_of_others = 0
        clock = SimpleNamespace(perf_counter=lambda: self._seconds)
        monkeypatch.setattr(turns, "time", clock)

    def spy(self, function):
        """Return a function that also records a piece of work."""

        def spy(*args):
            self._seconds += 0.0001
            self.pieces.append(self._turns_of_others)
            return function(*args)

        return spy

    async def beside_another_task(self, function, *args):
        """Run an async function while another task counts its turns."""
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(self._count)
            await anyio.lowlevel.checkpoint()
            result = await function(*args)
            tasks.cancel_scope.cancel()
        return result

    @property
    def most_in_a_row(self):
        """Maximum number of pieces between two turns of the other task.

        A turn has 5 or 6 pieces, but trio runs tasks in random order, so there can be
        two turns in a row.
        """
        return max(self.pieces.count(turn) for turn in set(self.pieces))

    async def _count(self):
        while True:
            self._turns_of_others += 1
            await anyio.lowlevel.checkpoint()
