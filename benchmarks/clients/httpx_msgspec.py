"""httpx, and msgspec that decodes into an attrs class.

It needs the packages that this SDK needs, and does nothing else with them.
"""
# ruff: noqa: D102 - the methods are documented in Client

import msgspec
from attrs import frozen

from benchmarks.clients import Client
from benchmarks.clients.httpx_json import HttpxClient


@frozen
class _Account:
    id: str


class MsgspecClient(HttpxClient):
    """A client that returns accounts with only an ID."""

    async def retrieve(self, account: str) -> _Account:
        body = await self._read(f"/accounts/{account}", {})
        return msgspec.json.decode(body, type=_Account)

    def id_of(self, item: _Account) -> str:
        return item.id


def open_client(_: str, url: str) -> Client:
    """Open the client."""
    return MsgspecClient(url)
