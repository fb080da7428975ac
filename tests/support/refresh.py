"""Helpers for tests of refreshes, against the sandbox and without delays."""

from contextlib import asynccontextmanager

import anyio
import httpx

from financial_connections import (
    AsyncClient,
)
from financial_connections.sandbox import Rules, Sandbox
from financial_connections.sandbox.http.app import application


class RefreshWorld:
    """A sandbox, a client for it, and a clock that advances when a test sleeps."""

    def __init__(self, **rules):
        self.sandbox = Sandbox(rules=Rules(**{"refresh_polls": None, **rules}))
        self.requests = []
        self.slept = []
        self.before_request = None

    @asynccontextmanager
    async def client(self, **settings):
        async def note(request):
            path = request.url.path.rpartition("accounts/")[2].partition("/")[2]
            self.requests.append(f"{request.method} {path}".strip())
            if self.before_request:
                await self.before_request(request)

        async with (
            httpx.AsyncClient(
                transport=httpx.ASGITransport(application(self.sandbox)),
                event_hooks={"request": [note]},
            ) as http,
            AsyncClient(
                self.sandbox.api_key,
                base_url="http://127.0.0.1",
                http_client=http,
                **settings,
            ) as client,
        ):
            yield client

    async def sleep(self, seconds):
        assert seconds > 0
        self.slept.append(seconds)
        await anyio.lowlevel.checkpoint()
        self.sandbox.advance(seconds)

    @property
    def time(self):
        return {"clock": self.sandbox.clock.now, "sleep": self.sleep}


async def post_refresh(sandbox, account):
    headers = {"Authorization": f"Bearer {sandbox.api_key}"}
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(application(sandbox)), base_url="http://sandbox"
    ) as client:
        url = f"/v1/financial_connections/accounts/{account}/refresh"
        response = await client.post(
            url, data={"features[0]": "balance"}, headers=headers
        )
        assert 200 == response.status_code
