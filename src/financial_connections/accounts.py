"""Linked bank accounts."""
# ruff: noqa: ASYNC109 - `timeout` is a name of the public API; a scope of the caller
# would lose the account that the error carries

from __future__ import annotations

import time
from copy import deepcopy
from functools import partial
from typing import TYPE_CHECKING, Any, Literal, overload

from attrs import frozen

from financial_connections._generated.api.accounts import (
    disconnect_account,
    list_account_owners,
    list_accounts,
    refresh_account,
    retrieve_account,
    subscribe_account,
    unsubscribe_account,
)
from financial_connections._refresh import RefreshNotifier, RefreshWait, Sleep
from financial_connections.expand import item_paths
from financial_connections.pagination import Pager

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Never

    from financial_connections._request import RequestOptions, Sender
    from financial_connections.models import Account, AccountOwner, AccountWithOwnership
    from financial_connections.params import (
        AccountExpand,
        AccountHolderFilter,
        RefreshFeature,
        SubscriptionFeature,
    )

__all__ = ["Accounts", "RefreshNotifier"]

_TIMEOUT = 120.0
_POLL = 1.0


@frozen
class Accounts:
    """`client.accounts`: accounts that their holders linked.

    An account's `ownership` is an id unless `expand=["ownership"]` asks for the object,
    and then type checkers know it as `AccountOwnership | None`.
    """

    _sender: Sender

    @overload
    def list(
        self,
        *,
        account_holder: AccountHolderFilter | None = None,
        session: str | None = None,
        limit: int | None = None,
        starting_after: str | None = None,
        ending_before: str | None = None,
        expand: Sequence[Literal["ownership"]],
        options: RequestOptions | None = None,
    ) -> Pager[AccountWithOwnership]: ...
    @overload
    def list(
        self,
        *,
        account_holder: AccountHolderFilter | None = None,
        session: str | None = None,
        limit: int | None = None,
        starting_after: str | None = None,
        ending_before: str | None = None,
        expand: Sequence[AccountExpand] | None = None,
        options: RequestOptions | None = None,
    ) -> Pager[Account]: ...
    def list(
        self,
        *,
        account_holder: AccountHolderFilter | None = None,
        session: str | None = None,
        limit: int | None = None,
        starting_after: str | None = None,
        ending_before: str | None = None,
        expand: Sequence[AccountExpand] | None = None,
        options: RequestOptions | None = None,
    ) -> Pager[Account]:
        """List linked accounts, newest first; nothing is sent until the result is
        awaited or iterated.

        `account_holder` keeps those of one holder, `{"customer": "cus_…"}` or
        `{"account": "acct_…"}`, `session` those that were linked in one session.
        `limit` is the page size, 1 to 100. Source:
        https://docs.stripe.com/api/financial_connections/accounts/list
        """
        fetch = partial(
            list_accounts,
            self._sender,
            account_holder=deepcopy(
                account_holder
            ),  # the caller's own may change before it is sent
            session=session,
            expand=item_paths(expand),
        )
        return Pager(
            fetch,
            limit=limit,
            starting_after=starting_after,
            ending_before=ending_before,
            options=options,
        )

    @overload
    async def retrieve(
        self,
        account: str,
        *,
        expand: Sequence[Literal["ownership"]],
        options: RequestOptions | None = None,
    ) -> AccountWithOwnership: ...
    @overload
    async def retrieve(
        self,
        account: str,
        *,
        expand: Sequence[AccountExpand] | None = None,
        options: RequestOptions | None = None,
    ) -> Account: ...
    async def retrieve(
        self,
        account: str,
        *,
        expand: Sequence[AccountExpand] | None = None,
        options: RequestOptions | None = None,
    ) -> Account:
        """Return an account. Raises `NotFoundError` when there is none of that id.

        Source: https://docs.stripe.com/api/financial_connections/accounts/retrieve
        """
        return await retrieve_account(
            self._sender, account, expand=expand, options=options
        )

    @overload
    async def disconnect(
        self,
        account: str,
        *,
        expand: Sequence[Literal["ownership"]],
        options: RequestOptions | None = None,
    ) -> AccountWithOwnership: ...
    @overload
    async def disconnect(
        self,
        account: str,
        *,
        expand: Sequence[AccountExpand] | None = None,
        options: RequestOptions | None = None,
    ) -> Account: ...
    async def disconnect(
        self,
        account: str,
        *,
        expand: Sequence[AccountExpand] | None = None,
        options: RequestOptions | None = None,
    ) -> Account:
        """End your access to an account for good, and return it with status
        `disconnected`.

        Its holder can only link it anew. Source:
        https://docs.stripe.com/api/financial_connections/accounts/disconnect
        """
        return await disconnect_account(
            self._sender, account, expand=expand, options=options
        )

    @overload
    async def refresh(
        self,
        account: str,
        *,
        features: Sequence[RefreshFeature],
        expand: Sequence[Literal["ownership"]],
        options: RequestOptions | None = None,
    ) -> AccountWithOwnership: ...
    @overload
    async def refresh(
        self,
        account: str,
        *,
        features: Sequence[RefreshFeature],
        expand: Sequence[AccountExpand] | None = None,
        options: RequestOptions | None = None,
    ) -> Account: ...
    async def refresh(
        self,
        account: str,
        *,
        features: Sequence[RefreshFeature],
        expand: Sequence[AccountExpand] | None = None,
        options: RequestOptions | None = None,
    ) -> Account:
        """Start to fetch data from the institution: any of `balance`, `ownership` and
        `transactions`.

        Returns at once: the account's `balance_refresh`, `ownership_refresh` and
        `transaction_refresh` tell how it goes. Raises `AccountInactiveError` for an
        account that has to be linked again. Source:
        https://docs.stripe.com/api/financial_connections/accounts/refresh
        """
        return await refresh_account(
            self._sender, account, features=features, expand=expand, options=options
        )

    @overload
    async def subscribe(
        self,
        account: str,
        *,
        features: Sequence[SubscriptionFeature],
        expand: Sequence[Literal["ownership"]],
        options: RequestOptions | None = None,
    ) -> AccountWithOwnership: ...
    @overload
    async def subscribe(
        self,
        account: str,
        *,
        features: Sequence[SubscriptionFeature],
        expand: Sequence[AccountExpand] | None = None,
        options: RequestOptions | None = None,
    ) -> Account: ...
    async def subscribe(
        self,
        account: str,
        *,
        features: Sequence[SubscriptionFeature],
        expand: Sequence[AccountExpand] | None = None,
        options: RequestOptions | None = None,
    ) -> Account:
        """Have data refreshed every day: `features` can be `transactions`.

        Source: https://docs.stripe.com/api/financial_connections/accounts/subscribe
        """
        return await subscribe_account(
            self._sender, account, features=features, expand=expand, options=options
        )

    @overload
    async def unsubscribe(
        self,
        account: str,
        *,
        features: Sequence[SubscriptionFeature],
        expand: Sequence[Literal["ownership"]],
        options: RequestOptions | None = None,
    ) -> AccountWithOwnership: ...
    @overload
    async def unsubscribe(
        self,
        account: str,
        *,
        features: Sequence[SubscriptionFeature],
        expand: Sequence[AccountExpand] | None = None,
        options: RequestOptions | None = None,
    ) -> Account: ...
    async def unsubscribe(
        self,
        account: str,
        *,
        features: Sequence[SubscriptionFeature],
        expand: Sequence[AccountExpand] | None = None,
        options: RequestOptions | None = None,
    ) -> Account:
        """End the daily refresh of `features`.

        Source: https://docs.stripe.com/api/financial_connections/accounts/unsubscribe
        """
        return await unsubscribe_account(
            self._sender, account, features=features, expand=expand, options=options
        )

    def list_owners(
        self,
        account: str,
        *,
        ownership: str,
        limit: int | None = None,
        starting_after: str | None = None,
        ending_before: str | None = None,
        expand: Sequence[Never] | None = None,
        options: RequestOptions | None = None,
    ) -> Pager[AccountOwner]:
        """List the owners of an account; nothing is sent until the result is awaited or
        iterated.

        `ownership` is the id of a snapshot, as in `id_of(account.ownership)`. `limit`
        is the page size, 1 to 100. Source:
        https://docs.stripe.com/api/financial_connections/ownership
        """
        fetch = partial(
            list_account_owners,
            self._sender,
            account,
            ownership=ownership,
            expand=item_paths(expand),
        )
        return Pager(
            fetch,
            limit=limit,
            starting_after=starting_after,
            ending_before=ending_before,
            options=options,
        )

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
        notifier: RefreshNotifier | None = None,
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
        notifier: RefreshNotifier | None = None,
        on_progress: Callable[[Account], object] | None = None,
        clock: Callable[[], float] = time.time,
        sleep: Sleep | None = None,
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
            timeout: Maximum duration of the whole call in seconds; None waits without
                a limit.
            poll: Seconds before the account is first polled. The delay then grows up
                to 30 seconds.
            when_available: If a refresh is not possible yet, wait until it is, as long
                as `timeout` allows. By default, raise an error.
            notifier: Polls the account as soon as a webhook event about it arrives.
            on_progress: Called with the account after each poll. An error that it
                raises is logged and does not end the wait.
            clock: Returns the current time in seconds since the epoch; for tests.
            sleep: Replaces `anyio.sleep`; for tests.
            expand: Fields to expand.
            options: Overrides the client's settings for each request.

        Returns:
            The account with the refreshed data.

        Raises:
            RefreshFailedError: The refresh of a feature failed.
            RefreshNotAvailableError: A refresh is not possible yet.
            AccountInactiveError: The account must be linked again. Raised immediately.
            AccountDisconnectedError: The account must be linked again, as a new
                account. Raised immediately.
            DeadlineExceededError: `timeout` has passed. The error's `account` is the
                account as it was last read.

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
            sleep=sleep,
        )
        return await refresh_wait.run(refresh=True)

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
        notifier: RefreshNotifier | None = None,
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
        notifier: RefreshNotifier | None = None,
        on_progress: Callable[[Account], object] | None = None,
        sleep: Sleep | None = None,
        expand: Sequence[AccountExpand] | None = None,
        options: RequestOptions | None = None,
    ) -> Any:
        """Wait until the latest refreshes have succeeded, without starting any.

        Use this method if something else starts the refresh, for example the prefetch
        of a session, a subscription or another process.

        Args:
            account: ID of the account (`fca_…`).
            features: Data whose refresh to wait for.
            timeout: Maximum duration of the whole call in seconds; None waits without
                a limit.
            poll: Seconds between the first two polls of the account. The delay then
                grows up to 30 seconds.
            notifier: Polls the account as soon as a webhook event about it arrives.
            on_progress: Called with the account after each poll. An error that it
                raises is logged and does not end the wait.
            sleep: Replaces `anyio.sleep`; for tests.
            expand: Fields to expand.
            options: Overrides the client's settings for each request.

        Returns:
            The account. Returns after the first poll if its latest refreshes have
            already succeeded.

        Raises:
            RefreshFailedError: The refresh of a feature failed.
            AccountInactiveError: The account must be linked again. Raised immediately.
            AccountDisconnectedError: The account must be linked again, as a new
                account. Raised immediately.
            DeadlineExceededError: `timeout` has passed. The error's `account` is the
                account as it was last read.

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
            clock=time.time,
            sleep=sleep,
        )
        return await refresh_wait.run(refresh=False)
