"""Sync one account for a limited number of pages."""

from __future__ import annotations

from contextlib import asynccontextmanager, suppress
from enum import StrEnum
from typing import TYPE_CHECKING

import anyio

from financial_connections._request import RequestOptions
from financial_connections.errors import (
    APIConnectionError,
    APIStatusError,
    AuthenticationError,
    ConflictError,
    CursorExpiredError,
    FinancialConnectionsError,
    NotFoundError,
    PermissionDeniedError,
    RateLimitError,
    ServerError,
    TransactionsNotRefreshedError,
)
from financial_connections.models import Account, RefreshStatus, TransactionRefresh

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable

    from financial_connections import AsyncClient
    from financial_connections.fleet.store import Lease, SyncStore, Unavailable, Verdict
    from financial_connections.sync import Sync

_RENEWALS = 3
"""Number of renewals in the length of a lease."""
_RELEASE_SECONDS = 2.0
"""Most seconds to wait for the store when a slice is cancelled or fails."""
_MAY_PASS = (
    APIConnectionError,
    # A key that is rejected, or lacks a permission, is a problem of the worker rather
    # than of the account.
    AuthenticationError,
    PermissionDeniedError,
    ConflictError,
    RateLimitError,
    ServerError,
    TransactionsNotRefreshedError,
)


class SliceResult(StrEnum):
    """The outcome of a slice.

    The store knows what is still due, so the result needs no further action.
    """

    DONE = "done"
    """The account is up to date."""
    MORE = "more"
    """Pages remain, or there are new changes, so the account is due again."""
    FAILED = "failed"
    """There was an error. The account becomes due again after a while."""
    GONE = "gone"
    """The account is dead, or the store does not contain it."""
    OVERTAKEN = "overtaken"
    """Another worker syncs the account."""


_RESULT_IF_UNAVAILABLE: dict[Unavailable, SliceResult] = {
    "idle": SliceResult.DONE,
    "leased": SliceResult.OVERTAKEN,
    "waiting": SliceResult.FAILED,
    "gone": SliceResult.GONE,
}


async def sync_slice(
    client: AsyncClient,
    store: SyncStore,
    account: str,
    *,
    pages: int = 20,
    stopping: Callable[[], bool] | None = None,
) -> SliceResult:
    """Sync an account until it is up to date, or until its slice ends.

    Slices let many accounts progress at the same time, and allow a worker to stop
    early. The account is leased meanwhile, so that no other worker reads it. A call for
    an account that is not due, or that another worker has leased, sends no request.

    Errors of the API do not end the worker. An error that may pass, such as a 429, a
    503, a lost connection or a key without permission, makes the account wait. So does
    a 404 for an account that has been read before, because it means that the key is of
    another Stripe account. A permanent error, such as that the account must be linked
    again, makes it dead at once. Any other error, such as a response that cannot be
    parsed, makes it dead if it occurs too often without any progress.

    Args:
        client: The client.
        store: The store.
        account: ID of the account (`fca_…`).
        pages: Number of batches after which the slice ends.
        stopping: Called after each batch. The slice ends if it returns True.

    Raises:
        Exception: Any error of the store. The account is due again after a while.
    """
    lease = await store.claim(account)
    if isinstance(lease, str):
        return _RESULT_IF_UNAVAILABLE[lease]
    async with _hold(store, lease):
        try:
            return await _read(client, store, lease, pages, stopping)
        except (FinancialConnectionsError, ValueError) as error:
            # Leave the handler first: the store must not run in the error's context.
            failure = error
        if isinstance(failure, CursorExpiredError):
            await store.reset(lease)
            return SliceResult.MORE
        is_dead = await store.fail(lease, _describe(failure), _verdict(failure, lease))
        return SliceResult.GONE if is_dead else SliceResult.FAILED


async def _read(
    client: AsyncClient,
    store: SyncStore,
    lease: Lease,
    pages: int,
    stopping: Callable[[], bool] | None,
) -> SliceResult:
    remaining = pages
    async with _sync(client, lease) as changes:
        refresh = changes.account.transaction_refresh
        has_succeeded = refresh and refresh.status == RefreshStatus.SUCCEEDED
        async for batch in changes:
            if not await store.commit(lease, batch):
                await store.release(lease)
                return SliceResult.OVERTAKEN
            remaining -= 1
            if remaining <= 0 or (stopping is not None and stopping()):
                # The next slice then need not read the account again.
                known = refresh.id if refresh and has_succeeded else None
                await store.release(lease, refresh=known)
                return SliceResult.MORE
    return SliceResult.DONE if await store.finish(lease) else SliceResult.MORE


def _sync(client: AsyncClient, lease: Lease) -> Sync:
    account: str | Account = lease.account
    if lease.refresh is not None:
        refresh = TransactionRefresh(id=lease.refresh, status=RefreshStatus.SUCCEEDED)
        account = Account(id=lease.account, transaction_refresh=refresh)
    options = None
    if lease.stripe_account is not None:
        options = RequestOptions(stripe_account=lease.stripe_account)
    # Workers sync many accounts at once, and a slice ends after a number of pages.
    return client.transactions.sync(
        account, cursor=lease.cursor, concurrency=1, options=options
    )


@asynccontextmanager
async def _hold(store: SyncStore, lease: Lease) -> AsyncGenerator[None, None]:
    """Renew a lease during the block, and end it if the block does not.

    Otherwise, the lease would lapse, as if the worker had died.
    """

    async def renew() -> None:
        while True:
            await anyio.sleep(lease.seconds / _RENEWALS)
            await store.renew(lease)

    try:
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(renew)
            yield
            tasks.cancel_scope.cancel()
    except anyio.get_cancelled_exc_class():
        with anyio.move_on_after(_RELEASE_SECONDS, shield=True):
            await store.release(lease)
        raise
    except BaseExceptionGroup as group:
        # The block or the renewal failed: raise its error as it is.
        error = _only(group)
        if isinstance(error, Exception):
            with (
                anyio.move_on_after(_RELEASE_SECONDS, shield=True),
                suppress(Exception),
            ):
                await store.fail(lease, _describe(error), "wait")
        raise error from None


def _only(group: BaseExceptionGroup[BaseException]) -> BaseException:
    error = group.exceptions[0]
    return _only(error) if isinstance(error, BaseExceptionGroup) else error


def _verdict(error: Exception, lease: Lease) -> Verdict:
    if isinstance(error, _MAY_PASS):
        return "wait"
    if isinstance(error, NotFoundError):
        # Stripe does not delete accounts. If this one has been read before, the key is
        # of another Stripe account, or of the other mode.
        return "strike" if lease.cursor is None else "wait"
    return "dead" if isinstance(error, APIStatusError) else "strike"


def _describe(error: Exception) -> str:
    """Describe an error without the data that a foreign error may quote."""
    name = type(error).__name__
    return f"{name}: {error}" if isinstance(error, FinancialConnectionsError) else name
