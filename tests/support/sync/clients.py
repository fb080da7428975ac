"""Clients for a sandbox or for scripted responses."""

from contextlib import asynccontextmanager

import httpx

from financial_connections import AsyncClient
from financial_connections.sandbox.http.app import application
from tests.support.samples import ACCOUNT


@asynccontextmanager
async def client_of(sandbox, requests=None, before=None, **settings):
    """Yield a client for a sandbox.

    Args:
        sandbox: The sandbox.
        requests: Receives the query parameters of each request.
        before: Called before each request.
        settings: Settings of the client.
    """

    async def note(request):
        if requests is not None:
            requests.append(dict(request.url.params))
        if before is not None:
            await before(request)

    async with (
        httpx.AsyncClient(
            transport=httpx.ASGITransport(application(sandbox)),
            event_hooks={"request": [note]},
        ) as http,
        AsyncClient(
            sandbox.api_key, base_url="http://127.0.0.1", http_client=http, **settings
        ) as client,
    ):
        yield client


async def batches_of(client, account, cursor=None, **settings):
    async with client.transactions.sync(account, cursor=cursor, **settings) as changes:
        return [batch async for batch in changes]


def transport_of(*pages, refresh=None):
    remaining = [
        page if isinstance(page, httpx.Response) else httpx.Response(200, json=page)
        for page in pages
    ]

    def respond(request):
        if "account" in request.url.params:
            return remaining.pop(0)
        return httpx.Response(200, json=ACCOUNT | {"transaction_refresh": refresh})

    return httpx.MockTransport(respond)


@asynccontextmanager
async def changes_of(*pages, refresh=None, cursor=None):
    async with (
        httpx.AsyncClient(transport=transport_of(*pages, refresh=refresh)) as http,
        AsyncClient("sk_test_1", http_client=http) as client,
        client.transactions.sync("fca_1", cursor=cursor) as changes,
    ):
        yield changes


SUCCEEDED = {"id": "fctxnref_1", "status": "succeeded"}


def account_in(request):
    return request.url.params.get("account") or request.url.path.rpartition("/")[2]
