"""Read the state of an account's refreshes. Pure.

Refreshes are asynchronous: a refresh is `pending` in the response to the request that
starts it, and `succeeded` or `failed` in later responses. Source:
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

# Stripe's names are inconsistent: the feature is `balance`, but the permission and the
# session prefetch are `balances`. The attribute for `transactions` is singular.
_ATTRIBUTES = {
    "balance": "balance_refresh",
    "ownership": "ownership_refresh",
    "transactions": "transaction_refresh",
}
_PERMISSIONS = {"balance": "balances"}


def features_from(features: Any) -> tuple[str, ...]:
    """Return the features to refresh, without duplicates.

    Raises:
        InvalidArgumentError: No feature is given, or one of them cannot be refreshed.
    """
    names = [] if isinstance(features, str) else list(features or ())
    if not names:
        raise InvalidArgumentError(
            'features must be a list with at least one item: features=["balance"]'
        )
    unique = tuple(dict.fromkeys(names))
    for feature in unique:
        if feature == "balances":
            raise InvalidArgumentError(
                'features must contain "balance"; "balances" is the permission'
            )
        if feature not in _ATTRIBUTES:
            raise InvalidArgumentError(
                f"features may contain only {', '.join(_ATTRIBUTES)}"
            )
    return unique


def has_permission(account: Account, features: list[str]) -> bool:
    """Return True if the account holder has granted access to all features."""
    permissions = {str(permission) for permission in account.permissions or ()}
    return all(
        _PERMISSIONS.get(feature, feature) in permissions for feature in features
    )


def refresh_of(account: Account | None, feature: str) -> Any:
    """Return the latest refresh of a feature, or None if there is none."""
    return getattr(account, _ATTRIBUTES[feature], None)


def status_of(account: Account | None, feature: str) -> str | None:
    """Return the status of a feature's latest refresh, or None if there is none."""
    return getattr(refresh_of(account, feature), "status", None)


def available_at(account: Account, features: list[str]) -> int:
    """Return the time from which all features can be refreshed.

    Returns:
        Seconds since the epoch; 0 if the time is unknown.
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
