"""The `stripe` package, used through its public async methods."""
# ruff: noqa: D102 - the methods are documented in Client

import os
from collections.abc import AsyncIterator
from typing import Any

import stripe

from benchmarks.clients import KEY, TIMEOUT, Client


class OfficialClient(Client):
    """The official SDK, using one of its HTTP libraries."""

    def __init__(self, url: str, http_client: Any) -> None:
        self._http = http_client
        self._client = stripe.StripeClient(
            KEY, base_addresses={"api": url}, http_client=http_client
        )
        self._api = self._client.v1.financial_connections

    async def retrieve(self, account: str) -> Any:
        return await self._api.accounts.retrieve_async(account)

    async def items(self, account: str) -> AsyncIterator[Any]:
        page = await self._api.transactions.list_async(
            {"account": account, "limit": 100}
        )
        async for item in page.auto_paging_iter():
            yield item

    def decode(self, page: bytes) -> list[Any]:
        response = stripe.StripeResponse(page.decode(), 200, {})
        result: Any = self._client.deserialize(response, api_mode="V1")
        return list(result.data)

    async def aclose(self) -> None:
        await self._http.close_async()


def open_client(name: str, url: str) -> Client:
    """Open the client using the HTTP library it is named after."""
    # Unlike the other libraries, it does not use the variable itself.
    stripe.ca_bundle_path = os.environ["SSL_CERT_FILE"]
    is_aiohttp = name.endswith("aiohttp")
    library = stripe.AIOHTTPClient if is_aiohttp else stripe.HTTPXClient
    return OfficialClient(url, library(timeout=TIMEOUT))
