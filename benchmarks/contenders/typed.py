"""`httpx.AsyncClient` and msgspec structs: typed and fast, and every unknown field is
lost.
"""

from collections.abc import AsyncIterator
from typing import Any

import msgspec

from benchmarks.contenders import raw


class _Transitions(msgspec.Struct):
    posted_at: int | None = None
    void_at: int | None = None


class _Transaction(msgspec.Struct):
    id: str
    object: str
    account: str
    amount: int
    currency: str
    description: str
    livemode: bool
    status: str
    status_transitions: _Transitions
    transacted_at: int
    transaction_refresh: str
    updated: int


class _Page(msgspec.Struct):
    data: list[_Transaction]
    has_more: bool
    url: str


class _Refresh(msgspec.Struct):
    status: str
    last_attempted_at: int
    next_refresh_available_at: int | None = None
    id: str | None = None


class _Cash(msgspec.Struct):
    available: dict[str, int] | None = None


class _Balance(msgspec.Struct):
    as_of: int
    current: dict[str, int]
    type: str
    cash: _Cash | None = None


class _Account(msgspec.Struct):
    id: str
    account_holder: dict[str, str]
    balance: _Balance | None
    balance_refresh: _Refresh | None
    category: str
    created: int
    display_name: str | None
    institution_name: str
    last4: str | None
    livemode: bool
    permissions: list[str]
    status: str
    subcategory: str
    subscriptions: list[str]
    supported_payment_method_types: list[str]
    transaction_refresh: _Refresh | None


_decode_account = msgspec.json.Decoder(_Account).decode
_decode_page = msgspec.json.Decoder(_Page).decode


class Client(raw.Client):
    """The same client, with decoders that know what comes."""

    async def retrieve(self, account: str) -> Any:
        """Return one account."""
        return _decode_account(await self.got(f"/accounts/{account}"))

    async def items(self, account: str) -> AsyncIterator[Any]:
        """Return all transactions of an account."""
        cursor: dict[str, str] = {}
        while True:
            page = _decode_page(
                await self.got("/transactions", account=account, limit="100", **cursor)
            )
            for item in page.data:
                yield item
            if not page.has_more:
                return
            cursor = {"starting_after": page.data[-1].id}

    def decode(self, page: bytes) -> list[Any]:
        """Return the page's structs."""
        return _decode_page(page).data

    def id_of(self, thing: Any) -> str:
        """Return an object's id."""
        return str(thing.id)

    def amount_of(self, item: Any) -> int:
        """Return what moved."""
        return int(item.amount)
