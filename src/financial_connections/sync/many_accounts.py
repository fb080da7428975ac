"""The sync of many accounts: several at once, one stream of batches."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Mapping
from functools import partial
from typing import TYPE_CHECKING, Any, NoReturn

from attrs import evolve, field, frozen

from financial_connections._concurrency import Emit, FanOut, Job
from financial_connections.errors import FinancialConnectionsError, InvalidArgumentError
from financial_connections.sync.one_account import Batch, Sync

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import TracebackType

_log = logging.getLogger("financial_connections")


@frozen(kw_only=True)
class Progress:
    """How far `sync_many` has come."""

    accounts: int
    """How many there are."""
    done: int = 0
    """How many are up to date."""
    failed: int = 0
    """How many ended in an error."""
    batches: int = 0
    """How many batches were handed over."""
    transactions: int = 0
    """How many transactions were in them."""


class ManyChanges(AsyncIterator[Batch]):
    """The batches of many accounts: those of one account in order, among those of the others."""

    def __init__(self, sync: SyncMany) -> None:
        self._sync = sync
        self._batches: AsyncIterator[Batch]
        self.errors: dict[str, FinancialConnectionsError] = {}
        """The errors that accounts ended in, by id. Their cursors stand where the latest batch has them."""
        self.progress = Progress(accounts=len(sync._cursors))
        """How far it has come."""

    async def __anext__(self) -> Batch:
        batch = await anext(self._batches)
        self._count(batches=1, transactions=len(batch.transactions))
        return batch

    def _jobs(self) -> Iterator[Job[Batch]]:
        return (partial(self._run, account, cursor) for account, cursor in self._sync._cursors.items())

    async def _run(self, account: str, cursor: str | None, emit: Emit[Batch]) -> None:
        try:
            async with self._sync._one(account, cursor) as changes:
                async for batch in changes:
                    await emit(batch)
        except FinancialConnectionsError as error:
            # Its traceback would keep the batches of its frames.
            self.errors[account] = error.with_traceback(None)
            _log.warning("the sync of %s ended in %s", account, type(error).__name__)
            self._count(failed=1)
        else:
            self._count(done=1)

    def _count(self, **more: int) -> None:
        counts: dict[str, Any] = {name: getattr(self.progress, name) + number for name, number in more.items()}
        self.progress = evolve(self.progress, **counts)
        if self._sync._on_progress is None:
            return
        try:
            self._sync._on_progress(self.progress)
        except Exception:  # noqa: BLE001 - a callback's fault must not be the sync's
            _log.exception("on_progress raised; the sync goes on")


@frozen(eq=False, kw_only=True)
class SyncMany:
    """A sync of many accounts that has not begun: `async with` begins it, and gives the `ManyChanges`."""

    _one: Callable[[str, str | None], Sync] = field(alias="one")
    _cursors: Mapping[str, str | None] = field(alias="cursors", repr=False)
    _concurrency: int = field(alias="concurrency")
    _on_progress: Callable[[Progress], object] | None = field(alias="on_progress")
    _running: list[FanOut[Batch]] = field(factory=list, init=False)

    async def __aenter__(self) -> ManyChanges:
        changes = ManyChanges(self)
        running = FanOut(changes._jobs(), min(self._concurrency, len(self._cursors)))
        changes._batches = await running.__aenter__()
        self._running.append(running)
        return changes

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> bool | None:
        return await self._running.pop().__aexit__(kind, error, traceback)

    def __aiter__(self) -> NoReturn:
        raise TypeError("begin the sync first: async with client.transactions.sync_many(…) as changes")


def cursors_from(accounts: Any) -> dict[str, str | None]:
    """Return the cursors by account: of a mapping, or none of ids. Raises `InvalidArgumentError`."""
    if isinstance(accounts, str):
        raise InvalidArgumentError('accounts must be a list of ids, or a mapping of ids to cursors: ["fca_…"]')
    return dict(accounts) if isinstance(accounts, Mapping) else dict.fromkeys(accounts)


def concurrency_from(value: Any) -> int:
    """Return how many accounts to sync at once. Raises `InvalidArgumentError`."""
    if isinstance(value, bool) or not isinstance(value, int) or value < 1:
        raise InvalidArgumentError("concurrency must be a whole number of at least 1")
    return value
