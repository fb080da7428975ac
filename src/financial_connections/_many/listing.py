"""List the items of many accounts."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from typing import TYPE_CHECKING, TypeVar

from financial_connections._concurrency import BackgroundTasks, Send, fan_out
from financial_connections._many.results import ManyBlock, check_concurrency
from financial_connections.errors import FinancialConnectionsError
from financial_connections.pagination.iterators import Items

if TYPE_CHECKING:
    from contextlib import AsyncExitStack

    from financial_connections._many.accounts import AccountRef, AccountSource
    from financial_connections.pagination import Page, Pager

T = TypeVar("T")


class ListMany(ManyBlock[AsyncIterator[T]]):
    """A list of the items of many accounts that has not started yet.

    Enter it with `async with` to get an iterator over the items. Returned by
    `client.transactions.list_many`.

    Args:
        list_one: Returns the list of an account.
        accounts: The accounts.
        concurrency: Number of accounts to read at once.
    """

    _method = "transactions.list_many"

    def __init__(
        self,
        list_one: Callable[[AccountRef], Pager[T]],
        accounts: AccountSource,
        concurrency: int,
    ) -> None:
        check_concurrency(concurrency)
        self._list_one = list_one
        self._accounts = accounts
        self._concurrency = concurrency

    def _start(self, tasks: BackgroundTasks, exits: AsyncExitStack) -> AsyncIterator[T]:
        source = self._accounts.open()
        pages = fan_out(tasks, source, self._read, self._concurrency, "list")
        exits.callback(pages.close)
        return Items(pages, newest_first=True)

    async def _read(self, account: AccountRef, send: Send[Page[T]]) -> None:
        try:
            async for page in self._list_one(account).pages():
                await send(page)
        except FinancialConnectionsError as error:
            error.add_note(f"account {account}")
            raise
