"""Methods of `client.accounts` that wait for refreshes."""
# ruff: noqa: ASYNC109 - `timeout` is a name of the public API; with a scope of the caller the last account is lost

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any, Literal, overload

from attrs import frozen

from financial_connections._refresh.wait import Watch

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from financial_connections._refresh.polling import Sleep
    from financial_connections._refresh.wait import RefreshWaiter
    from financial_connections._request import RequestOptions, Sender
    from financial_connections.models import Account, AccountWithOwnership
    from financial_connections.params import AccountExpand, RefreshFeature

_TIMEOUT = 120.0
_POLL = 1.0


@frozen
class Waiting:
    """Refresh accounts and wait until the refreshes have ended."""

    _sender: Sender

    @overload
    async def refresh_and_wait(
        self,
        account: str,
        *,
        features: Sequence[RefreshFeature],
        timeout: float | None = _TIMEOUT,
        poll: float = _POLL,
        when_available: bool = False,
        waiter: RefreshWaiter | None = None,
        on_progress: Callable[[Account], object] | None = None,
        clock: Callable[[], float] = time.time,
        sleep: Sleep | None = None,
        expand: Sequence[Literal["ownership"]],
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
        waiter: RefreshWaiter | None = None,
        on_progress: Callable[[Account], object] | None = None,
        clock: Callable[[], float] = time.time,
        sleep: Sleep | None = None,
        expand: Sequence[AccountExpand] | None = None,
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
        waiter: RefreshWaiter | None = None,
        on_progress: Callable[[Account], object] | None = None,
        clock: Callable[[], float] = time.time,
        sleep: Sleep | None = None,
        expand: Sequence[AccountExpand] | None = None,
        options: RequestOptions | None = None,
    ) -> Any:
        """Refresh an account's data and wait until every feature has succeeded.

        A refresh that is already pending is joined. A refresh that had ended before the
        call does not count, also where a response still shows it: only one that was
        started after the first look at the account ends the wait.

        Args:
            account: ID of the account (`fca_…`).
            features: Data to refresh.
            timeout: Seconds that the whole call may take; None waits without limit.
            poll: Seconds before the first look at the account. The delay then grows to 30 s.
            when_available: Wait if a refresh is not possible yet, as long as `timeout` allows.
            waiter: Looks at the account at once when a webhook event for it arrives.
            on_progress: Called with the account after each look. What it raises is logged, and the wait goes on.
            clock: Returns the seconds since the epoch; for tests.
            sleep: Replaces `anyio.sleep`; for tests.
            expand: Fields to expand.
            options: Overrides the client's settings for each request.

        Returns:
            The account with the refreshed data.

        Raises:
            RefreshFailedError: The refresh of a feature failed.
            RefreshNotAvailableError: A refresh is not possible yet.
            AccountInactiveError: The account must be linked again. Raised at once.
            AccountDisconnectedError: The account has to be linked as a new one. Raised at once.
            DeadlineExceededError: `timeout` has passed; its `account` is the account as last seen.

        Source: https://docs.stripe.com/api/financial_connections/accounts/refresh

        """
        watch = Watch(
            sender=self._sender,
            account=account,
            features=features,
            expand=expand,
            options=options,
            timeout=timeout,
            poll=poll,
            when_available=when_available,
            waiter=waiter,
            on_progress=on_progress,
            clock=clock,
            sleep=sleep,
        )
        return await watch.run(refresh=True)

    @overload
    async def wait_for_refresh(
        self,
        account: str,
        *,
        features: Sequence[RefreshFeature],
        timeout: float | None = _TIMEOUT,
        poll: float = _POLL,
        waiter: RefreshWaiter | None = None,
        on_progress: Callable[[Account], object] | None = None,
        sleep: Sleep | None = None,
        expand: Sequence[Literal["ownership"]],
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
        waiter: RefreshWaiter | None = None,
        on_progress: Callable[[Account], object] | None = None,
        sleep: Sleep | None = None,
        expand: Sequence[AccountExpand] | None = None,
        options: RequestOptions | None = None,
    ) -> Account: ...
    async def wait_for_refresh(
        self,
        account: str,
        *,
        features: Sequence[RefreshFeature],
        timeout: float | None = _TIMEOUT,
        poll: float = _POLL,
        waiter: RefreshWaiter | None = None,
        on_progress: Callable[[Account], object] | None = None,
        sleep: Sleep | None = None,
        expand: Sequence[AccountExpand] | None = None,
        options: RequestOptions | None = None,
    ) -> Any:
        """Wait until the latest refresh of every feature has succeeded, without
        starting one.

        Use it for a refresh that something else starts: the prefetch of a session, a
        subscription, another process.

        Args:
            account: ID of the account (`fca_…`).
            features: Data that is refreshed.
            timeout: Seconds that the whole call may take; None waits without limit.
            poll: Seconds before the second look at the account. The delay then grows to 30 s.
            waiter: Looks at the account at once when a webhook event for it arrives.
            on_progress: Called with the account after each look. What it raises is logged, and the wait goes on.
            sleep: Replaces `anyio.sleep`; for tests.
            expand: Fields to expand.
            options: Overrides the client's settings for each request.

        Returns:
            The account; at once if its latest refreshes have succeeded.

        Raises:
            RefreshFailedError: The refresh of a feature failed.
            AccountInactiveError: The account must be linked again. Raised at once.
            AccountDisconnectedError: The account has to be linked as a new one. Raised at once.
            DeadlineExceededError: `timeout` has passed; its `account` is the account as last seen.

        """
        watch = Watch(
            sender=self._sender,
            account=account,
            features=features,
            expand=expand,
            options=options,
            timeout=timeout,
            poll=poll,
            waiter=waiter,
            on_progress=on_progress,
            clock=time.time,
            sleep=sleep,
        )
        return await watch.run(refresh=False)
