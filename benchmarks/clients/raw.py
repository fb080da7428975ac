"""Base class of clients without an SDK."""
# ruff: noqa: D102 - the methods are documented in Client

import json
from collections.abc import AsyncIterator
from typing import Any

from benchmarks.clients import KEY, Client

HEADERS = {"Authorization": f"Bearer {KEY}", "Stripe-Version": "2023-10-16"}
PATH = "/v1/financial_connections"


class RawClient(Client):
    """A client that returns dictionaries. Subclasses add `_get`."""

    async def _get(self, path: str, params: dict[str, str]) -> Any:
        raise NotImplementedError

    async def retrieve(self, account: str) -> Any:
        return await self._get(f"/accounts/{account}", {})

    async def items(self, account: str) -> AsyncIterator[Any]:
        params = {"account": account, "limit": "100"}
        has_more = True
        while has_more:
            page = await self._get("/transactions", params)
            for item in page["data"]:
                yield item
            has_more = page["has_more"]
            params["starting_after"] = page["data"][-1]["id"]

    def decode(self, page: bytes) -> list[Any]:
        return list(json.loads(page)["data"])

    def id_of(self, item: Any) -> str:
        return str(item["id"])

    def amount_of(self, item: Any) -> int:
        return int(item["amount"])
