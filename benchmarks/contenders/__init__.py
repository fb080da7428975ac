"""The contenders: one module each, which imports nothing but what a program that uses
it would import.

The order is that of tables and charts.
"""

from collections.abc import AsyncIterator, Sequence
from importlib import import_module
from typing import Any, NamedTuple, Protocol

KEY = "sk_test_benchmark"
TIMEOUT = 80.0
"""Seconds: the official SDK's own default, given to everybody."""


class Contender(Protocol):
    """A client, as each workload uses it."""

    async def retrieve(self, account: str) -> Any:
        """Return one account."""
        ...

    def items(self, account: str) -> AsyncIterator[Any]:
        """Return all transactions of an account, asked for 100 at a time."""
        ...

    def decode(self, page: bytes) -> Sequence[Any]:
        """Return the objects that a page of transactions spells."""
        ...

    def id_of(self, thing: Any) -> str:
        """Return an object's id."""
        ...

    def amount_of(self, item: Any) -> int:
        """Return what moved."""
        ...

    async def aclose(self) -> None:
        """Close the connections."""
        ...


class Entry(NamedTuple):
    """Who competes, and how to get it."""

    title: str
    module: str
    transport: str = "httpx"


OFFICIAL, OFFICIAL_AIOHTTP = "stripe", "stripe-aiohttp"
RAW, MSGSPEC, STOCK = "httpx-json", "httpx-msgspec", "generator-stock"
OURS, OURS_AIOHTTP = "ours", "ours-aiohttp"

ENTRIES = {
    OFFICIAL: Entry("official SDK on httpx", "official"),
    OFFICIAL_AIOHTTP: Entry("official SDK on aiohttp", "official", "aiohttp"),
    RAW: Entry("httpx + json.loads", "raw"),
    MSGSPEC: Entry("httpx + msgspec structs", "typed"),
    STOCK: Entry("generator's stock output", "stock"),
    OURS: Entry("this SDK", "ours"),
    OURS_AIOHTTP: Entry("this SDK on aiohttp", "ours", "aiohttp"),
}


def opened(name: str, url: str, connections: int) -> Contender:
    """Return a client of that name; its libraries are imported now."""
    entry = ENTRIES[name]
    client: Contender = import_module(f"benchmarks.contenders.{entry.module}").Client(
        url, connections, entry.transport
    )
    return client
