"""The state of a sandbox, and the jobs that run as its clock advances."""

from collections.abc import Callable, Generator
from contextlib import contextmanager
from heapq import heappop, heappush
from itertools import count
from threading import RLock
from typing import Any

from attrs import Factory, define, field

from financial_connections.sandbox.api import events, render
from financial_connections.sandbox.api.event_log import Event
from financial_connections.sandbox.api.events import EventPayload
from financial_connections.sandbox.api.ids import Ids
from financial_connections.sandbox.api.journal import Journal
from financial_connections.sandbox.api.records import (
    Account,
    Authorization,
    Merchant,
    Session,
    Transaction,
)
from financial_connections.sandbox.clock import Clock
from financial_connections.sandbox.rules import Rules
from financial_connections.sandbox.webhooks import Webhook

DAY = 86_400
NOTICE = 30 * DAY
"""Seconds by which an event precedes the expiry or deactivation it announces."""
_LONGEST_DELAY = 100 * 365 * DAY


@define(order=True)
class ScheduledJob:
    """A job to run at `due`. Jobs due at the same time run in the order of creation."""

    due: float
    number: int
    run: Callable[[], None] = field(eq=False)


@define(eq=False)
class State:
    """Merchants, scheduled jobs and events.

    Nothing runs in the background: call `run_due` to run the jobs that are due. `now`
    is the time of the current job, in whole seconds. Hold `lock` while using a state.
    """

    clock: Clock
    ids: Ids
    rules: Rules
    version: str
    platform: Merchant
    events: list[dict[str, Any]] = Factory(list[dict[str, Any]])
    """All snapshot events, oldest first."""
    notifications: list[dict[str, Any]] = Factory(list[dict[str, Any]])
    """All thin events, oldest first."""
    schedule: list[ScheduledJob] = Factory(list[ScheduledJob])
    webhooks: list[Webhook] = Factory(list[Webhook])
    listeners: list[Callable[[], object]] = Factory(list[Callable[[], object]])
    """Functions to call, with the lock held, after an event or a job has been added."""
    now: int = 0
    polls: int = 0
    """Number of requests that have counted as polls of something pending."""
    journal: Journal | None = None
    """Log of all changes, if the sandbox is kept in a file."""
    lock: RLock = Factory(RLock)
    _numbers: "count[int]" = Factory(count)

    @contextmanager
    def up_to_date(self) -> Generator["State", None, None]:
        """Acquire the lock and run all due jobs."""
        with self.lock:
            self.run_due()
            yield self

    def time_after(self, seconds: float) -> int:
        """Return the time after a delay, in seconds since the epoch."""
        if not 0 <= seconds <= _LONGEST_DELAY:
            raise ValueError("a delay must be between 0 seconds and 100 years")
        return int(self.now + seconds)

    def schedule_at(self, due: float, run: Callable[[], None]) -> None:
        """Schedule a job."""
        heappush(self.schedule, ScheduledJob(due, next(self._numbers), run))
        self._notify()

    def run_due(self) -> None:
        """Run every job that is due."""
        while self.schedule and self.schedule[0].due <= self.clock.now():
            job = heappop(self.schedule)
            self.now = max(self.now, int(job.due))
            job.run()
        self.now = max(self.now, int(self.clock.now()))

    def emit(self, name: str, merchant: Merchant, account: Account) -> None:
        """Record an event of each kind with the current state of the account."""
        self._emit_snapshot(name, merchant, render.account(account))
        self.emit_thin(name, merchant, account)

    def emit_authorization(
        self, name: str, merchant: Merchant, authorization: Authorization
    ) -> None:
        """Record a snapshot event with the current state of the authorization.

        Authorizations have no thin events, because they cannot be retrieved.
        """
        self._emit_snapshot(name, merchant, render.authorization(authorization))
        self._notify()

    def _emit_snapshot(
        self, name: str, merchant: Merchant, value: dict[str, Any]
    ) -> None:
        snapshot = events.snapshot(
            self.ids.new("evt"),
            name,
            value,
            created=self.now,
            version=self.version,
            pending_webhooks=len(self.webhooks),
            merchant=self._connected_id(merchant),
        )
        self.events.append(snapshot)
        receivers: set[object] = {
            webhook for webhook in self.webhooks if webhook.event_payload == "snapshot"
        }
        merchant.events.append(Event(snapshot["id"], self.now, snapshot, receivers))

    def emit_thin(self, name: str, merchant: Merchant, account: Account) -> None:
        """Record a thin event only, whose type has no snapshot events."""
        notification = events.notification(
            self.ids.new("evt_test"),
            name,
            account,
            created=self.now,
            merchant=self._connected_id(merchant),
        )
        self.notifications.append(notification)
        self._notify()

    def events_for(self, payload: EventPayload) -> list[dict[str, Any]]:
        """Return all events of a kind, oldest first."""
        return self.notifications if payload == "thin" else self.events

    def _connected_id(self, merchant: Merchant) -> str | None:
        return None if merchant is self.platform else merchant.id

    def _notify(self) -> None:
        for listener in self.listeners:
            listener()

    @property
    def merchants(self) -> list[Merchant]:
        """The platform and its connected accounts."""
        return [self.platform, *self.platform.connected.values()]

    def find_merchant(self, stripe_account: str | None) -> Merchant:
        """Return a connected account; None means the platform."""
        if stripe_account is None:
            return self.platform
        if stripe_account not in self.platform.connected:
            raise LookupError(
                f"no connected account {stripe_account}:"
                " call add_connected_account() first"
            )
        return self.platform.connected[stripe_account]

    def find_account(self, account_id: str) -> tuple[Merchant, Account]:
        """Return an account and its merchant."""
        for merchant in self.merchants:
            account = merchant.accounts.get(account_id)
            if account is not None:
                return merchant, account
        raise LookupError(f"no account {account_id}")

    def find_session(self, session: str) -> tuple[Merchant, Session]:
        """Return a session, given its ID or client secret, and its merchant."""
        session_id = session.partition("_secret_")[0]
        for merchant in self.merchants:
            if session_id in merchant.sessions:
                return merchant, merchant.sessions[session_id]
        raise LookupError(f"no session {session_id}")

    def acknowledge(self, event_id: str, webhook: Webhook) -> None:
        """Record that a webhook endpoint has accepted a snapshot event."""
        for merchant in self.merchants:
            event = merchant.events.get(event_id)
            if event is not None:
                event.unacknowledged.discard(webhook)

    def find_transaction(self, transaction_id: str) -> Transaction:
        """Return the transaction with this ID."""
        for merchant in self.merchants:
            if transaction_id in merchant.transactions:
                return merchant.transactions[transaction_id]
        raise LookupError(f"no transaction {transaction_id}")
