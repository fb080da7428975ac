"""Linked bank accounts."""

from __future__ import annotations

from copy import deepcopy
from functools import partial
from typing import TYPE_CHECKING, Literal, overload

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
from financial_connections._refresh import RefreshWaiter, Waiting
from financial_connections.expand import item_paths
from financial_connections.pagination import Pager

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Never

    from financial_connections._request import RequestOptions
    from financial_connections.models import Account, AccountOwner, AccountWithOwnership
    from financial_connections.params import (
        AccountExpand,
        AccountHolderFilter,
        RefreshFeature,
        SubscriptionFeature,
    )

__all__ = ["Accounts", "RefreshWaiter"]


@frozen
class Accounts(Waiting):
    """`client.accounts`: accounts that their holders linked.

    An account's `ownership` is an id unless `expand=["ownership"]` asks for the object,
    and then type checkers know it as `AccountOwnership | None`.
    """

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
