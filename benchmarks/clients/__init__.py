"""The clients being compared.

Each module imports only what a program using that client would import.
"""

from importlib import import_module
from typing import Any

KEY = "sk_test_benchmark"
TIMEOUT = 80.0
"""Timeout of every client, in seconds: the official SDK's default."""

OFFICIAL = "stripe"
TITLES = {
    OFFICIAL: "official SDK on httpx",
    "stripe-aiohttp": "official SDK on aiohttp",
    "httpx-json": "httpx and json.loads",
    "ours": "this SDK",
    "ours-aiohttp": "this SDK on aiohttp",
    "ours-prefetch": "this SDK with prefetch",
    "ours-aiohttp-prefetch": "this SDK on aiohttp with prefetch",
}
_MODULES = {"stripe": "official", "httpx": "raw", "ours": "ours"}


class Client:
    """A client that returns objects with attributes.

    Subclasses add `retrieve(account)`, `items(account)`, `decode(page)` and `aclose()`.
    `items` iterates over all of an account's transactions, 100 per page.
    """

    async def load_certificates(self) -> None:
        """Load the certificates for https, if the client has not done so already."""

    def id_of(self, item: Any) -> str:
        """Return an object's ID."""
        return str(item.id)

    def amount_of(self, item: Any) -> int:
        """Return a transaction's amount."""
        return int(item.amount)


def open_client(name: str, url: str) -> Any:
    """Import a client's libraries and open the client."""
    module = import_module(f"{__name__}.{_MODULES[name.partition('-')[0]]}")
    return module.open_client(name, url)
