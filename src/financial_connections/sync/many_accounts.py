"""Sync many accounts concurrently and return a single stream of batches."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterable, AsyncIterator, Mapping
from functools import partial
from typing import TYPE_CHECKING, Any, NoReturn

from attrs import evolve, frozen

from financial_connections._concurrency import (
    BackgroundTasks,
    Block,
    Producer,
    Send,
    fan_out,
)
from financial_connections.errors import (
    APIConnectionError,
    AuthenticationError,
    ConfigurationError,
    FinancialConnectionsError,
    InvalidArgumentError,
    PermissionDeniedError,
)
from financial_connections.sync.batch import Batch
from financial_connections.sync.one_account import Sync, account_id

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AsyncExitStack

_log = logging.getLogger("financial_connections")


@frozen(kw_only=True)
class Progress:
    """The progress of `sync_many`."""

    accounts: int
    """Number of accounts."""
    done: int = 0
    """Number of accounts that are up to date."""
    failed: int = 0
    """Number of accounts whose sync ended with an error."""
    batches: int = 0
    """Number of batches returned so far."""
    transactions: int = 0
    """Number of transactions returned so far."""


class ManyChanges(AsyncIterator[Batch]):
    """The batches of many accounts.

    The batches of one account arrive in order, interleaved with those of other
    accounts. Several tasks may iterate at once, but they must store the batches of each
    account in order.

    Args:
        sync: The sync to run.
        tasks: Background tasks that read the accounts.
    """

    def __init__(self, sync: SyncMany, tasks: BackgroundTasks) -> None:
        self._sync = sync
        self._errors: dict[str, FinancialConnectionsError] = {}
        self._are_errors_read = False
        self.progress = Progress(accounts=len(sync._cursors))
        """The progress so far."""
        concurrency = min(sync._concurrency, len(sync._cursors))
        self._batches = fan_out(tasks, self._producers(), concurrency, "sync")

    @property
    def errors(self) -> dict[str, FinancialConnectionsError]:
        """Errors by account ID, for the accounts whose sync failed.

        To retry, start from the cursor of the account's latest batch.
        """
        self._are_errors_read = True
        return self._errors

    def raise_for_errors(self) -> None:
        """Raise the errors of all accounts as a group.

        Raises:
            ExceptionGroup: At least one account could not be synced. Each error has a
                note that names its account.
        """
        if self.errors:
            raise ExceptionGroup(
                f"{len(self._errors)} of {self.progress.accounts} accounts could not "
                "be synced",
                list(self._errors.values()),
            )

    async def __anext__(self) -> Batch:
        batch = await anext(self._batches)
        self._count(batches=1, transactions=len(batch.transactions))
        return batch

    def _producers(self) -> Iterator[Producer[Batch]]:
        return (
            partial(self._run, account, cursor)
            for account, cursor in self._sync._cursors.items()
        )

    async def _run(self, account: str, cursor: str | None, send: Send[Batch]) -> None:
        try:
            async for batch in self._sync._sync_one(account, cursor):
                await send(batch)
                del batch  # free it before the next one is read
        except FinancialConnectionsError as error:
            if _affects_all_accounts(error):
                raise
            # The traceback would keep the batches in its frames alive.
            self._errors[account] = error.with_traceback(None)
            error.add_note(f"account {account}")
            _log.warning("the sync of %s failed: %s", account, type(error).__name__)
            self._count(failed=1)
        else:
            self._count(done=1)

    def _count(self, **increments: int) -> None:
        counts: dict[str, Any] = {
            name: getattr(self.progress, name) + number
            for name, number in increments.items()
        }
        self.progress = evolve(self.progress, **counts)
        if self._sync._on_progress is None:
            return
        try:
            self._sync._on_progress(self.progress)
        except Exception:  # noqa: BLE001 - a faulty callback must not end the sync
            _log.exception("on_progress raised an error; the sync continues")

    def _close(self, kind: type[BaseException] | None, *_: object) -> None:
        """End the iteration, and log a warning if the errors were never read."""
        self._batches.close()
        if kind is None and self._errors and not self._are_errors_read:
            _log.warning(
                "%d of %d accounts could not be synced: "
                "read `errors`, or call `raise_for_errors()`",
                len(self._errors),
                self.progress.accounts,
            )


class SyncMany(Block[ManyChanges], AsyncIterable[Batch]):
    """A sync of many accounts that has not started yet.

    Enter it with `async with` to start the sync and get its `ManyChanges`. Returned by
    `client.transactions.sync_many`.

    Args:
        sync_one: Returns the sync of an account, starting from a cursor.
        cursors: Cursors by account ID.
        concurrency: Number of accounts to read at once.
        on_progress: Called after each batch and each account.
    """

    def __init__(
        self,
        *,
        sync_one: Callable[[str, str | None], Sync],
        cursors: Mapping[str, str | None],
        concurrency: int,
        on_progress: Callable[[Progress], object] | None,
    ) -> None:
        self._sync_one = sync_one
        self._cursors = cursors
        self._concurrency = concurrency
        self._on_progress = on_progress

    def __aiter__(self) -> NoReturn:
        # Only a block can end the background tasks.
        raise TypeError(
            "sync_many must be entered before iterating: "
            "async with client.transactions.sync_many(…) as changes"
        )

    async def _enter(self, exits: AsyncExitStack, /) -> ManyChanges:
        tasks = await exits.enter_async_context(BackgroundTasks())
        changes = ManyChanges(self, tasks)
        exits.push(changes._close)
        return changes


def _affects_all_accounts(error: FinancialConnectionsError) -> bool:
    """Return True if the error was caused by the API key or the client.

    A 403 means that the key lacks a permission. Source:
    https://docs.stripe.com/api/errors
    """
    if isinstance(error, APIConnectionError):
        return error.reason == "closed"
    return isinstance(
        error, AuthenticationError | PermissionDeniedError | ConfigurationError
    )


def cursors_from(accounts: Any) -> dict[str, str | None]:
    """Return cursors by account ID.

    Args:
        accounts: IDs, or a mapping of IDs to cursors.

    Raises:
        InvalidArgumentError: An ID or a cursor is not a string.
    """
    if isinstance(accounts, str):
        raise InvalidArgumentError(
            'accounts must be a list of IDs, or a mapping of IDs to cursors: ["fca_…"]'
        )
    cursors = (
        dict(accounts) if isinstance(accounts, Mapping) else dict.fromkeys(accounts)
    )
    for account, cursor in cursors.items():
        account_id(account)
        if cursor is not None and not isinstance(cursor, str):
            raise InvalidArgumentError(f"cursor of {account} must be a string or None")
    return cursors


def concurrency_from(value: Any) -> int:
    """Validate the number of accounts to sync at once."""
    if isinstance(value, bool) or not isinstance(value, int) or value < 1:
        raise InvalidArgumentError("concurrency must be an integer of at least 1")
    return value
