"""The SDK of this repository, on either transport."""

from collections.abc import AsyncIterator
from typing import Any

from benchmarks.contenders import KEY, TIMEOUT
from financial_connections import AsyncClient

# The way from bytes to models that every answer takes; it has no public name of its
# own.
from financial_connections._decoding.decode import decode
from financial_connections._generated.models import TransactionList


class Client:
    """Either transport."""

    def __init__(self, url: str, connections: int, transport: Any) -> None:
        self._client = AsyncClient(
            KEY,
            base_url=url,
            max_connections=connections,
            timeout=TIMEOUT,
            transport=transport,
        )

    async def retrieve(self, account: str) -> Any:
        """Return one account."""
        return await self._client.accounts.retrieve(account)

    def items(self, account: str) -> AsyncIterator[Any]:
        """Return all transactions of an account."""
        return aiter(self._client.transactions.list(account=account))

    def prefetched(self, account: str) -> Any:
        """Return a context in which the next page is fetched while one is worked on."""
        return self._client.transactions.list(account=account).prefetch()

    def decode(self, page: bytes) -> list[Any]:
        """Return the page's models, which keep their bytes."""
        return list(decode(TransactionList, page, None).data or ())

    def id_of(self, thing: Any) -> str:
        """Return an object's id."""
        return str(thing.id)

    def amount_of(self, item: Any) -> int:
        """Return what moved."""
        return int(item.amount)

    async def aclose(self) -> None:
        """Close the connections."""
        await self._client.aclose()
