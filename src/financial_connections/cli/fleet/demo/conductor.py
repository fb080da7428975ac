"""The course of the demonstration."""

import os
from collections.abc import Callable
from typing import Any

import anyio

from financial_connections.cli.failure import CommandError
from financial_connections.cli.fleet.demo.board import Board, Process
from financial_connections.cli.fleet.demo.processes import WorkerProcess
from financial_connections.cli.fleet.demo.world import (
    World,
    count_changes,
    stored_digest,
)
from financial_connections.fleet import PostgresStore, procrastinate

_TICK = 0.25
_BOUND = 100
_NEWS = 20
_KILL_AT = 0.35
"""Fraction of the accounts that are done when a worker is killed."""
_NEWS_AT = 0.6
"""Fraction of the accounts that are done when others get new transactions."""
_LEASE = 3.0
_WORKER = {
    "lease": _LEASE,
    "stalled_after": 4.0,
    "concurrency": 8,
    "pages": 4,
    "bound": _BOUND,
}


class Conductor:
    """Starts, kills and stops workers, and compares the result.

    Args:
        world: The accounts.
        board: The state to show.
        conninfo: The database.
        url: URL of the sandbox.
        workers: Number of workers.
    """

    def __init__(
        self, world: World, board: Board, conninfo: str, url: str, workers: int
    ) -> None:
        self._world = world
        self._board = board
        self._conninfo = conninfo
        self._url = url
        self._number = workers
        self._workers: list[WorkerProcess] = []
        self._steps = [(_KILL_AT, self._replace_worker), (_NEWS_AT, self._add_news)]

    async def run(self, show: Callable[[], None]) -> None:
        """Run the demonstration.

        Args:
            show: Called whenever the board has changed.
        """
        self._show = show
        try:
            async with PostgresStore(self._conninfo, lease=_LEASE) as store:
                await self._prepare(store)
                await self._sync(store)
            await self._compare()
        finally:
            for worker in self._workers:
                worker.close()

    async def _prepare(self, store: PostgresStore) -> None:
        await store.migrate()
        await procrastinate.migrate(self._conninfo)
        for account in self._world.accounts:
            await store.want(account)
        self._board.announce(f"{len(self._world.accounts):,} accounts are due")
        self._board.phase = "syncing"
        for _ in range(self._number):
            self._start_worker()

    async def _sync(self, store: PostgresStore) -> None:
        """Feed the queue, and watch the workers until all accounts are done."""
        app = procrastinate.create_app(self._conninfo)
        async with app.open_async():
            while not await self._is_done(store):
                await procrastinate.feed(app, store, bound=_BOUND)
                await anyio.sleep(_TICK)
        for worker in self._workers:
            worker.request_stop()
        self._board.announce("every account is done or dead; the workers stop")
        await self._look(store)

    async def _is_done(self, store: PostgresStore) -> bool:
        progress = await self._look(store)
        for worker in self._workers:
            if worker.has_failed:
                raise CommandError(f"{worker.name} has ended unexpectedly")
        if self._steps and progress.done >= self._steps[0][0] * progress.accounts:
            await self._steps.pop(0)[1](store)
            return False
        return not self._steps and progress.done + progress.dead == progress.accounts

    async def _look(self, store: PostgresStore) -> Any:
        """Update the board, and return the progress."""
        board = self._board
        board.progress = await store.progress()
        board.dead = tuple(await store.dead(5))
        traffic = self._world.sandbox.traffic.total
        board.count(traffic.received, traffic.received - traffic.admitted)
        self._show_processes("running")
        return board.progress

    def _show_processes(self, state: str) -> None:
        """Show the board with the present state of all processes.

        Args:
            state: State of the feeder, which is this process.
        """
        feeder = Process("feeder", os.getpid(), state)
        workers = (worker.describe() for worker in self._workers)
        self._board.processes = (feeder, *workers)
        self._show()

    def _start_worker(self) -> None:
        settings = _WORKER | {
            "conninfo": self._conninfo,
            "url": self._url,
            "api_key": self._world.sandbox.api_key,
            "rate": self._board.limit,
        }
        worker = WorkerProcess(len(self._workers) + 1, settings)
        self._workers.append(worker)
        self._board.announce(f"{worker.name} starts (pid {worker.pid})")

    async def _replace_worker(self, _: PostgresStore) -> None:
        victim = self._workers[0]
        victim.kill()
        self._board.announce(
            f"{victim.name} (pid {victim.pid}) is killed with SIGKILL",
            is_alarming=True,
        )
        self._start_worker()

    async def _add_news(self, store: PostgresStore) -> None:
        accounts = self._world.add_news(_NEWS)
        for account in accounts:
            await store.want(account)
        self._board.announce(f"{len(accounts)} accounts have new transactions")

    async def _compare(self) -> None:
        board, traffic = self._board, self._world.sandbox.traffic.total
        seconds = board.seconds
        board.phase = "comparing"
        board.announce("the table is compared with the sandbox")
        self._show_processes("stopped")
        stored, digest = await stored_digest(self._conninfo)
        expected, expected_digest = await self._world.digest(self._url)
        changes, repeated = await count_changes(self._conninfo)
        is_equal = digest == expected_digest
        board.result = {
            "is_equal": is_equal,
            "accounts": board.progress.accounts,
            "dead": board.progress.dead,
            "stored_transactions": stored,
            "sandbox_transactions": expected,
            "stored_digest": digest,
            "sandbox_digest": expected_digest,
            "changes": changes,
            "repeated_changes": repeated,
            "seconds": round(seconds, 1),
            "requests": traffic.received,
            "rejected_requests": traffic.received - traffic.admitted,
            "peak_rate": traffic.peak_received,
            "rate_limit": board.limit,
        }
        board.phase = "done" if is_equal else "failed"
        board.announce(
            "the table equals the sandbox" if is_equal else "the table differs",
            is_alarming=not is_equal,
        )
        self._show()
