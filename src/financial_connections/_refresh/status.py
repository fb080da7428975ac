"""Read the state of refreshes off an account. Pure.

A refresh is asynchronous: the response that starts it shows it as `pending`, later ones
as `succeeded` or `failed`. Source:
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

# Mind the trap: the feature is `balance` where the permission, and what a session can
# prefetch, is `balances`; and the attribute of `transactions` is in the singular.
_ATTRIBUTES = {
    "balance": "balance_refresh",
    "ownership": "ownership_refresh",
    "transactions": "transaction_refresh",
}
_PERMISSIONS = {"balance": "balances"}


def features_from(features: Any) -> tuple[str, ...]:
    """Return the features to refresh, each once.

    Raises:
        InvalidArgumentError: There are none, or one of them cannot be refreshed.

    """
    if isinstance(features, str) or not features:
        raise InvalidArgumentError(
            'features must be a list of at least one: features=["balance"]'
        )
    wanted = tuple(dict.fromkeys(features))
    for feature in wanted:
        if feature == "balances":
            raise InvalidArgumentError(
                'features: the permission is "balances", the feature is "balance"'
            )
        if feature not in _ATTRIBUTES:
            raise InvalidArgumentError(
                f"features: choose from {', '.join(_ATTRIBUTES)}"
            )
    return wanted


def has_permission(account: Account, features: list[str]) -> bool:
    """Return True if the account holder allowed all of `features` to be read."""
    permissions = {str(permission) for permission in account.permissions or ()}
    return all(
        _PERMISSIONS.get(feature, feature) in permissions for feature in features
    )


def refresh_of(account: Account | None, feature: str) -> Any:
    """Return the latest refresh of a feature; None if there was none."""
    return getattr(account, _ATTRIBUTES[feature], None)


def status_of(account: Account | None, feature: str) -> str | None:
    """Return the status of the latest refresh of a feature; None if there was none."""
    return getattr(refresh_of(account, feature), "status", None)


def opening_of(account: Account, features: list[str]) -> int:
    """Return the time from which all features can be refreshed, in seconds since the
    epoch; 0 if unknown.
    """
    return max(
        getattr(refresh_of(account, feature), "next_refresh_available_at", None) or 0
        for feature in features
    )


def require_access(account: Account) -> None:
    """Raise an error if no data can be fetched from the account."""
    error = access_error(account)
    if error:
        raise error


def access_error(account: Account) -> InvalidRequestError | None:
    """Return the error of an account that cannot be refreshed, judged by its own
    status; None if it can.
    """
    facts: dict[str, Any] = {"status": 200, "request_id": account.request_id}
    if account.status == AccountStatus.INACTIVE:
        error = AccountInactiveError(
            "the account is inactive: its holder has to link it again", **facts
        )
        error.code = "financial_connections_account_inactive"
        return error
    if account.status == AccountStatus.DISCONNECTED:
        return AccountDisconnectedError(
            "the account is disconnected: its holder has to link it anew", **facts
        )
    return None
