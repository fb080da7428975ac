"""Accounts that users have linked."""
# ruff: noqa: ASYNC109 - `timeout` is a name of the public API; a scope of the caller
# would lose the account that the error carries

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any, overload

from attrs import frozen

from financial_connections._generated.operations.accounts import AccountOperations
from financial_connections._refresh import RefreshNotifier, RefreshWait

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from financial_connections._generated.operations.accounts import (
        ExpandToAccount,
        ExpandToAccountWithOwnership,
    )
    from financial_connections._request import RequestOptions
    from financial_connections.models import Account, AccountWithOwnership
    from financial_connections.params import AccountExpand, RefreshFeature

__all__ = ["Accounts", "RefreshNotifier"]

_TIMEOUT = 120.0
_POLL = 1.0


@frozen
class Accounts(AccountOperations):
    """Accounts that users have linked, at `client.accounts`.

    The `ownership` of an account is an ID. If `expand` contains `"ownership"`, it is
    the object, and its type is `AccountOwnership | None`.
    """

    @overload
    async def refresh_and_wait(  # type: ignore[overload-overlap]
        self,
        account: str,
        *,
        features: Sequence[RefreshFeature],
        timeout: float | None = _TIMEOUT,
        poll: float = _POLL,
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
        timeout: float | None = _TIMEOUT,
        poll: float = _POLL,
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
        timeout: float | None = _TIMEOUT,
        poll: float = _POLL,
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
        timeout: float | None = _TIMEOUT,
        poll: float = _POLL,
        when_available: bool = False,
        notifier: RefreshNotifier | None = None,
        on_progress: Callable[[Account], object] | None = None,
        clock: Callable[[], float] = time.time,
        expand: Sequence[AccountExpand] | None = None,
        options: RequestOptions | None = None,
    ) -> Any:
        """Refresh an account's data and wait until every refresh has succeeded.

        If a refresh is already pending, it is joined. A refresh that had ended before
        the call does not count, even if a response still shows it: the wait ends only
        with a refresh that started after the account was first read.

        Args:
            account: ID of the account (`fca_…`).
            features: Data to refresh.
            timeout: Maximum duration of the whole call in seconds; None for no limit.
            poll: Seconds before the account is first polled. The delay then grows up
                to 30 seconds.
            when_available: If a refresh is not possible yet, wait until it is, as long
                as `timeout` allows. By default, raise an error.
            notifier: Polls the account as soon as a webhook event about it arrives.
            on_progress: Called with the account after each poll. An error that it
                raises is logged and does not end the wait.
            clock: Returns the current time in seconds since the epoch; `time.time` by
                default. Pass the sandbox's clock if its time differs.
            expand: Fields to expand.
            options: Overrides the client's settings for each request.

        Returns:
            The account with the refreshed data.

        Raises:
            RefreshFailedError: The refresh of a feature failed.
            RefreshNotAvailableError: A refresh is not possible yet.
            AccountInactiveError: The account must be linked again.
            AccountDisconnectedError: The account must be linked as a new account.
            DeadlineExceededError: `timeout` has passed. Has the `account` as last read.

        Source: https://docs.stripe.com/api/financial_connections/accounts/refresh
        """
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
        timeout: float | None = _TIMEOUT,
        poll: float = _POLL,
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
        timeout: float | None = _TIMEOUT,
        poll: float = _POLL,
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
        timeout: float | None = _TIMEOUT,
        poll: float = _POLL,
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
        timeout: float | None = _TIMEOUT,
        poll: float = _POLL,
        notifier: RefreshNotifier | None = None,
        on_progress: Callable[[Account], object] | None = None,
        expand: Sequence[AccountExpand] | None = None,
        options: RequestOptions | None = None,
    ) -> Any:
        """Wait until the latest refreshes have succeeded, without starting any.

        Use this method if something else starts the refresh, for example the prefetch
        of a session, a subscription or another process.

        Args:
            account: ID of the account (`fca_…`).
            features: Data whose refresh to wait for.
            timeout: Maximum duration of the whole call in seconds; None for no limit.
            poll: Seconds between the first two polls of the account. The delay then
                grows up to 30 seconds.
            notifier: Polls the account as soon as a webhook event about it arrives.
            on_progress: Called with the account after each poll. An error that it
                raises is logged and does not end the wait.
            expand: Fields to expand.
            options: Overrides the client's settings for each request.

        Returns:
            The account. Returns after the first poll if its latest refreshes have
            already succeeded.

        Raises:
            RefreshFailedError: The refresh of a feature failed.
            AccountInactiveError: The account must be linked again.
            AccountDisconnectedError: The account must be linked as a new account.
            DeadlineExceededError: `timeout` has passed. Has the `account` as last read.
        """
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
