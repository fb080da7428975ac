"""This SDK, on either transport, with or without prefetch."""
# ruff: noqa: D102, PLC0415 - documented in Client; early imports would distort start-up

from collections.abc import AsyncIterator
from typing import Any

from benchmarks.clients import KEY, TIMEOUT, Client
from financial_connections import AsyncClient


class OurClient(Client):
    """This SDK."""

    def __init__(self, name: str, url: str, **settings: Any) -> None:
        # Like the other clients, this one has up to 100 connections, the default.
        self._client = AsyncClient(
            KEY,
            base_url=url,
            timeout=TIMEOUT,
            transport="aiohttp" if "aiohttp" in name else "httpx",
            **settings,
        )
        self._name = name

    def without_limits(self, url: str) -> Client:
        return OurClient(self._name, url, rate_limit=None, retry_budget=None)

    async def retrieve(self, account: str) -> Any:
        return await self._client.accounts.retrieve(account)

    async def warm(self) -> None:
        await self._client.warm(connections=1)

    def items(self, account: str) -> AsyncIterator[Any]:
        pager = self._client.transactions.list(account=account)
        return (
            self._iterate_prefetched(pager)
            if "prefetch" in self._name
            else aiter(pager)
        )

    async def _iterate_prefetched(self, pager: Any) -> AsyncIterator[Any]:
        async with pager.prefetch() as items:
            async for item in items:
                yield item

    async def sync(self, account: str, *, concurrency: int) -> AsyncIterator[Any]:
        changes = self._client.transactions.sync(account, concurrency=concurrency)
        async for batch in changes:
            for item in batch.transactions:
                yield item

    def decode(self, page: bytes) -> list[Any]:
        # This private function decodes like a call, but without an event loop.
        from financial_connections._decoding.decode import decode
        from financial_connections._generated.models import TransactionList

        return list(decode(TransactionList, page, None).data)

    async def aclose(self) -> None:
        await self._client.aclose()


def open_client(name: str, url: str) -> Client:
    """Open the client using the transport it is named after."""
    return OurClient(name, url)
