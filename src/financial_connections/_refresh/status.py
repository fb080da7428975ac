"""Read the state of refreshes from an account. Pure.

Refreshes are asynchronous. The response to the request that starts one shows it as
`pending`, and later responses show it as `succeeded` or `failed`. Source:
https://docs.stripe.com/financial-connections/balances
"""

from typing import Any

from financial_connections.errors import (
    AccountDisconnectedError,
    AccountInactiveError,
    InvalidArgumentError,
    InvalidRequestError,
)
from financial_connections.models import Account, AccountStatus

# Stripe's names differ: the feature is `balance`, but the permission and the prefetch
# of a session are `balances`. The attribute for `transactions` is in the singular.
_ATTRIBUTES = {
    "balance": "balance_refresh",
    "ownership": "ownership_refresh",
    "transactions": "transaction_refresh",
}
_PERMISSIONS = {"balance": "balances"}


def features_from(features: Any) -> tuple[str, ...]:
    """Return the features to refresh, without duplicates.

    Raises:
        InvalidArgumentError: There is no feature, or one of them cannot be refreshed.
    """
    if isinstance(features, str) or not features:
        raise InvalidArgumentError(
            'features must be a list with at least one item: features=["balance"]'
        )
    unique = tuple(dict.fromkeys(features))
    for feature in unique:
        if feature == "balances":
            raise InvalidArgumentError(
                'features must contain "balance"; "balances" is the permission'
            )
        if feature not in _ATTRIBUTES:
            raise InvalidArgumentError(
                f"features must be some of {', '.join(_ATTRIBUTES)}"
            )
    return unique


def has_permission(account: Account, features: list[str]) -> bool:
    """Return True if the account holder has allowed access to all features."""
    permissions = {str(permission) for permission in account.permissions or ()}
    return all(
        _PERMISSIONS.get(feature, feature) in permissions for feature in features
    )


def refresh_of(account: Account | None, feature: str) -> Any:
    """Return the latest refresh of a feature; None if there has been none."""
    return getattr(account, _ATTRIBUTES[feature], None)


def status_of(account: Account | None, feature: str) -> str | None:
    """Return the status of the latest refresh of a feature, if there has been one."""
    return getattr(refresh_of(account, feature), "status", None)


def available_at(account: Account, features: list[str]) -> int:
    """Return the time from which all features can be refreshed.

    Returns:
        Seconds since the epoch; 0 if the time is not known.
    """
    return max(
        getattr(refresh_of(account, feature), "next_refresh_available_at", None) or 0
        for feature in features
    )


def require_access(account: Account) -> None:
    """Raise an error if no data can be fetched from the account."""
    error = account_error(account)
    if error:
        raise error


def account_error(account: Account) -> InvalidRequestError | None:
    """Return an error if the status of the account rules out a refresh."""
    fields: dict[str, Any] = {"status": 200, "request_id": account.request_id}
    if account.status == AccountStatus.INACTIVE:
        error = AccountInactiveError(
            "the account is inactive: the account holder must link it again", **fields
        )
        error.code = "financial_connections_account_inactive"
        return error
    if account.status == AccountStatus.DISCONNECTED:
        return AccountDisconnectedError(
            "the account is disconnected: the account holder must link it again, which "
            "creates a new account",
            **fields,
        )
    return None
