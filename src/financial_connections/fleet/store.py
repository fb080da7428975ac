"""The interface of the stores that workers share."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, Protocol

from attrs import field, frozen

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from financial_connections.models import Account
    from financial_connections.sync import Batch

Unavailable = Literal["idle", "leased", "waiting", "gone"]
"""The reason why an account cannot be claimed: nothing is due, another worker has it,
it waits after an error, or it is dead or unknown.
"""
Verdict = Literal["wait", "strike", "dead"]
"""The consequence of an error.

`wait` tries again later, however often it takes. `strike` does so a limited number of
times. `dead` does not try again until the account is revived.
"""


@frozen
class Lease:
    """The right of one worker to sync an account for a limited time."""

    account: str
    """ID of the account (`fca_…`)."""
    token: str
    """Random value that identifies the lease."""
    cursor: str | None = field(repr=False)
    """Cursor to continue from; None at the very beginning."""
    wanted: int
    """Number of requests to sync the account until now."""
    stripe_account: str | None = None
    """Connected account (`acct_…`) that the account belongs to."""
    refresh: str | None = None
    """Latest transaction refresh that has succeeded, if an event or an earlier slice
    has shown it.
    """
    seconds: float = 30.0
    """Seconds after which the lease lapses unless it is renewed."""


@frozen
class DeadAccount:
    """An account that is not synced until it is revived."""

    account: str
    """ID of the account (`fca_…`)."""
    tenant: str
    """Tenant that the account belongs to."""
    error: str
    """The error that ended its syncs."""
    dead_at: float
    """Time of the error, in seconds since the epoch."""
    transactions: int
    """Number of its transactions that are stored."""


@frozen(kw_only=True)
class Progress:
    """The state of all accounts in a store."""

    accounts: int
    """Number of accounts."""
    done: int
    """Number of accounts that are up to date."""
    due: int
    """Number of accounts that wait for a worker."""
    running: int
    """Number of accounts that a worker is syncing."""
    waiting: int
    """Number of accounts that will be tried again later, after an error."""
    dead: int
    """Number of accounts that must be revived before they are tried again."""
    backfill: int
    """Number of living accounts that have never been read to their end."""
    transactions: int
    """Number of stored transactions."""
    oldest_due: float | None
    """Seconds since the account that has waited longest for a worker became due; None
    if no account is due.
    """


class SyncStore(Protocol):
    """The accounts of a fleet: what is due, who syncs it, and what is stored.

    Each method is atomic. Times are those of the store, never those of a worker.
    """

    async def want(
        self,
        account: str | Account,
        *,
        stripe_account: str | None = None,
        tenant: str | None = None,
    ) -> None:
        """Request a sync of an account, which is added if it is new.

        Args:
            account: ID of the account (`fca_…`), or an `Account` from an event, which
                saves a request.
            stripe_account: Connected account (`acct_…`) that the account belongs to.
            tenant: Group of accounts that shares the workers fairly with others.
                Defaults to the account's present tenant, and for a new account to
                `stripe_account`.
        """
        ...

    async def due(self, limit: int, *, exclude: Collection[str] = ()) -> Sequence[str]:
        """Return accounts that wait for a worker.

        Tenants take turns, also from one call to the next. Accounts with news come
        before those that have never been read to their end.

        Args:
            limit: Maximum number of accounts.
            exclude: Accounts to leave out, such as those that are queued already.
        """
        ...

    async def claim(self, account: str) -> Lease | Unavailable:
        """Lease an account that is due.

        A lease that has lapsed counts as a strike, because its worker has died. An
        account with too many strikes becomes dead. From the second strike on, it waits
        for a random time first, so that accounts that a worker synced together are
        synced apart from the one that has ended it.

        Args:
            account: ID of the account.
        """
        ...

    async def renew(self, lease: Lease) -> None:
        """Extend a lease by its `seconds`, unless it has been lost.

        Args:
            lease: The lease.
        """
        ...

    async def commit(self, lease: Lease, batch: Batch) -> bool:
        """Store a batch and its cursor, if it continues from the stored cursor.

        It also records which transactions have changed, and resets the strikes.

        Args:
            lease: The lease.
            batch: The batch.

        Returns:
            False if another worker has moved the cursor. Nothing is stored then.

        Raises:
            ValueError: The batch contains data that cannot be stored.
        """
        ...

    async def finish(self, lease: Lease) -> bool:
        """End a lease because the account has been read to its end.

        Args:
            lease: The lease.

        Returns:
            False if the account has been wanted again since it was claimed. It is still
            due then.
        """
        ...

    async def release(self, lease: Lease, *, refresh: str | None = None) -> None:
        """End a lease before the account has been read to its end.

        The account is due again, and keeps its place among those of its tenant. After
        many slices in a row, it goes to their end.

        Args:
            lease: The lease.
            refresh: The latest transaction refresh of the account, if it has succeeded,
                for the `refresh` of the next lease.
        """
        ...

    async def fail(self, lease: Lease, error: str, verdict: Verdict) -> bool:
        """End a lease because of an error.

        Args:
            lease: The lease.
            error: Description of the error, without personal data.
            verdict: The consequence.

        Returns:
            True if the account is dead now.
        """
        ...

    async def reset(self, lease: Lease) -> None:
        """Forget the cursor of an account, because the API no longer recognizes it.

        Args:
            lease: The lease.
        """
        ...

    async def revive(self, accounts: Collection[str] | None = None) -> int:
        """Make dead accounts due again.

        Args:
            accounts: Their IDs. Defaults to all dead accounts.

        Returns:
            The number of accounts that were dead.
        """
        ...

    async def dead(self, limit: int = 100) -> Sequence[DeadAccount]:
        """Return dead accounts, the latest first.

        Args:
            limit: Maximum number of accounts.
        """
        ...

    async def progress(self) -> Progress:
        """Return the state of all accounts."""
        ...


async def progress(store: SyncStore) -> Progress:
    """Return how many accounts are done, due, waiting or dead.

    Args:
        store: The store.
    """
    return await store.progress()
