"""Accounts given as a list or as an async iterable."""

from __future__ import annotations

import inspect
import logging
from collections.abc import AsyncIterable, AsyncIterator, Callable, Iterable
from typing import TYPE_CHECKING, Any, TypeAlias

import anyio
from attrs import evolve, field, frozen

from financial_connections._request import RequestOptions
from financial_connections.errors import InvalidArgumentError
from financial_connections.models import Account

if TYPE_CHECKING:
    from financial_connections._concurrency import Source

_log = logging.getLogger("financial_connections")

AccountInput: TypeAlias = str | Account | tuple[str | None, str | Account]
"""An account or its ID, optionally in a pair after the ID of a connected account."""

Age = Callable[[Account], int]
"""Returns the time of an account's latest data, in seconds since the epoch."""


@frozen
class AccountRef:
    """An account to work on, and the connected account that it belongs to."""

    id: str
    stripe_account: str | None = None
    snapshot: Account | None = field(default=None, repr=False)
    """The account, if it was given instead of its ID."""

    def options(self, options: RequestOptions | None) -> RequestOptions | None:
        """Return the options for requests about this account."""
        if self.stripe_account is None:
            return options
        return evolve(options or RequestOptions(), stripe_account=self.stripe_account)

    def __str__(self) -> str:
        return f"{self.id} of {self.stripe_account}" if self.stripe_account else self.id


class AccountSource:
    """The accounts passed to a method that works on many.

    A list is copied and checked, and duplicates are removed. An async iterable is read,
    and its items are checked, only when they are needed.

    Args:
        accounts: The accounts.
        age: If given, the accounts with the oldest data come first.

    Raises:
        InvalidArgumentError: There is something other than an account, or `accounts` is
            a generator that has already ended.
    """

    def __init__(
        self,
        accounts: Iterable[AccountInput] | AsyncIterable[AccountInput],
        age: Age | None = None,
    ) -> None:
        self._stream: AsyncIterable[AccountInput] | None = None
        self._age = age
        self._known: list[AccountRef] = []
        _require_unused(accounts)
        if isinstance(accounts, AsyncIterable):
            self._stream = accounts
        elif isinstance(accounts, str | Account) or not isinstance(accounts, Iterable):
            raise InvalidArgumentError(
                'accounts must be a list or an async iterable: ["fca_…"]'
            )
        else:
            self._known = _unique(map(account_ref, accounts))
            if age is not None:
                self._known = _sort([_with_age(ref, age) for ref in self._known])

    @property
    def count(self) -> int | None:
        """Number of accounts; None for an async iterable."""
        return None if self._stream is not None else len(self._known)

    def open(self) -> Source[AccountRef]:
        """Return an iterator that starts from the beginning."""
        if self._stream is None:
            return _Listed(self._known)
        _require_unused(self._stream)
        return _Streamed(aiter(self._stream), self._age)


class _Listed(AsyncIterator[AccountRef]):
    def __init__(self, accounts: list[AccountRef]) -> None:
        self._accounts = iter(accounts)

    async def __anext__(self) -> AccountRef:
        for account in self._accounts:
            return account
        raise StopAsyncIteration

    async def aclose(self) -> None:
        pass


class _Streamed(AsyncIterator[AccountRef]):
    def __init__(self, items: AsyncIterator[AccountInput], age: Age | None) -> None:
        self._items = items
        self._age = age
        self._sorted: _Listed | None = None

    async def __anext__(self) -> AccountRef:
        if self._age is None:
            return account_ref(await anext(self._items))
        if self._sorted is None:
            self._sorted = _Listed(await self._collect(self._age))
        return await anext(self._sorted)

    async def aclose(self) -> None:
        """Close the user's iterator, if it can be closed."""
        close = getattr(self._items, "aclose", None)
        if close is not None:
            # The end of the block cancels this task, but an async generator must be
            # able to release what it holds.
            with anyio.CancelScope(shield=True):
                try:
                    await close()
                except Exception:  # noqa: BLE001 - the block has ended already
                    _log.exception("closing the async iterable of accounts failed")

    async def _collect(self, age: Age) -> list[AccountRef]:
        aged: list[tuple[int, AccountRef]] = []
        while True:
            try:
                item = await anext(self._items)
            except StopAsyncIteration:
                return _unique(_sort(aged))
            aged.append(_with_age(account_ref(item), age))


def account_ref(value: Any) -> AccountRef:
    """Return a reference to an account that a user has given.

    Raises:
        InvalidArgumentError: It is not an account, an ID or a pair.
    """
    if not isinstance(value, tuple):
        snapshot = value if isinstance(value, Account) else None
        return AccountRef(account_id(value), None, snapshot)
    match value:
        case (None, str() | Account() as account):
            return account_ref(account)
        case (str(merchant), str() | Account() as account) if merchant[:5] == "acct_":
            options = RequestOptions(stripe_account=merchant)  # checks the ID
            return evolve(account_ref(account), stripe_account=options.stripe_account)
        case _:
            raise InvalidArgumentError(
                "a pair must be a connected account and an account: "
                '("acct_…", "fca_…") or (None, "fca_…")'
            )


def account_id(account: Any) -> str:
    """Return the ID of an account, given the account or the ID itself."""
    key = account.id if isinstance(account, Account) else account
    if not isinstance(key, str) or not key.strip():
        raise InvalidArgumentError(
            "account must be an account or its ID, such as fca_…"
        )
    return key


def _require_unused(accounts: object) -> None:
    """Raise an error for a generator that has ended, because it would seem empty."""
    if (inspect.isasyncgen(accounts) and accounts.ag_frame is None) or (
        inspect.isgenerator(accounts) and accounts.gi_frame is None
    ):
        raise InvalidArgumentError(
            "accounts is a generator that has already ended: call its function again"
        )


def _unique(accounts: Iterable[AccountRef]) -> list[AccountRef]:
    first: dict[str, AccountRef] = {}
    for account in accounts:
        first.setdefault(account.id, account)
    return list(first.values())


def _with_age(account: AccountRef, age: Age) -> tuple[int, AccountRef]:
    """Return an account without its snapshot, which takes the most memory."""
    if account.snapshot is None:
        raise InvalidArgumentError(
            "oldest_first needs accounts, such as those of client.accounts.list(), "
            "because an ID does not contain the age of the data"
        )
    return age(account.snapshot), evolve(account, snapshot=None)


def _sort(aged: list[tuple[int, AccountRef]]) -> list[AccountRef]:
    return [account for _, account in sorted(aged, key=lambda pair: pair[0])]
