"""A durable inbox of Stripe's events, and the worker that empties it.

An event is acknowledged once it is in the table, so that neither a crash nor a restart
loses it. The worker claims one event at a time for a minute; if it is killed, the event
is claimed again later. Handling an event twice does no harm.
"""

import logging
import time
from collections.abc import Callable

import anyio

from examples.web import bank
from examples.web.database import Database
from financial_connections import (
    AccountInactiveError,
    AsyncClient,
    CursorExpiredError,
    FinancialConnectionsError,
    NotFoundError,
)
from financial_connections.webhooks import Event

LEASE = 60.0
"""Seconds after which an event that was claimed may be claimed again."""
LONGEST_DELAY = 3_600.0
IDLE_SECONDS = 1.0
"""Seconds between looks into the inbox, in case another process has added an event."""

ADD = "INSERT INTO inbox (event_id, type, account_id, due_at) VALUES (?, ?, ?, ?)"
CLAIM = """
UPDATE inbox SET due_at = ?, attempts = attempts + 1
WHERE due_at <= ? AND event_id = (
    SELECT event_id FROM inbox WHERE done_at IS NULL AND due_at <= ?
    ORDER BY due_at, event_id LIMIT 1
)
RETURNING event_id, type, account_id, attempts
"""

log = logging.getLogger("web.inbox")


class Inbox:
    """Events to handle, in a table that processes can share."""

    def __init__(
        self, database: Database, clock: Callable[[], float] = time.time
    ) -> None:
        self._database = database
        self._clock = clock
        self._added = anyio.Event()

    async def add(self, event: Event) -> None:
        """Save an event, of either kind, unless it has been saved before."""
        account = event.object_id
        if account is None or not account.startswith("fca_"):
            return
        values = (event.id, event.type, account, self._clock())
        async with self._database.transaction() as transaction:
            await transaction.execute(f"{ADD} ON CONFLICT DO NOTHING", *values)
        log.info("event", extra={"event": event.id, "type": event.type})
        self._added.set()

    async def empty(self, client: AsyncClient) -> int:
        """Handle all events that are due, and return how many were claimed."""
        claimed = 0
        while await self._handle_next(client):
            claimed += 1
        return claimed

    async def empty_forever(self, client: AsyncClient) -> None:
        while True:
            self._added = anyio.Event()
            try:
                await self.empty(client)
            except Exception as error:  # noqa: BLE001 - the database may come back
                log.warning("inbox failed", extra={"error": type(error).__name__})
            with anyio.move_on_after(IDLE_SECONDS):
                await self._added.wait()

    async def _handle_next(self, client: AsyncClient) -> bool:
        now = self._clock()
        async with self._database.transaction() as transaction:
            rows = await transaction.execute(CLAIM, now + LEASE, now, now)
        if not rows:
            return False
        event, kind, account, attempts = rows[0]
        fields = {"event": event, "account": account, "attempts": attempts}
        try:
            await handle(client, self._database, kind, account)
        except (FinancialConnectionsError, bank.OvertakenError) as error:
            fields["error"] = type(error).__name__
            log.warning("failed", extra=fields)
            due_at = now + min(2.0**attempts, LONGEST_DELAY)
            await self._set("due_at", due_at, event)
        else:
            log.info("handled", extra=fields)
            await self._set("done_at", self._clock(), event)
        return True

    async def _set(self, column: str, value: float, event: str) -> None:
        update = f"UPDATE inbox SET {column} = ? WHERE event_id = ?"  # noqa: S608
        async with self._database.transaction() as transaction:
            await transaction.execute(update, value, event)


async def handle(
    client: AsyncClient, database: Database, kind: str, account_id: str
) -> None:
    """Store an account as it is now, whatever has happened, and sync it."""
    try:
        account = await client.accounts.retrieve(account_id)
    except NotFoundError:
        return  # an account of another application with the same endpoint
    if account.status == "disconnected":
        await bank.delete_account(database, account.id)
        return
    if not await bank.save_account(database, account):
        return
    if kind.endswith("account.created"):
        try:
            # From now on, Stripe refreshes the transactions once a day.
            await client.accounts.subscribe(account.id, features=["transactions"])
        except AccountInactiveError:
            return
    refresh = account.transaction_refresh
    if refresh is not None and refresh.status == "succeeded":
        await sync(client, database, account.id)


async def sync(client: AsyncClient, database: Database, account: str) -> None:
    """Store the transactions that have changed since the last sync."""
    cursor = await bank.cursor_of(database, account)
    try:
        async for batch in client.transactions.sync(account, cursor=cursor):
            await bank.save_batch(database, batch)
    except CursorExpiredError:
        # The retry reads all transactions again, and overwrites the stored ones.
        await bank.forget_cursor(database, account)
        raise
