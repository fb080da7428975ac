"""The part of `client.accounts` that waits."""
# ruff: noqa: ASYNC109 - `timeout` is the word of this API; a scope of the caller's would lose the last account

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
    """Refreshes, seen through to their end."""

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
        """
        Fetch `features` anew, and return the account once every one of them has succeeded.

        A feature that is being refreshed already is waited for, not asked for again. The account is looked at after
        `poll` seconds, then ever less often, to every 30 s; a `RefreshWaiter` makes webhooks cut that short.
        `timeout` bounds it all, in seconds; None waits as long as it takes. A refresh that is not possible yet is
        waited for with `when_available=True`, as long as `timeout` allows. `on_progress` is called with the account
        each time it was looked at. `clock` (seconds since the epoch) and `sleep` are there for tests.

        Raises `RefreshFailedError` when a feature failed, `RefreshNotAvailableError` when it is too early,
        `AccountInactiveError` or `AccountDisconnectedError` at once when nothing can be fetched, and
        `DeadlineExceededError` after `timeout`, with the account as last seen in its `account`. Source:
        https://docs.stripe.com/api/financial_connections/accounts/refresh
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
        """
        Return the account once the latest refresh of each of `features` has succeeded; start none.

        For a refresh that something else started: a session's prefetch, a subscription, another process. Arguments
        and errors are those of `refresh_and_wait`.
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
