"""Deliver the sandbox's events to its webhook endpoints."""

import asyncio
from collections.abc import Awaitable, Callable, Container
from functools import partial

import anyio
import httpx

from financial_connections.sandbox.api.events import EventPayload
from financial_connections.sandbox.api.journal import recorded
from financial_connections.sandbox.api.state import State
from financial_connections.sandbox.webhooks import (
    Delivery,
    PendingDelivery,
    Webhook,
    check_url,
    deliver,
    pending_deliveries,
)

Sleep = Callable[[float], Awaitable[None]]


class WebhookDelivery:
    """Delivery of each event to every webhook endpoint of a sandbox.

    Args:
        state: State of the sandbox.
        hosts: Names of hosts other than this machine that may receive events.
    """

    def __init__(self, state: State, hosts: Container[str]) -> None:
        self._state = state
        self._hosts = hosts

    def add(
        self,
        url: str,
        *,
        secret: str | None,
        api_version: str | None,
        event_payload: EventPayload,
        out_of_order: bool,
        duplicated: bool,
    ) -> Webhook:
        """Add an endpoint that receives all events from now on."""
        check_url(url, self._hosts)
        return self._add(
            url,
            secret=secret,
            api_version=api_version,
            event_payload=event_payload,
            out_of_order=out_of_order,
            duplicated=duplicated,
        )

    @recorded("add_webhook")
    def _add(
        self,
        url: str,
        *,
        secret: str | None,
        api_version: str | None,
        event_payload: EventPayload,
        out_of_order: bool,
        duplicated: bool,
    ) -> Webhook:
        with self._state.up_to_date() as state:
            webhook = Webhook(
                url,
                secret or state.ids.new("whsec"),
                api_version or state.version,
                event_payload=event_payload,
                out_of_order=out_of_order,
                duplicated=duplicated,
                sent=len(state.events_for(event_payload)),
            )
            state.webhooks.append(webhook)
            return webhook

    @property
    def webhooks(self) -> list[Webhook]:
        """All endpoints, oldest first."""
        with self._state.lock:
            return list(self._state.webhooks)

    @recorded("remove_webhooks")
    def remove_all(self) -> None:
        """Remove all endpoints, and no longer wait for them to accept events."""
        with self._state.lock:
            self._state.webhooks.clear()
            for merchant in self._state.merchants:
                for event in merchant.events:
                    event.unacknowledged.clear()

    async def deliver(
        self, client: httpx.AsyncClient | None, sleep: Sleep
    ) -> list[Delivery]:
        """Send all pending events and return every attempt."""
        pending = self._take_pending()
        if not pending:
            return []
        send = partial(
            deliver,
            pending,
            now=self._state.clock.now,
            sleep=sleep,
            on_accepted=self._acknowledge,
        )
        if client is not None:
            deliveries = await send(client)
        else:
            # Ignore the environment's proxies: most endpoints are on this machine.
            async with httpx.AsyncClient(trust_env=False, timeout=10) as own_client:
                deliveries = await send(own_client)
        self._log_sent()
        return deliveries

    async def deliver_forever(self) -> None:
        """Send events as they occur, on the server's asyncio event loop.

        With a ticking clock, also run scheduled jobs when they are due.
        """
        loop, changed = asyncio.get_running_loop(), asyncio.Event()

        def notify() -> None:
            loop.call_soon_threadsafe(changed.set)

        with self._state.lock:
            self._state.listeners.append(notify)
        try:
            while True:
                changed.clear()
                await self.deliver(None, anyio.sleep)
                try:
                    async with asyncio.timeout(self._seconds_until_next_job()):
                        await changed.wait()
                except TimeoutError:
                    continue
        finally:
            with self._state.lock:
                self._state.listeners.remove(notify)

    def _acknowledge(self, delivery: PendingDelivery) -> None:
        with self._state.lock:
            if delivery.webhook in self._state.webhooks:
                number = self._state.webhooks.index(delivery.webhook)
                self._accept(delivery.event, number)

    @recorded("accept_event")
    def _accept(self, event: str, webhook: int) -> None:
        self._state.acknowledge(event, self._state.webhooks[webhook])

    def _log_sent(self) -> None:
        # Logged after all attempts, so that a restart does not lose any event.
        with self._state.lock:
            self._set_sent([webhook.sent for webhook in self._state.webhooks])

    @recorded("set_sent")
    def _set_sent(self, numbers: list[int]) -> None:
        for webhook, number in zip(self._state.webhooks, numbers, strict=True):
            webhook.sent = number

    def _take_pending(self) -> list[PendingDelivery]:
        with self._state.up_to_date() as state:
            random = state.ids.stream("shuffle")
            pending: list[PendingDelivery] = []
            for webhook in state.webhooks:
                events = state.events_for(webhook.event_payload)
                pending += pending_deliveries(webhook, events[webhook.sent :], random)
                webhook.sent = len(events)
            return pending

    def _seconds_until_next_job(self) -> float | None:
        with self._state.lock:
            if not self._state.clock.is_ticking or not self._state.schedule:
                return None
            return max(0, self._state.schedule[0].due - self._state.clock.now())
