"""The post office: which webhooks there are, and when their events go out."""

import asyncio
from collections.abc import Awaitable, Callable

import anyio
import httpx

from financial_connections.sandbox.webhooks import (
    Delivery,
    Parcel,
    Webhook,
    deliver,
    parcels,
)
from financial_connections.sandbox.world import World


class Posting(World):
    """Events leave from here."""

    def add_webhook(
        self,
        url: str,
        *,
        secret: str | None = None,
        api_version: str | None = None,
        shuffled: bool = False,
        doubled: bool = False,
    ) -> Webhook:
        """Send the events from now on to a URL on loopback; the result has the secret
        they are signed with.

        `shuffled` and `doubled` show what a receiver must cope with: any order, and the
        same event again. A server sends by itself; without one, `deliver_webhooks`
        does. `api_version` is the endpoint's, whatever version a request has.
        """
        with self.api.lock:
            webhook = Webhook(
                url,
                secret or self._state.ids.new("whsec"),
                api_version or self._state.version,
                is_shuffled=shuffled,
                is_doubled=doubled,
                sent=len(self.events),
            )
            self._state.webhooks.append(webhook)
            return webhook

    async def deliver_webhooks(
        self,
        client: httpx.AsyncClient | None = None,
        *,
        sleep: Callable[[float], Awaitable[None]] = anyio.sleep,
    ) -> list[Delivery]:
        """Send every event that waits, up to five times where it is not taken; return
        the attempts.
        """
        waiting = self._collected()
        if not waiting:
            return []
        if client is not None:
            return await deliver(waiting, client, now=self.clock.now, sleep=sleep)
        # Loopback needs no proxy, whatever the environment says.
        async with httpx.AsyncClient(trust_env=False, timeout=10) as own:
            return await deliver(waiting, own, now=self.clock.now, sleep=sleep)

    def _collected(self) -> list[Parcel]:
        with self.api.lock:
            events = self.events
            random = self._state.ids.stream("shuffle")
            found: list[Parcel] = []
            for webhook in self._state.webhooks:
                found += parcels(webhook, events[webhook.sent :], random)
                webhook.sent = len(events)
            return found

    async def post_forever(self) -> None:
        """Send events as they come, on the asyncio loop of a server; time that passes
        by itself counts.
        """
        loop, something_new = asyncio.get_running_loop(), asyncio.Event()

        def wake() -> None:
            loop.call_soon_threadsafe(something_new.set)

        with self.api.lock:
            self._state.listeners.append(wake)
        try:
            while True:
                something_new.clear()
                await self.deliver_webhooks()
                try:
                    async with asyncio.timeout(self._until_next()):
                        await something_new.wait()
                except TimeoutError:
                    continue
        finally:
            with self.api.lock:
                self._state.listeners.remove(wake)

    def _until_next(self) -> float | None:
        with self.api.lock:
            if not self.clock.is_ticking or not self._state.agenda:
                return None
            return max(0, self._state.agenda[0].due - self.clock.now())
