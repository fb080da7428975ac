"""httpx, and msgspec that decodes into attrs classes.

It needs the packages that this SDK needs, and does nothing else with them: it keeps no
bytes, accepts no values that differ from the classes, and has no policy.
"""
# ruff: noqa: D102 - the methods are documented in Client

from collections.abc import AsyncIterator
from typing import Any

import msgspec
from attrs import define

from benchmarks.clients import Client
from benchmarks.clients.httpx_json import HttpxClient


@define
class _Account:
    id: str


@define
class _StatusTransitions:
    posted_at: int | None
    void_at: int | None


@define
class _Transaction:
    id: str
    object: str
    account: str
    amount: int
    currency: str
    description: str
    livemode: bool
    status: str
    status_transitions: _StatusTransitions
    transacted_at: int
    transaction_refresh: str
    updated: int


@define
class _Page:
    data: list[_Transaction]
    has_more: bool


class MsgspecClient(HttpxClient):
    """A client that returns objects."""

    async def retrieve(self, account: str) -> Any:
        body = await self._read(f"/accounts/{account}", {})
        return msgspec.json.decode(body, type=_Account)

    async def items(self, account: str) -> AsyncIterator[Any]:
        params = {"account": account, "limit": "100"}
        has_more = True
        while has_more:
            body = await self._read("/transactions", params)
            page = msgspec.json.decode(body, type=_Page)
            for item in page.data:
                yield item
            has_more = page.has_more
            params["starting_after"] = page.data[-1].id

    def decode(self, page: bytes) -> list[Any]:
        return msgspec.json.decode(page, type=_Page).data

    def id_of(self, item: Any) -> str:
        return str(item.id)

    def amount_of(self, item: Any) -> int:
        return int(item.amount)


def open_client(_: str, url: str) -> Client:
    """Open the client."""
    return MsgspecClient(url)
