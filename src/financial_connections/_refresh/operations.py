"""Methods that wait for the refreshes of an account."""
# ruff: noqa: ASYNC109 - a caller's own cancel scope in place of `timeout` would lose the
# account that the error carries

from __future__ import annotations

import time
from typing import TYPE_CHECKING, overload

from attrs import frozen

from financial_connections._generated.operations.accounts import AccountOperations

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from financial_connections._generated.operations.accounts import (
        ExpandToAccount,
        ExpandToAccountWithOwnership,
    )
    from financial_connections._refresh.notifier import RefreshNotifier
    from financial_connections._request import RequestOptions
    from financial_connections.models import Account, AccountWithOwnership
    from financial_connections.params import AccountExpand, RefreshFeature


@frozen
class RefreshOperations(AccountOperations):
    """Operations on accounts, and methods that wait for refreshes."""

    @overload
    async def refresh_and_wait(  # type: ignore[overload-overlap]
        self,
        account: str,
        *,
        features: Sequence[RefreshFeature],
        timeout: float | None = 120,
        poll: float = 1,
        when_available: bool = False,
        notifier: RefreshNotifier | None = None,
        on_progress: Callable[[Account], object] | None = None,
        clock: Callable[[], float] = time.time,
        expand: ExpandToAccount | None = None,
        options: RequestOptions | None = None,
    ) -> Account: ...
    @overload
    async def refresh_and_wait(
        self,
        account: str,
        *,
        features: Sequence[RefreshFeature],
        timeout: float | None = 120,
        poll: float = 1,
        when_available: bool = False,
        notifier: RefreshNotifier | None = None,
        on_progress: Callable[[Account], object] | None = None,
        clock: Callable[[], float] = time.time,
        expand: ExpandToAccountWithOwnership,
        options: RequestOptions | None = None,
    ) -> AccountWithOwnership: ...
    @overload
    async def refresh_and_wait(
        self,
        account: str,
        *,
        features: Sequence[RefreshFeature],
        timeout: float | None = 120,
        poll: float = 1,
        when_available: bool = False,
        notifier: RefreshNotifier | None = None,
        on_progress: Callable[[Account], object] | None = None,
        clock: Callable[[], float] = time.time,
        expand: Sequence[AccountExpand] | None,
        options: RequestOptions | None = None,
    ) -> Account: ...
    async def refresh_and_wait(
        self,
        account: str,
        *,
        features: Sequence[RefreshFeature],
        timeout: float | None = 120,
        poll: float = 1,
        when_available: bool = False,
        notifier: RefreshNotifier | None = None,
        on_progress: Callable[[Account], object] | None = None,
        clock: Callable[[], float] = time.time,
        expand: Sequence[AccountExpand] | None = None,
        options: RequestOptions | None = None,
    ) -> Account:
        """Refresh an account's data and wait until every refresh has succeeded.

        If a refresh is already pending, the call waits for that one. A refresh that had
        ended when the account was first read does not count, even if outdated responses
        still show it.

        Args:
            account: ID of the account (`fca_…`).
            features: Data to refresh.
            timeout: Maximum duration of the whole call in seconds; None for no limit.
            poll: Delay before the first poll, in seconds. Later delays grow to at most
                30 seconds.
            when_available: If it is too early for a refresh, wait until one is
                possible, within `timeout`. By default, an error is raised.
            notifier: Triggers a poll as soon as a webhook event for the account
                arrives.
            on_progress: Called with the account after each poll. If it raises an error,
                the error is logged and the wait continues.
            clock: Returns the current time in seconds since the epoch. Defaults to
                `time.time`. Pass the sandbox's clock if its time differs.
            expand: Fields to expand.
            options: Overrides the client's settings for each request.

        Returns:
            The account with the refreshed data.

        Raises:
            RefreshFailedError: The refresh of a feature failed.
            RefreshNotAvailableError: It is too early for a refresh.
            AccountInactiveError: The account must be linked again.
            AccountDisconnectedError: The account must be linked as a new account.
            DeadlineExceededError: The wait took longer than `timeout`. The error's
                `account` is the account as last read.

        Source: https://docs.stripe.com/api/financial_connections/accounts/refresh
        """
        from financial_connections._refresh.wait import RefreshWait  # noqa: PLC0415

        refresh_wait = RefreshWait(
            sender=self._sender,
            account=account,
            features=features,
            expand=expand,
            options=options,
            timeout=timeout,
            poll=poll,
            when_available=when_available,
            notifier=notifier,
            on_progress=on_progress,
            clock=clock,
        )
        return await refresh_wait.run(refresh=True)

    @overload
    async def wait_for_refresh(  # type: ignore[overload-overlap]
        self,
        account: str,
        *,
        features: Sequence[RefreshFeature],
        timeout: float | None = 120,
        poll: float = 1,
        notifier: RefreshNotifier | None = None,
        on_progress: Callable[[Account], object] | None = None,
        expand: ExpandToAccount | None = None,
        options: RequestOptions | None = None,
    ) -> Account: ...
    @overload
    async def wait_for_refresh(
        self,
        account: str,
        *,
        features: Sequence[RefreshFeature],
        timeout: float | None = 120,
        poll: float = 1,
        notifier: RefreshNotifier | None = None,
        on_progress: Callable[[Account], object] | None = None,
        expand: ExpandToAccountWithOwnership,
        options: RequestOptions | None = None,
    ) -> AccountWithOwnership: ...
    @overload
    async def wait_for_refresh(
        self,
        account: str,
        *,
        features: Sequence[RefreshFeature],
        timeout: float | None = 120,
        poll: float = 1,
        notifier: RefreshNotifier | None = None,
        on_progress: Callable[[Account], object] | None = None,
        expand: Sequence[AccountExpand] | None,
        options: RequestOptions | None = None,
    ) -> Account: ...
    async def wait_for_refresh(
        self,
        account: str,
        *,
        features: Sequence[RefreshFeature],
        timeout: float | None = 120,
        poll: float = 1,
        notifier: RefreshNotifier | None = None,
        on_progress: Callable[[Account], object] | None = None,
        expand: Sequence[AccountExpand] | None = None,
        options: RequestOptions | None = None,
    ) -> Account:
        """Wait for the latest refreshes to succeed, without starting any.

        Use this method if something else starts the refresh, such as a session's
        prefetch, a subscription or another process.

        Args:
            account: ID of the account (`fca_…`).
            features: Features whose refreshes to wait for.
            timeout: Maximum duration of the whole call in seconds; None for no limit.
            poll: Delay between the first two polls, in seconds. Later delays grow to at
                most 30 seconds.
            notifier: Triggers a poll as soon as a webhook event for the account
                arrives.
            on_progress: Called with the account after each poll. If it raises an error,
                the error is logged and the wait continues.
            expand: Fields to expand.
            options: Overrides the client's settings for each request.

        Returns:
            The account with the refreshed data. If its latest refreshes have already
            succeeded, the wait ends after the first poll.

        Raises:
            RefreshFailedError: The refresh of a feature failed.
            AccountInactiveError: The account must be linked again.
            AccountDisconnectedError: The account must be linked as a new account.
            DeadlineExceededError: The wait took longer than `timeout`. The error's
                `account` is the account as last read.
        """
        from financial_connections._refresh.wait import RefreshWait  # noqa: PLC0415

        refresh_wait = RefreshWait(
            sender=self._sender,
            account=account,
            features=features,
            expand=expand,
            options=options,
            timeout=timeout,
            poll=poll,
            notifier=notifier,
            on_progress=on_progress,
        )
        return await refresh_wait.run(refresh=False)
