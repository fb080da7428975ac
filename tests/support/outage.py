"""A sandbox whose webhook endpoint can be down."""

from contextlib import AsyncExitStack

import httpx

from financial_connections import AsyncClient
from financial_connections.sandbox import Sandbox
from financial_connections.sandbox.http.app import application
from tests.support.webhooks import SECRET

URL = "http://127.0.0.1:9/stripe"


class Outage:
    """A sandbox, a client for it, and deliveries to an endpoint that may be down."""

    def __init__(self):
        self.sandbox = Sandbox()
        self.sandbox.add_webhook(URL, secret=SECRET)
        self.requests = []
        self._stack = AsyncExitStack()

    async def __aenter__(self):
        async def note(request):
            self.requests.append(request)

        mount = httpx.ASGITransport(application(self.sandbox))
        self.http = httpx.AsyncClient(transport=mount, event_hooks={"request": [note]})
        await self._stack.enter_async_context(self.http)
        self.client = AsyncClient(
            self.sandbox.api_key, base_url="http://127.0.0.1", http_client=self.http
        )
        await self._stack.enter_async_context(self.client)
        return self

    async def __aexit__(self, *error):
        await self._stack.aclose()

    def add_events(self, count):
        """Cause events, and return their IDs, oldest first."""
        for _ in range(count):
            self.sandbox.add_account()
        return [event["id"] for event in self.sandbox.events[-count:]]

    async def deliver(self, app=None):
        """Deliver all pending events; without an application, the endpoint is down.

        Return the statuses of the responses.
        """

        async def skip(seconds):
            pass

        transport = (
            httpx.MockTransport(lambda _: httpx.Response(503))
            if app is None
            else httpx.ASGITransport(app, raise_app_exceptions=False)
        )
        async with httpx.AsyncClient(transport=transport) as http:
            deliveries = await self.sandbox.deliver_webhooks(http, sleep=skip)
        return [delivery.status for delivery in deliveries]
