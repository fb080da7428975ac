"""`httpx.AsyncClient` and `json.loads`, as used by programs without an SDK."""
# ruff: noqa: D102 - the methods are documented in Client

import json
from collections.abc import AsyncIterator
from typing import Any

import httpx

from benchmarks.clients import KEY, TIMEOUT, Client


class RawClient(Client):
    """A client that returns dictionaries and keeps up to 100 connections."""

    def __init__(self, url: str) -> None:
        self._http = httpx.AsyncClient(
            base_url=f"{url}/v1/financial_connections",
            headers={"Authorization": f"Bearer {KEY}", "Stripe-Version": "2023-10-16"},
            limits=httpx.Limits(max_connections=100, max_keepalive_connections=100),
            timeout=TIMEOUT,
        )

    async def _get(self, path: str, **params: str) -> Any:
        response = await self._http.get(path, params=params)
        response.raise_for_status()
        return json.loads(response.content)

    async def retrieve(self, account: str) -> Any:
        return await self._get(f"/accounts/{account}")

    async def items(self, account: str) -> AsyncIterator[Any]:
        params = {"account": account, "limit": "100"}
        has_more = True
        while has_more:
            page = await self._get("/transactions", **params)
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

    async def aclose(self) -> None:
        await self._http.aclose()


def open_client(_: str, url: str) -> Client:
    """Open the client."""
    return RawClient(url)
