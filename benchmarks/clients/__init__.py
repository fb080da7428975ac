"""The clients that are compared.

Each module imports only what a program that uses the client would import.
"""

from importlib import import_module
from typing import Any

KEY = "sk_test_benchmark"
TIMEOUT = 80.0
"""Timeout of every client in seconds, which is the official SDK's default."""

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
    """A client whose objects have attributes.

    Subclasses add `retrieve(account)`, `items(account)`, which lists all transactions
    with 100 on each page, `decode(page)` and `aclose()`.
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
    """Import the libraries of the client with this name, and open it."""
    module = import_module(f"{__name__}.{_MODULES[name.partition('-')[0]]}")
    return module.open_client(name, url)
