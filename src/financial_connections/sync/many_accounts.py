"""Sync many accounts: several at once, one stream of batches."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterable, AsyncIterator, Mapping
from functools import partial
from typing import TYPE_CHECKING, Any, NoReturn

from attrs import evolve, frozen

from financial_connections._concurrency import (
    BackgroundTasks,
    Block,
    Emit,
    Handover,
    Job,
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
from financial_connections.sync.one_account import Batch, Sync, account_id

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_log = logging.getLogger("financial_connections")


@frozen(kw_only=True)
class Progress:
    """The progress of `sync_many`."""

    accounts: int
    """Number of accounts."""
    done: int = 0
    """Accounts that are up to date."""
    failed: int = 0
    """Accounts that ended in an error."""
    batches: int = 0
    """Batches that the iteration has returned."""
    transactions: int = 0
    """Transactions in the batches that the iteration has returned."""


class ManyChanges(AsyncIterator[Batch]):
    """The batches of many accounts. Those of one account come in order, between those
    of other accounts.

    Several tasks may iterate over it, but the batches of one account must be stored in
    their order.
    """

    def __init__(self, sync: SyncMany) -> None:
        self._sync = sync
        self._batches: Handover[Batch]
        self._errors: dict[str, FinancialConnectionsError] = {}
        self._are_errors_read = False
        self.progress = Progress(accounts=len(sync._cursors))
        """The progress so far."""

    @property
    def errors(self) -> dict[str, FinancialConnectionsError]:
        """The errors that accounts ended in, by ID. To go on, use the cursor of the
        account's latest batch.
        """
        self._are_errors_read = True
        return self._errors

    def raise_for_errors(self) -> None:
        """Raise an `ExceptionGroup` of `errors`, each with a note that names its
        account, if there are any.
        """
        if self.errors:
            raise ExceptionGroup(
                f"{len(self._errors)} of {self.progress.accounts} accounts could not be synced",
                list(self._errors.values()),
            )

    async def __anext__(self) -> Batch:
        batch = await anext(self._batches)
        self._count(batches=1, transactions=len(batch.transactions))
        return batch

    def _jobs(self) -> Iterator[Job[Batch]]:
        return (
            partial(self._run, account, cursor)
            for account, cursor in self._sync._cursors.items()
        )

    async def _run(self, account: str, cursor: str | None, emit: Emit[Batch]) -> None:
        try:
            async for batch in self._sync._one(account, cursor):
                await emit(batch)
                del batch  # or it would stay in memory while the next one is read
        except FinancialConnectionsError as error:
            if _is_of_the_client(error):
                raise
            # Its traceback would keep the batches of its frames.
            self._errors[account] = error.with_traceback(None)
            error.add_note(f"account {account}")
            _log.warning("the sync of %s ended in %s", account, type(error).__name__)
            self._count(failed=1)
        else:
            self._count(done=1)

    def _count(self, **more: int) -> None:
        counts: dict[str, Any] = {
            name: getattr(self.progress, name) + number for name, number in more.items()
        }
        self.progress = evolve(self.progress, **counts)
        if self._sync._on_progress is None:
            return
        try:
            self._sync._on_progress(self.progress)
        except Exception:  # noqa: BLE001 - a callback's fault must not be the sync's
            _log.exception("on_progress raised; the sync goes on")

    def _warn(self) -> None:
        """Log a warning if accounts failed and nobody has read `errors`."""
        if self._errors and not self._are_errors_read:
            _log.warning(
                "%d of %d accounts could not be synced: read `errors`, or call `raise_for_errors()`",
                len(self._errors),
                self.progress.accounts,
            )


class SyncMany(Block[ManyChanges], AsyncIterable[Batch]):
    """A sync of many accounts that has not begun: `async with` begins it and gives the
    `ManyChanges`.
    """

    def __init__(
        self,
        *,
        one: Callable[[str, str | None], Sync],
        cursors: Mapping[str, str | None],
        concurrency: int,
        on_progress: Callable[[Progress], object] | None,
    ) -> None:
        self._one = one
        self._cursors = cursors
        self._concurrency = concurrency
        self._on_progress = on_progress

    def __aiter__(self) -> NoReturn:
        # Its tasks need a block that ends them.
        raise TypeError(
            "begin the sync first: async with client.transactions.sync_many(…) as changes"
        )

    async def _enter(self, tasks: BackgroundTasks, /) -> ManyChanges:
        self._changes = ManyChanges(self)
        concurrency = min(self._concurrency, len(self._cursors))
        self._changes._batches = fan_out(
            tasks, self._changes._jobs(), concurrency, "sync"
        )
        return self._changes

    def _leave(self, error: BaseException | None, /) -> None:
        self._changes._batches.close()
        if error is None:
            self._changes._warn()


def _is_of_the_client(error: FinancialConnectionsError) -> bool:
    """Return True for an error of the key or the client, which every account would
    meet.

    A 403 is about the permissions of the key. Source:
    https://docs.stripe.com/api/errors
    """
    if isinstance(error, APIConnectionError):
        return error.reason == "closed"
    return isinstance(
        error, AuthenticationError | PermissionDeniedError | ConfigurationError
    )


def cursors_from(accounts: Any) -> dict[str, str | None]:
    """Return cursors by account.

    Args:
        accounts: IDs, or a mapping of IDs to cursors.

    Raises:
        InvalidArgumentError: An ID or a cursor is not a string.

    """
    if isinstance(accounts, str):
        raise InvalidArgumentError(
            'accounts must be a list of ids, or a mapping of ids to cursors: ["fca_…"]'
        )
    cursors = (
        dict(accounts) if isinstance(accounts, Mapping) else dict.fromkeys(accounts)
    )
    for account, cursor in cursors.items():
        account_id(account)
        if cursor is not None and not isinstance(cursor, str):
            raise InvalidArgumentError(
                f"cursor: that of {account} must be a string or None"
            )
    return cursors


def concurrency_from(value: Any) -> int:
    """Return how many accounts to sync at once."""
    if isinstance(value, bool) or not isinstance(value, int) or value < 1:
        raise InvalidArgumentError("concurrency must be a whole number of at least 1")
    return value
