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
    "httpx-msgspec": "httpx, attrs and msgspec",
    "aiohttp-json": "aiohttp and json.loads",
    "ours": "this SDK",
    "ours-aiohttp": "this SDK on aiohttp",
    "ours-prefetch": "this SDK with prefetch",
    "python": "`python -c pass`",
    "fincon-version": "`fincon --version`",
    "fincon-help": "`fincon --help`",
}
_MODULES = {
    "httpx-json": "httpx_json",
    "httpx-msgspec": "httpx_msgspec",
    "aiohttp-json": "aiohttp_json",
}


class Client:
    """A client that returns objects with attributes.

    Subclasses add `retrieve(account)`, `items(account)`, `decode(page)` and `aclose()`.
    `items` iterates over all of an account's transactions, 100 per page.
    """

    def id_of(self, item: Any) -> str:
        """Return an object's ID."""
        return str(item.id)

    def amount_of(self, item: Any) -> int:
        """Return a transaction's amount."""
        return int(item.amount)


def open_client(name: str, url: str) -> Any:
    """Import a client's libraries and open the client."""
    default = "official" if name.startswith(OFFICIAL) else "ours"
    module = import_module(f"{__name__}.{_MODULES.get(name, default)}")
    return module.open_client(name, url)
