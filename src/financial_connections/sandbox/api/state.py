"""All that a sandbox knows, and the passing of its time."""

from collections.abc import Callable
from heapq import heappop, heappush
from itertools import count
from typing import Any

from attrs import Factory, define, field

from financial_connections.sandbox.api import render
from financial_connections.sandbox.api.ids import Ids
from financial_connections.sandbox.api.records import Account, Merchant
from financial_connections.sandbox.clock import Clock
from financial_connections.sandbox.rules import Rules
from financial_connections.sandbox.webhooks import Webhook

DAY = 86_400


@define(order=True)
class Appointment:
    """Something that happens at `due`; those of one moment in the order in which they
    were made.
    """

    due: float
    number: int
    action: Callable[[], None] = field(eq=False)


@define(eq=False)
class State:
    """Merchants, the agenda, the events.

    Nothing happens by itself: `settle` lets everything happen that is due by the clock.
    `now` is the moment that is being lived through, in whole seconds.
    """

    clock: Clock
    ids: Ids
    rules: Rules
    version: str
    platform: Merchant
    events: list[dict[str, Any]] = Factory(list[dict[str, Any]])
    agenda: list[Appointment] = Factory(list[Appointment])
    webhooks: list[Webhook] = Factory(list[Webhook])
    listeners: list[Callable[[], object]] = Factory(list[Callable[[], object]])
    """Called, under the lock, when there is an event or an appointment more."""
    now: int = 0
    _numbers: "count[int]" = Factory(count)

    def at(self, due: float, action: Callable[[], None]) -> None:
        """Let `action` happen at `due`."""
        heappush(self.agenda, Appointment(due, next(self._numbers), action))
        self._tell()

    def settle(self) -> None:
        """Catch up with the clock."""
        while self.agenda and self.agenda[0].due <= self.clock.now():
            appointment = heappop(self.agenda)
            self.now = max(self.now, int(appointment.due))
            appointment.action()
        self.now = max(self.now, int(self.clock.now()))

    def emit(self, name: str, merchant: Merchant, account: Account) -> None:
        """Record an event, with the account as it is now.
        https://docs.stripe.com/api/events
        """
        event = {
            "id": self.ids.new("evt"),
            "object": "event",
            "api_version": self.version,
            "created": self.now,
            "data": {"object": render.account(account)},
            "livemode": False,
            "pending_webhooks": len(self.webhooks),
            "request": {"id": None, "idempotency_key": None},
            "type": f"financial_connections.account.{name}",
        }
        if merchant is not self.platform:
            event["account"] = merchant.id
        self.events.append(event)
        self._tell()

    def _tell(self) -> None:
        for listener in self.listeners:
            listener()
