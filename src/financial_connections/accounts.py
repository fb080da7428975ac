"""Accounts that users have linked."""

# account that the error carries

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any, overload

from attrs import frozen

from financial_connections._lazy import lazy_names
from financial_connections._refresh.operations import RefreshOperations

if TYPE_CHECKING:
    from collections.abc import AsyncIterable, Callable, Iterable, Sequence
    from typing import Literal

    from financial_connections._generated.operations.accounts import (
        ExpandToAccount,
        ExpandToAccountWithOwnership,
    )
    from financial_connections._many import AccountInput
    from financial_connections._refresh import (
        Refreshes,
        RefreshMany,
        RefreshNotifier,
        RefreshProgress,
    )
    from financial_connections._request import RequestOptions
    from financial_connections.models import Account, AccountWithOwnership
    from financial_connections.params import AccountExpand, RefreshFeature

__all__ = [
    "Accounts",
    "RefreshMany",
    "RefreshNotifier",
    "RefreshProgress",
    "Refreshes",
]

if not TYPE_CHECKING:
    _LAZY = ("RefreshMany", "RefreshNotifier", "RefreshProgress", "Refreshes")
    __getattr__, __dir__ = lazy_names(
        __name__, dict.fromkeys(_LAZY, "financial_connections._refresh")
    )


@frozen
class Accounts(RefreshOperations):
    """Accounts that users have linked, at `client.accounts`.

    By default, an account's `ownership` is an ID. If `expand` contains `"ownership"`,
    it is the object itself, typed `AccountOwnership | None`.
    """

    @overload
    def refresh_many(  # type: ignore[overload-overlap]
        self,
        accounts: Iterable[AccountInput] | AsyncIterable[AccountInput],
        *,
        features: Sequence[RefreshFeature],
        if_too_early: Literal["skip", "wait", "raise"] = "skip",
        oldest_first: bool = False,
        concurrency: int = 64,
        timeout: float | None = 120,
        poll: float = 1,
        notifier: RefreshNotifier | None = None,
        on_progress: Callable[[RefreshProgress], object] | None = None,
        clock: Callable[[], float] = time.time,
        expand: ExpandToAccount | None = None,
        options: RequestOptions | None = None,
    ) -> RefreshMany[Account]: ...
    @overload
    def refresh_many(
        self,
        accounts: Iterable[AccountInput] | AsyncIterable[AccountInput],
        *,
        features: Sequence[RefreshFeature],
        if_too_early: Literal["skip", "wait", "raise"] = "skip",
        oldest_first: bool = False,
        concurrency: int = 64,
        timeout: float | None = 120,
        poll: float = 1,
        notifier: RefreshNotifier | None = None,
        on_progress: Callable[[RefreshProgress], object] | None = None,
        clock: Callable[[], float] = time.time,
        expand: ExpandToAccountWithOwnership,
        options: RequestOptions | None = None,
    ) -> RefreshMany[AccountWithOwnership]: ...
    @overload
    def refresh_many(
        self,
        accounts: Iterable[AccountInput] | AsyncIterable[AccountInput],
        *,
        features: Sequence[RefreshFeature],
        if_too_early: Literal["skip", "wait", "raise"] = "skip",
        oldest_first: bool = False,
        concurrency: int = 64,
        timeout: float | None = 120,
        poll: float = 1,
        notifier: RefreshNotifier | None = None,
        on_progress: Callable[[RefreshProgress], object] | None = None,
        clock: Callable[[], float] = time.time,
        expand: Sequence[AccountExpand] | None,
        options: RequestOptions | None = None,
    ) -> RefreshMany[Account]: ...
    def refresh_many(
        self,
        accounts: Iterable[AccountInput] | AsyncIterable[AccountInput],
        *,
        features: Sequence[RefreshFeature],
        if_too_early: Literal["skip", "wait", "raise"] = "skip",
        oldest_first: bool = False,
        concurrency: int = 64,
        timeout: float | None = 120,
        poll: float = 1,
        notifier: RefreshNotifier | None = None,
        on_progress: Callable[[RefreshProgress], object] | None = None,
        clock: Callable[[], float] = time.time,
        expand: Sequence[AccountExpand] | None = None,
        options: RequestOptions | None = None,
    ) -> RefreshMany[Any]:
        """Refresh the data of many accounts, and return each account when it is done.

            accounts = client.accounts.list()
            async with client.accounts.refresh_many(
                accounts, features=["transactions"]
            ) as refreshes:
                async for account in refreshes:
                    print(account.id)
                refreshes.raise_for_errors()

        Each account is refreshed as by `refresh_and_wait`, several of them at once. The
        next account is started only when one of them has ended and you have taken it,
        so at most `concurrency` accounts are in memory. Leaving the block ends all
        background tasks; refreshes that have started continue at Stripe.

        An error in one account does not stop the others. It is stored in
        `refreshes.errors`. An error that would affect every account, such as an invalid
        key or a closed client, is raised and ends the iteration. So is an error raised
        by the async iterable.

        Args:
            accounts: The accounts, as an iterable or async iterable. Each can be an ID,
                an `Account`, or a pair of a connected account's ID (`acct_…`) and one
                of these. An `Account` is read again, because its refreshes may have
                changed. An async iterable is read only when another account can be
                started; an async generator is closed at the end.
            features: Data to refresh.
            if_too_early: Action for an account that cannot be refreshed yet:
                `"skip"` it and add it to `refreshes.skipped`, `"wait"` until a refresh
                is possible, or treat it as an error (`"raise"`). An account that waits
                counts towards `concurrency`. If a refresh is possible only after
                `timeout`, waiting is an error.
            oldest_first: Begin with the accounts whose features were refreshed longest
                ago, or never. `accounts` must then contain `Account` objects, of which
                only IDs and times are kept, about 300 bytes each.
            concurrency: Number of accounts to refresh at once. Defaults to 64, because
                a refresh consists mostly of waiting.
            timeout: Maximum duration for each account in seconds; None for no limit.
            poll: Delay before an account is first polled, in seconds. Later delays grow
                to at most 30 seconds.
            notifier: Triggers a poll as soon as a webhook event for an account arrives.
            on_progress: Called when an account has been taken, skipped or has failed.
                If it raises an error, the error is logged and the work continues.
            clock: Returns the current time in seconds since the epoch. Defaults to
                `time.time`. Pass the sandbox's clock if its time differs.
            expand: Fields to expand.
            options: Overrides the client's settings for each request. It cannot contain
                an `idempotency_key`, which would be that of every account.

        Returns:
            An async context manager that returns `Refreshes`, an iterator over the
            refreshed accounts in the order in which they are done.

        Raises:
            InvalidArgumentError: An argument is invalid. Raised before anything is
                sent, except for an item of an async iterable.

        Source: https://docs.stripe.com/api/financial_connections/accounts/refresh
        """
        # Most programs never need it, so the first call should not wait for it.
        from financial_connections._refresh.many import refresh_many  # noqa: PLC0415

        return refresh_many(
            self._sender,
            accounts,
            features=features,
            if_too_early=if_too_early,
            oldest_first=oldest_first,
            concurrency=concurrency,
            timeout=timeout,
            poll=poll,
            notifier=notifier,
            on_progress=on_progress,
            clock=clock,
            expand=expand,
            options=options,
        )
