"""Clients of each kind, for tests over real sockets."""

import httpx
import httpx2
import pytest

from financial_connections import AsyncClient
from tests.support.servers import GENEROUS

KEY = "sk_test_51H8supersecret"


@pytest.fixture(params=["own pool", "aiohttp", "httpx", "httpx2"])
async def connect(request, anyio_backend):
    """Yield a factory of clients over our own pool, aiohttp or an injected client."""
    library = {"httpx": httpx, "httpx2": httpx2}.get(request.param)
    if library is None:
        is_aiohttp = (request.param, anyio_backend) == ("aiohttp", "asyncio")
        transport = "aiohttp" if is_aiohttp else "httpx"
        yield lambda url, **settings: AsyncClient(
            KEY, base_url=url, transport=transport, **{"timeout": GENEROUS} | settings
        )
        return
    async with library.AsyncClient() as http_client:
        yield lambda url, **settings: AsyncClient(
            KEY,
            base_url=url,
            http_client=http_client,
            **{"timeout": GENEROUS} | settings,
        )
