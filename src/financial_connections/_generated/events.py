"""Webhook events, one class for each event type.

Generated code. Do not edit.
"""

from collections.abc import Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Any, Protocol, overload

from attrs import field, frozen

from financial_connections._decoding import REQUIRED, Model
from financial_connections._events import (
    Event,
    EventClient,
    EventNotification,
    RelatedObject,
    SnapshotEvent,
    client_for,
    require_object_id,
)
from financial_connections._generated.models.account import Account
from financial_connections._generated.models.authorization import Authorization

if TYPE_CHECKING:
    from collections.abc import Sequence

    from financial_connections._generated.models.account_expand import AccountExpand
    from financial_connections._generated.models.account_with_ownership import (
        AccountWithOwnership,
    )
    from financial_connections._generated.operations.accounts import (
        AccountOperations,
        ExpandToAccount,
        ExpandToAccountWithOwnership,
    )
    from financial_connections._request import RequestOptions

__all__ = [
    "AccountBalanceRefreshFailedNotification",
    "AccountBalanceRefreshSucceededNotification",
    "AccountCreated",
    "AccountCreatedNotification",
    "AccountDeactivated",
    "AccountDeactivatedNotification",
    "AccountDisconnected",
    "AccountDisconnectedNotification",
    "AccountEvent",
    "AccountEventData",
    "AccountExpectedDeactivationDateUpdated",
    "AccountExpectedDeactivationDateUpdatedNotification",
    "AccountInferredBalancesRefreshFailedNotification",
    "AccountInferredBalancesRefreshSucceededNotification",
    "AccountNotification",
    "AccountNumbersUpdated",
    "AccountNumbersUpdatedNotification",
    "AccountOwnershipRefreshFailedNotification",
    "AccountOwnershipRefreshSucceededNotification",
    "AccountReactivated",
    "AccountReactivatedNotification",
    "AccountRefreshedBalance",
    "AccountRefreshedBalanceNotification",
    "AccountRefreshedOwnership",
    "AccountRefreshedOwnershipNotification",
    "AccountRefreshedTransactions",
    "AccountRefreshedTransactionsNotification",
    "AccountRiskIntelligenceRefreshFailedNotification",
    "AccountRiskIntelligenceRefreshSucceededNotification",
    "AccountSupportedPaymentMethodTypesUpdated",
    "AccountSupportedPaymentMethodTypesUpdatedNotification",
    "AccountTransactionsRefreshFailedNotification",
    "AccountTransactionsRefreshSucceededNotification",
    "AccountUpcomingDeactivation",
    "AccountUpcomingDeactivationNotification",
    "AuthorizationEvent",
    "AuthorizationEventData",
    "AuthorizationExpectedDeactivationDateUpdated",
    "AuthorizationUpcomingDeactivation",
    "UpcomingAccountNumberExpiry",
    "UpcomingAccountNumberExpiryNotification",
]


class AccountClient(EventClient, Protocol):
    """A client that has the operations on accounts."""

    # Like in `AsyncClient`, because pyright does not accept one for a property.
    @cached_property
    def accounts(self) -> "AccountOperations":
        """The operations on accounts."""
        ...


@frozen(kw_only=True, eq=False, repr=False)
class AccountEventData(Model):
    """Data of an event about an account."""

    object: Account = REQUIRED
    """The account at the time of the event; it may have changed since."""
    previous_attributes: dict[str, Any] | None = field(default=None, repr=False)
    """Previous values of the attributes that changed; only set for updates."""


@frozen(kw_only=True, eq=False, repr=False)
class AccountEvent(SnapshotEvent):
    """Base class of all events that contain an account."""

    data: AccountEventData = REQUIRED
    """The account that the event is about."""

    @overload
    async def fetch(  # type: ignore[overload-overlap]
        self,
        client: "AccountClient",
        *,
        expand: "ExpandToAccount | None" = None,
        options: "RequestOptions | None" = None,
    ) -> "Account": ...
    @overload
    async def fetch(
        self,
        client: "AccountClient",
        *,
        expand: "ExpandToAccountWithOwnership",
        options: "RequestOptions | None" = None,
    ) -> "AccountWithOwnership": ...
    @overload
    async def fetch(
        self,
        client: "AccountClient",
        *,
        expand: "Sequence[AccountExpand] | None",
        options: "RequestOptions | None" = None,
    ) -> "Account": ...
    async def fetch(
        self,
        client: "AccountClient",
        *,
        expand: "Sequence[AccountExpand] | None" = None,
        options: "RequestOptions | None" = None,
    ) -> "Account":
        """Retrieve the account as it is now.

        The request is made in the context or connected account of the event, unless
        `options` contains another one.

        Args:
            client: Client to send the request with, such as an `AsyncClient`.
            expand: Paths of the fields to expand, whose IDs are replaced with the
                objects they refer to. By default, no field is expanded.
            options: Overrides the client's settings for this call.

        Returns:
            The account.

        Raises:
            InvalidArgumentError: The event does not contain the ID of its object.
            NotFoundError: There is no such account, or the API key has no access to it.
        """
        target = client_for(self, client, options)
        return await target.accounts.retrieve(
            require_object_id(self), expand=expand, options=options
        )


class AccountCreated(AccountEvent):
    """An account was linked."""

    __slots__ = ()


class AccountDeactivated(AccountEvent):
    """An account became inactive and cannot be refreshed until it is linked again."""

    __slots__ = ()


class AccountDisconnected(AccountEvent):
    """Access to an account ended permanently."""

    __slots__ = ()


class AccountExpectedDeactivationDateUpdated(AccountEvent):
    """The expected date of an account's deactivation was set, changed or removed."""

    __slots__ = ()


class AccountNumbersUpdated(AccountEvent):
    """The account numbers changed."""

    __slots__ = ()


class AccountReactivated(AccountEvent):
    """An inactive account is active again."""

    __slots__ = ()


class AccountRefreshedBalance(AccountEvent):
    """A balance refresh ended; see the account's `balance_refresh.status`."""

    __slots__ = ()


class AccountRefreshedOwnership(AccountEvent):
    """An ownership refresh ended; see the account's `ownership_refresh.status`."""

    __slots__ = ()


class AccountRefreshedTransactions(AccountEvent):
    """A transaction refresh ended, so there may be new transactions to `sync`.

    The account's `transaction_refresh.status` shows whether it succeeded.
    """

    __slots__ = ()


class AccountSupportedPaymentMethodTypesUpdated(AccountEvent):
    """The types of payment methods that can be created from an account changed."""

    __slots__ = ()


class AccountUpcomingDeactivation(AccountEvent):
    """An account will become inactive soon; see its `status_details`."""

    __slots__ = ()


class UpcomingAccountNumberExpiry(AccountEvent):
    """An account number will expire soon."""

    __slots__ = ()


@frozen(kw_only=True, eq=False, repr=False)
class AccountNotification(EventNotification):
    """Base class of all thin events about an account."""

    related_object: RelatedObject = REQUIRED
    """Reference to the account that the event is about."""

    @overload
    async def fetch(  # type: ignore[overload-overlap]
        self,
        client: "AccountClient",
        *,
        expand: "ExpandToAccount | None" = None,
        options: "RequestOptions | None" = None,
    ) -> "Account": ...
    @overload
    async def fetch(
        self,
        client: "AccountClient",
        *,
        expand: "ExpandToAccountWithOwnership",
        options: "RequestOptions | None" = None,
    ) -> "AccountWithOwnership": ...
    @overload
    async def fetch(
        self,
        client: "AccountClient",
        *,
        expand: "Sequence[AccountExpand] | None",
        options: "RequestOptions | None" = None,
    ) -> "Account": ...
    async def fetch(
        self,
        client: "AccountClient",
        *,
        expand: "Sequence[AccountExpand] | None" = None,
        options: "RequestOptions | None" = None,
    ) -> "Account":
        """Retrieve the account as it is now.

        The request is made in the context or connected account of the event, unless
        `options` contains another one.

        Args:
            client: Client to send the request with, such as an `AsyncClient`.
            expand: Paths of the fields to expand, whose IDs are replaced with the
                objects they refer to. By default, no field is expanded.
            options: Overrides the client's settings for this call.

        Returns:
            The account.

        Raises:
            InvalidArgumentError: The event does not contain the ID of its object.
            NotFoundError: There is no such account, or the API key has no access to it.
        """
        target = client_for(self, client, options)
        return await target.accounts.retrieve(
            require_object_id(self), expand=expand, options=options
        )


class AccountBalanceRefreshFailedNotification(AccountNotification):
    """A balance refresh failed."""

    __slots__ = ()


class AccountBalanceRefreshSucceededNotification(AccountNotification):
    """A balance refresh succeeded."""

    __slots__ = ()


class AccountCreatedNotification(AccountNotification):
    """An account was linked."""

    __slots__ = ()


class AccountDeactivatedNotification(AccountNotification):
    """An account became inactive and cannot be refreshed until it is linked again."""

    __slots__ = ()


class AccountDisconnectedNotification(AccountNotification):
    """Access to an account ended permanently."""

    __slots__ = ()


class AccountExpectedDeactivationDateUpdatedNotification(AccountNotification):
    """The expected date of an account's deactivation was set, changed or removed."""

    __slots__ = ()


class AccountInferredBalancesRefreshFailedNotification(AccountNotification):
    """A refresh of inferred balances failed."""

    __slots__ = ()


class AccountInferredBalancesRefreshSucceededNotification(AccountNotification):
    """A refresh of inferred balances succeeded."""

    __slots__ = ()


class AccountNumbersUpdatedNotification(AccountNotification):
    """The account numbers changed."""

    __slots__ = ()


class AccountOwnershipRefreshFailedNotification(AccountNotification):
    """An ownership refresh failed."""

    __slots__ = ()


class AccountOwnershipRefreshSucceededNotification(AccountNotification):
    """An ownership refresh succeeded."""

    __slots__ = ()


class AccountReactivatedNotification(AccountNotification):
    """An inactive account is active again."""

    __slots__ = ()


class AccountRefreshedBalanceNotification(AccountNotification):
    """A balance refresh ended; see the account's `balance_refresh.status`."""

    __slots__ = ()


class AccountRefreshedOwnershipNotification(AccountNotification):
    """An ownership refresh ended; see the account's `ownership_refresh.status`."""

    __slots__ = ()


class AccountRefreshedTransactionsNotification(AccountNotification):
    """A transaction refresh ended, so there may be new transactions to `sync`.

    The account's `transaction_refresh.status` shows whether it succeeded.
    """

    __slots__ = ()


class AccountRiskIntelligenceRefreshFailedNotification(AccountNotification):
    """A refresh of risk intelligence failed."""

    __slots__ = ()


class AccountRiskIntelligenceRefreshSucceededNotification(AccountNotification):
    """A refresh of risk intelligence succeeded."""

    __slots__ = ()


class AccountSupportedPaymentMethodTypesUpdatedNotification(AccountNotification):
    """The types of payment methods that can be created from an account changed."""

    __slots__ = ()


class AccountTransactionsRefreshFailedNotification(AccountNotification):
    """A transaction refresh failed."""

    __slots__ = ()


class AccountTransactionsRefreshSucceededNotification(AccountNotification):
    """A transaction refresh succeeded, so there may be new transactions to `sync`."""

    __slots__ = ()


class AccountUpcomingDeactivationNotification(AccountNotification):
    """An account will become inactive soon; see its `status_details`."""

    __slots__ = ()


class UpcomingAccountNumberExpiryNotification(AccountNotification):
    """An account number will expire soon."""

    __slots__ = ()


@frozen(kw_only=True, eq=False, repr=False)
class AuthorizationEventData(Model):
    """Data of an event about an authorization."""

    object: Authorization = REQUIRED
    """The authorization at the time of the event; it may have changed since."""
    previous_attributes: dict[str, Any] | None = field(default=None, repr=False)
    """Previous values of the attributes that changed; only set for updates."""


@frozen(kw_only=True, eq=False, repr=False)
class AuthorizationEvent(SnapshotEvent):
    """Base class of all events that contain an authorization."""

    data: AuthorizationEventData = REQUIRED
    """The authorization that the event is about."""


class AuthorizationExpectedDeactivationDateUpdated(AuthorizationEvent):
    """The expected date of an authorization's end was set, changed or removed."""

    __slots__ = ()


class AuthorizationUpcomingDeactivation(AuthorizationEvent):
    """An authorization will become inactive soon, and so will its accounts."""

    __slots__ = ()


EVENT_CLASSES: Mapping[str, type[Event]] = {
    "financial_connections.account.account_numbers_updated": AccountNumbersUpdated,
    "financial_connections.account.created": AccountCreated,
    "financial_connections.account.deactivated": AccountDeactivated,
    "financial_connections.account.disconnected": AccountDisconnected,
    "financial_connections.account.expected_deactivation_date_updated": AccountExpectedDeactivationDateUpdated,
    "financial_connections.account.reactivated": AccountReactivated,
    "financial_connections.account.refreshed_balance": AccountRefreshedBalance,
    "financial_connections.account.refreshed_ownership": AccountRefreshedOwnership,
    "financial_connections.account.refreshed_transactions": AccountRefreshedTransactions,
    "financial_connections.account.supported_payment_method_types_updated": AccountSupportedPaymentMethodTypesUpdated,
    "financial_connections.account.upcoming_account_number_expiry": UpcomingAccountNumberExpiry,
    "financial_connections.account.upcoming_deactivation": AccountUpcomingDeactivation,
    "financial_connections.authorization.expected_deactivation_date_updated": AuthorizationExpectedDeactivationDateUpdated,
    "financial_connections.authorization.upcoming_deactivation": AuthorizationUpcomingDeactivation,
    "v1.financial_connections.account.account_numbers_updated": AccountNumbersUpdatedNotification,
    "v1.financial_connections.account.balance_refresh_failed": AccountBalanceRefreshFailedNotification,
    "v1.financial_connections.account.balance_refresh_succeeded": AccountBalanceRefreshSucceededNotification,
    "v1.financial_connections.account.created": AccountCreatedNotification,
    "v1.financial_connections.account.deactivated": AccountDeactivatedNotification,
    "v1.financial_connections.account.disconnected": AccountDisconnectedNotification,
    "v1.financial_connections.account.expected_deactivation_date_updated": AccountExpectedDeactivationDateUpdatedNotification,
    "v1.financial_connections.account.inferred_balances_refresh_failed": AccountInferredBalancesRefreshFailedNotification,
    "v1.financial_connections.account.inferred_balances_refresh_succeeded": AccountInferredBalancesRefreshSucceededNotification,
    "v1.financial_connections.account.ownership_refresh_failed": AccountOwnershipRefreshFailedNotification,
    "v1.financial_connections.account.ownership_refresh_succeeded": AccountOwnershipRefreshSucceededNotification,
    "v1.financial_connections.account.reactivated": AccountReactivatedNotification,
    "v1.financial_connections.account.refreshed_balance": AccountRefreshedBalanceNotification,
    "v1.financial_connections.account.refreshed_ownership": AccountRefreshedOwnershipNotification,
    "v1.financial_connections.account.refreshed_transactions": AccountRefreshedTransactionsNotification,
    "v1.financial_connections.account.risk_intelligence_refresh_failed": AccountRiskIntelligenceRefreshFailedNotification,
    "v1.financial_connections.account.risk_intelligence_refresh_succeeded": AccountRiskIntelligenceRefreshSucceededNotification,
    "v1.financial_connections.account.supported_payment_method_types_updated": AccountSupportedPaymentMethodTypesUpdatedNotification,
    "v1.financial_connections.account.transactions_refresh_failed": AccountTransactionsRefreshFailedNotification,
    "v1.financial_connections.account.transactions_refresh_succeeded": AccountTransactionsRefreshSucceededNotification,
    "v1.financial_connections.account.upcoming_account_number_expiry": UpcomingAccountNumberExpiryNotification,
    "v1.financial_connections.account.upcoming_deactivation": AccountUpcomingDeactivationNotification,
}
"""The class of each event type."""
