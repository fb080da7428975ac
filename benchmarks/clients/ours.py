"""This SDK, on either transport, with or without prefetch."""
# ruff: noqa: D102, PLC0415 - see the class Client; and nothing is imported too early

from collections.abc import AsyncIterator
from typing import Any

from benchmarks.clients import KEY, TIMEOUT, Client
from financial_connections import AsyncClient


class OurClient(Client):
    """This SDK."""

    def __init__(self, client: AsyncClient, *, prefetch: bool) -> None:
        self._client = client
        self._prefetch = prefetch

    async def load_certificates(self) -> None:
        # Not public: the SDK loads certificates only for https.
        from financial_connections._transport.startup import Startup

        await Startup().run(tls=True)

    async def retrieve(self, account: str) -> Any:
        return await self._client.accounts.retrieve(account)

    def items(self, account: str) -> AsyncIterator[Any]:
        pager = self._client.transactions.list(account=account)
        return self._prefetched(pager) if self._prefetch else aiter(pager)

    async def _prefetched(self, pager: Any) -> AsyncIterator[Any]:
        async with pager.prefetch() as items:
            async for item in items:
                yield item

    def decode(self, page: bytes) -> list[Any]:
        # Not public: every response goes through this function.
        from financial_connections._decoding.decode import decode
        from financial_connections._generated.models import TransactionList

        return list(decode(TransactionList, page, None).data or ())

    async def aclose(self) -> None:
        await self._client.aclose()


def open_client(name: str, url: str) -> Client:
    """Open the client on the transport in its name, with up to 100 connections."""
    transport: Any = "aiohttp" if "aiohttp" in name else "httpx"
    client = AsyncClient(KEY, base_url=url, timeout=TIMEOUT, transport=transport)
    return OurClient(client, prefetch="prefetch" in name)
