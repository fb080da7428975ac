"""The official `stripe` package, through its public async methods."""

from collections.abc import AsyncIterator
from typing import Any

import stripe

from benchmarks.contenders import KEY, TIMEOUT


class Client:
    """With the HTTP library named; the number of its connections is its own affair."""

    def __init__(self, url: str, connections: int, transport: str) -> None:
        del connections
        library = stripe.AIOHTTPClient if transport == "aiohttp" else stripe.HTTPXClient
        self._http: Any = library(timeout=TIMEOUT)
        self._client = stripe.StripeClient(
            KEY, base_addresses={"api": url}, http_client=self._http
        )
        self._api = self._client.v1.financial_connections

    async def retrieve(self, account: str) -> Any:
        """Return one account."""
        return await self._api.accounts.retrieve_async(account)

    async def items(self, account: str) -> AsyncIterator[Any]:
        """Return all transactions of an account."""
        first = await self._api.transactions.list_async(
            {"account": account, "limit": 100}
        )
        async for item in first.auto_paging_iter():
            yield item

    def decode(self, page: bytes) -> list[Any]:
        """Return what a response becomes: `deserialize` is what the package offers for
        that.
        """
        response = stripe.StripeResponse(page.decode(), 200, {})
        found: Any = self._client.deserialize(response, api_mode="V1")
        return list(found.data)

    def id_of(self, thing: Any) -> str:
        """Return an object's id."""
        return str(thing.id)

    def amount_of(self, item: Any) -> int:
        """Return what moved."""
        return int(item.amount)

    async def aclose(self) -> None:
        """Close the connections."""
        await self._http.close_async()
