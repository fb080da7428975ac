"""`httpx.AsyncClient` and `json.loads`: what a program has that uses no SDK."""

import json
from collections.abc import AsyncIterator
from typing import Any

import httpx

from benchmarks.contenders import KEY, TIMEOUT

_ROOT = "/v1/financial_connections"


class Client:
    """As many connections as there may be, all of them kept."""

    def __init__(self, url: str, connections: int, transport: str) -> None:
        del transport
        self._http = httpx.AsyncClient(
            base_url=url,
            headers={"Authorization": f"Bearer {KEY}", "Stripe-Version": "2023-10-16"},
            limits=httpx.Limits(
                max_connections=connections, max_keepalive_connections=connections
            ),
            timeout=TIMEOUT,
        )

    async def got(self, path: str, **params: str) -> bytes:
        """Return the body of an answer."""
        response = await self._http.get(_ROOT + path, params=params)
        response.raise_for_status()
        return response.content

    async def retrieve(self, account: str) -> Any:
        """Return one account."""
        return json.loads(await self.got(f"/accounts/{account}"))

    async def items(self, account: str) -> AsyncIterator[Any]:
        """Return all transactions of an account."""
        cursor: dict[str, str] = {}
        while True:
            page = json.loads(
                await self.got("/transactions", account=account, limit="100", **cursor)
            )
            for item in page["data"]:
                yield item
            if not page["has_more"]:
                return
            cursor = {"starting_after": page["data"][-1]["id"]}

    def decode(self, page: bytes) -> list[Any]:
        """Return the page's dicts."""
        return list(json.loads(page)["data"])

    def id_of(self, thing: Any) -> str:
        """Return an object's id."""
        return str(thing["id"])

    def amount_of(self, item: Any) -> int:
        """Return what moved."""
        return int(item["amount"])

    async def aclose(self) -> None:
        """Close the connections."""
        await self._http.aclose()
