"""What openapi-python-client makes of the contract with its own templates, in a folder
that `python -m` names.
"""

import json
import os
import sys
from collections.abc import AsyncIterator
from importlib import import_module
from typing import Any

import httpx

from benchmarks.contenders import KEY, TIMEOUT
from benchmarks.stock_package import FOLDER, NAME

sys.path.insert(0, os.environ[FOLDER])
_client = import_module(f"{NAME}.client")
_accounts = import_module(f"{NAME}.api.accounts.retrieve_account")
_transactions = import_module(f"{NAME}.api.transactions.list_transactions")
_models = import_module(f"{NAME}.models")


class Client:
    """As many connections as there may be, all of them kept."""

    def __init__(self, url: str, connections: int, transport: str) -> None:
        del transport
        limits = httpx.Limits(
            max_connections=connections, max_keepalive_connections=connections
        )
        self._client = _client.AuthenticatedClient(
            base_url=url,
            token=KEY,
            timeout=httpx.Timeout(TIMEOUT),
            httpx_args={"limits": limits},
        )

    async def retrieve(self, account: str) -> Any:
        """Return one account."""
        return await _accounts.asyncio(account, client=self._client)

    async def items(self, account: str) -> AsyncIterator[Any]:
        """Return all transactions of an account: the loop is ours, the generator writes
        none.
        """
        cursor: dict[str, str] = {}
        while True:
            page = await _transactions.asyncio(
                client=self._client, account=account, limit=100, **cursor
            )
            for item in page.data:
                yield item
            if not page.has_more:
                return
            cursor = {"starting_after": page.data[-1].id}

    def decode(self, page: bytes) -> list[Any]:
        """Return the page's models."""
        return list(_models.TransactionList.from_dict(json.loads(page)).data)

    def id_of(self, thing: Any) -> str:
        """Return an object's id."""
        return str(thing.id)

    def amount_of(self, item: Any) -> int:
        """Return what moved."""
        return int(item.amount)

    async def aclose(self) -> None:
        """Close the connections."""
        await self._client.get_async_httpx_client().aclose()
