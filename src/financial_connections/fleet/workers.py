"""Workers without an engine: they take what is due from the store."""

from __future__ import annotations

from typing import TYPE_CHECKING

import anyio

from financial_connections.fleet.engine import DRAIN_SECONDS, log_failure
from financial_connections.fleet.slices import sync_slice

if TYPE_CHECKING:
    from financial_connections import AsyncClient
    from financial_connections.fleet.store import SyncStore


async def run_workers(
    client: AsyncClient,
    store: SyncStore,
    *,
    concurrency: int = 16,
    pages: int = 20,
    stop: anyio.Event | None = None,
    until_idle: bool = False,
    poll_interval: float = 1.0,
) -> None:
    """Sync accounts as they become due, in this process.

    Any number of processes can share a store. If you cancel this function, accounts
    that are being synced are released at once. If you set `stop`, each of them first
    commits its current page, and is cancelled after 3 seconds.

    Args:
        client: The client.
        store: The store.
        concurrency: Number of accounts to sync at the same time.
        pages: Number of batches after which an account gives way to other tenants.
        stop: Ends the workers when it is set. By default, they run until cancelled.
        until_idle: Whether to return as soon as no account is due or being synced here.
        poll_interval: Seconds between looking for due accounts when none was due.
    """
    stop = stop or anyio.Event()
    workers = _Workers(client, store, pages, stop)
    async with anyio.create_task_group() as tasks:
        while not stop.is_set():
            # A slice that ends during the query may leave an account due that the query
            # has not seen.
            was_idle = not workers.running
            workers.expect_end()
            try:
                due = await store.due(
                    concurrency - len(workers.running), exclude=workers.running
                )
            except Exception as error:  # noqa: BLE001 - the store may come back
                log_failure("reading the due accounts", error)
            else:
                for account in due:
                    workers.running.add(account)
                    tasks.start_soon(workers.run, account)
                if until_idle and was_idle and not due:
                    return
            is_full = len(workers.running) >= concurrency
            with anyio.move_on_after(None if is_full else poll_interval):
                await workers.wait_for_end()
        tasks.cancel_scope.deadline = anyio.current_time() + DRAIN_SECONDS


class _Workers:
    """The slices that run in this process."""

    def __init__(
        self, client: AsyncClient, store: SyncStore, pages: int, stop: anyio.Event
    ) -> None:
        self.running: set[str] = set()
        self._client = client
        self._store = store
        self._pages = pages
        self._stop = stop
        self._ended = anyio.Event()

    async def run(self, account: str) -> None:
        try:
            await sync_slice(
                self._client,
                self._store,
                account,
                pages=self._pages,
                stopping=self._stop.is_set,
            )
        except Exception as error:  # noqa: BLE001 - it must not end the other slices
            log_failure(f"syncing {account}", error)
        finally:
            self.running.discard(account)
            self._ended.set()

    def expect_end(self) -> None:
        """Let `wait_for_end` wait for a slice that ends from now on."""
        self._ended = anyio.Event()

    async def wait_for_end(self) -> None:
        """Wait until a slice ends or the workers are stopped."""
        async with anyio.create_task_group() as tasks:
            for event in (self._ended, self._stop):
                tasks.start_soon(_wait_and_cancel, event, tasks.cancel_scope)


async def _wait_and_cancel(event: anyio.Event, scope: anyio.CancelScope) -> None:
    await event.wait()
    scope.cancel()
