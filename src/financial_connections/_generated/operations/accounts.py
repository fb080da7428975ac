"""Operations on accounts, as methods of a class.

Generated code. Do not edit.
"""

from __future__ import annotations

from copy import deepcopy
from functools import partial
from typing import TYPE_CHECKING, overload

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
from financial_connections.expand import item_paths

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Literal, Never, TypeAlias

    from financial_connections._generated.models.account import Account
    from financial_connections._generated.models.account_expand import AccountExpand
    from financial_connections._generated.models.account_holder_filter import (
        AccountHolderFilter,
    )
    from financial_connections._generated.models.account_owner import AccountOwner
    from financial_connections._generated.models.account_with_ownership import (
        AccountWithOwnership,
    )
    from financial_connections._generated.models.refresh_feature import RefreshFeature
    from financial_connections._generated.models.subscription_feature import (
        SubscriptionFeature,
    )
    from financial_connections._request import RequestOptions, Sender
    from financial_connections.pagination import Pager

    ExpandToAccount: TypeAlias = Sequence[
        Literal["account_holder.account", "account_holder.customer"]
    ]
    ExpandToAccountWithOwnership: TypeAlias = (
        list[AccountExpand] | tuple[AccountExpand, ...]
    )


@frozen
class AccountOperations:
    """Accounts that users have linked.

    Args:
        sender: Sends the requests.
    """

    _sender: Sender

    @overload
    async def disconnect(  # type: ignore[overload-overlap]
        self,
        account: str,
        *,
        expand: ExpandToAccount | None = None,
        options: RequestOptions | None = None,
    ) -> Account: ...
    @overload
    async def disconnect(
        self,
        account: str,
        *,
        expand: ExpandToAccountWithOwnership,
        options: RequestOptions | None = None,
    ) -> AccountWithOwnership: ...
    @overload
    async def disconnect(
        self,
        account: str,
        *,
        expand: Sequence[AccountExpand] | None,
        options: RequestOptions | None = None,
    ) -> Account: ...
    async def disconnect(
        self,
        account: str,
        *,
        expand: Sequence[AccountExpand] | None = None,
        options: RequestOptions | None = None,
    ) -> Account:
        """Disconnect an account permanently.

        The account can still be retrieved, with the status `disconnected`, but its data
        can no longer be fetched. To restore access, the account holder must link the
        account again in a new session.

        Args:
            account: ID of the account (`fca_…`).
            expand: Paths of the fields to expand, whose IDs are replaced with the
                objects they refer to. By default, no field is expanded.
            options: Overrides the client's settings for this call.

        Returns:
            The disconnected account.

        Raises:
            NotFoundError: There is no such account, or the API key has no access to it.

        Source: https://docs.stripe.com/api/financial_connections/accounts/disconnect
        """
        return await disconnect_account(
            self._sender, account, expand=expand, options=options
        )

    @overload
    def list(  # type: ignore[overload-overlap]
        self,
        *,
        account_holder: AccountHolderFilter | None = None,
        session: str | None = None,
        limit: int | None = None,
        starting_after: str | None = None,
        ending_before: str | None = None,
        expand: ExpandToAccount | None = None,
        options: RequestOptions | None = None,
    ) -> Pager[Account]: ...
    @overload
    def list(
        self,
        *,
        account_holder: AccountHolderFilter | None = None,
        session: str | None = None,
        limit: int | None = None,
        starting_after: str | None = None,
        ending_before: str | None = None,
        expand: ExpandToAccountWithOwnership,
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
        expand: Sequence[AccountExpand] | None,
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
        """List linked accounts, newest first.

        At most one of the filters `account_holder` and `session` can be given.

        Args:
            account_holder: Return only the accounts of this account holder, such as
                `{"customer": "cus_…"}` or `{"account": "acct_…"}`. By default, all
                accounts are returned.
            session: ID of a session (`fcsess_…`). Return only the accounts linked in
                it. By default, accounts linked in any session are returned.
            limit: Maximum number of items on a page, from 1 to 100. Defaults to 10, or
                to 100 when iterating over a list.
            starting_after: ID of an item. The page contains the items just after it in
                the list, which are older. Cannot be combined with `ending_before`. By
                default, the page starts with the newest item.
            ending_before: ID of an item. The page contains the items just before it in
                the list, which are newer. Cannot be combined with `starting_after`.
            expand: Paths of the IDs in each item to replace with the objects they refer
                to. None by default.
            options: Overrides the client's settings for this call.

        Returns:
            A `Pager`: await it for one page, or iterate over it for all items. No
            request is sent before that.

        Source: https://docs.stripe.com/api/financial_connections/accounts/list
        """
        # Imported here because only lists need it.
        from financial_connections.pagination import Pager

        # Requests are sent later, so copy arguments that could change in the meantime.
        fetch = partial(
            list_accounts,
            self._sender,
            account_holder=deepcopy(account_holder),
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
        """List the owners of an account.

        Returns the owners in one ownership snapshot. Each refresh of the `ownership`
        feature creates a new snapshot.

        Args:
            account: ID of the account (`fca_…`).
            ownership: ID of the ownership snapshot (`fcaowns_…`). The `ownership` field
                of the account has the latest one.
            limit: Maximum number of items on a page, from 1 to 100. Defaults to 10, or
                to 100 when iterating over a list.
            starting_after: ID of an item. The page contains the items just after it in
                the list, which are older. Cannot be combined with `ending_before`. By
                default, the page starts with the newest item.
            ending_before: ID of an item. The page contains the items just before it in
                the list, which are newer. Cannot be combined with `starting_after`.
            expand: Not used: no field can be expanded yet.
            options: Overrides the client's settings for this call.

        Returns:
            A `Pager`: await it for one page, or iterate over it for all items. No
            request is sent before that.

        Source: https://docs.stripe.com/api/financial_connections/ownership
        """
        # Imported here because only lists need it.
        from financial_connections.pagination import Pager

        # Requests are sent later, so copy arguments that could change in the meantime.
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
    async def refresh(  # type: ignore[overload-overlap]
        self,
        account: str,
        *,
        features: Sequence[RefreshFeature],
        expand: ExpandToAccount | None = None,
        options: RequestOptions | None = None,
    ) -> Account: ...
    @overload
    async def refresh(
        self,
        account: str,
        *,
        features: Sequence[RefreshFeature],
        expand: ExpandToAccountWithOwnership,
        options: RequestOptions | None = None,
    ) -> AccountWithOwnership: ...
    @overload
    async def refresh(
        self,
        account: str,
        *,
        features: Sequence[RefreshFeature],
        expand: Sequence[AccountExpand] | None,
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
        """Start a refresh of an account's data.

        Returns without waiting for the refresh, which takes the institution seconds to
        minutes. While it is in progress, the status of the account's `balance_refresh`,
        `ownership_refresh` or `transaction_refresh` is `pending`; afterwards, it is
        `succeeded` or `failed`. A failed refresh leaves the data unchanged.

        Args:
            account: ID of the account (`fca_…`).
            features: Data to refresh; at least one feature. The account must have the
                permission for each of them.
            expand: Paths of the fields to expand, whose IDs are replaced with the
                objects they refer to. By default, no field is expanded.
            options: Overrides the client's settings for this call.

        Returns:
            The account, with the requested refreshes pending.

        Raises:
            AccountInactiveError: The account must be linked again.
            NotFoundError: There is no such account, or the API key has no access to it.

        Source: https://docs.stripe.com/api/financial_connections/accounts/refresh
        """
        return await refresh_account(
            self._sender, account, features=features, expand=expand, options=options
        )

    @overload
    async def retrieve(  # type: ignore[overload-overlap]
        self,
        account: str,
        *,
        expand: ExpandToAccount | None = None,
        options: RequestOptions | None = None,
    ) -> Account: ...
    @overload
    async def retrieve(
        self,
        account: str,
        *,
        expand: ExpandToAccountWithOwnership,
        options: RequestOptions | None = None,
    ) -> AccountWithOwnership: ...
    @overload
    async def retrieve(
        self,
        account: str,
        *,
        expand: Sequence[AccountExpand] | None,
        options: RequestOptions | None = None,
    ) -> Account: ...
    async def retrieve(
        self,
        account: str,
        *,
        expand: Sequence[AccountExpand] | None = None,
        options: RequestOptions | None = None,
    ) -> Account:
        """Retrieve an account.

        Args:
            account: ID of the account (`fca_…`).
            expand: Paths of the fields to expand, whose IDs are replaced with the
                objects they refer to. By default, no field is expanded.
            options: Overrides the client's settings for this call.

        Returns:
            The account.

        Raises:
            NotFoundError: There is no such account, or the API key has no access to it.

        Source: https://docs.stripe.com/api/financial_connections/accounts/retrieve
        """
        return await retrieve_account(
            self._sender, account, expand=expand, options=options
        )

    @overload
    async def subscribe(  # type: ignore[overload-overlap]
        self,
        account: str,
        *,
        features: Sequence[SubscriptionFeature],
        expand: ExpandToAccount | None = None,
        options: RequestOptions | None = None,
    ) -> Account: ...
    @overload
    async def subscribe(
        self,
        account: str,
        *,
        features: Sequence[SubscriptionFeature],
        expand: ExpandToAccountWithOwnership,
        options: RequestOptions | None = None,
    ) -> AccountWithOwnership: ...
    @overload
    async def subscribe(
        self,
        account: str,
        *,
        features: Sequence[SubscriptionFeature],
        expand: Sequence[AccountExpand] | None,
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
        """Subscribe to daily refreshes of an account's data.

        The first refresh starts immediately. Subscribing to a feature again has no
        effect.

        Args:
            account: ID of the account (`fca_…`).
            features: Data to refresh every day; at least one feature.
            expand: Paths of the fields to expand, whose IDs are replaced with the
                objects they refer to. By default, no field is expanded.
            options: Overrides the client's settings for this call.

        Returns:
            The account, with its subscriptions.

        Source: https://docs.stripe.com/api/financial_connections/accounts/subscribe
        """
        return await subscribe_account(
            self._sender, account, features=features, expand=expand, options=options
        )

    @overload
    async def unsubscribe(  # type: ignore[overload-overlap]
        self,
        account: str,
        *,
        features: Sequence[SubscriptionFeature],
        expand: ExpandToAccount | None = None,
        options: RequestOptions | None = None,
    ) -> Account: ...
    @overload
    async def unsubscribe(
        self,
        account: str,
        *,
        features: Sequence[SubscriptionFeature],
        expand: ExpandToAccountWithOwnership,
        options: RequestOptions | None = None,
    ) -> AccountWithOwnership: ...
    @overload
    async def unsubscribe(
        self,
        account: str,
        *,
        features: Sequence[SubscriptionFeature],
        expand: Sequence[AccountExpand] | None,
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
        """Cancel daily refreshes of an account's data.

        Args:
            account: ID of the account (`fca_…`).
            features: Data to stop refreshing every day; at least one feature.
            expand: Paths of the fields to expand, whose IDs are replaced with the
                objects they refer to. By default, no field is expanded.
            options: Overrides the client's settings for this call.

        Returns:
            The account, with its remaining subscriptions.

        Source: https://docs.stripe.com/api/financial_connections/accounts/unsubscribe
        """
        return await unsubscribe_account(
            self._sender, account, features=features, expand=expand, options=options
        )
