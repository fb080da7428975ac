"""Helpers for tests of refreshes, against the sandbox and without delays."""

from contextlib import asynccontextmanager, contextmanager

import anyio
import httpx
import pytest

from financial_connections import AsyncClient
from financial_connections.sandbox import Rules, Sandbox
from financial_connections.sandbox.http.app import application


async def sleep_until_cancelled(seconds):
    await anyio.sleep_forever()


@contextmanager
def sleeping_with(sleep):
    """Replace `anyio.sleep`, which provides the delays between polls and retries."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(anyio, "sleep", sleep)
        yield


class RefreshWorld:
    """A sandbox, and clients for which time passes only while they sleep.

    Replace `sleep` to make something else happen during the delays.
    """

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
            with sleeping_with(self.sleep):
                yield client

    async def sleep(self, seconds):
        assert seconds > 0
        self.slept.append(seconds)
        await anyio.lowlevel.checkpoint()
        self.sandbox.advance(seconds)

    def clock(self):
        return self.sandbox.clock.now()


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
