"""
What an account says of its refreshes. Pure.

A refresh is asynchronous: its answer says `pending`, later looks say `succeeded` or `failed`. Source:
https://docs.stripe.com/financial-connections/balances
"""

from typing import Any

from financial_connections.errors import (
    AccountDisconnectedError,
    AccountInactiveError,
    InvalidArgumentError,
    InvalidRequestError,
    RefreshFailedError,
)
from financial_connections.models import Account, AccountStatus, RefreshStatus

# Mind the trap: the feature is `balance` where the permission, and what a session can prefetch, is `balances`; and
# the attribute of `transactions` is in the singular.
_ATTRIBUTES = {
    "balance": "balance_refresh",
    "ownership": "ownership_refresh",
    "transactions": "transaction_refresh",
}
_PERMISSIONS = {"balance": "balances"}


def features_from(features: Any) -> tuple[str, ...]:
    """Return the features to refresh. Raises `InvalidArgumentError` when one of them cannot be waited for."""
    if isinstance(features, str) or not features:
        raise InvalidArgumentError('features must be a list of at least one: features=["balance"]')
    wanted = tuple(dict.fromkeys(features))
    for feature in wanted:
        if feature == "balances":
            raise InvalidArgumentError('features: the permission is "balances", the feature is "balance"')
        if feature not in _ATTRIBUTES:
            raise InvalidArgumentError(f"features: choose from {', '.join(_ATTRIBUTES)}")
    return wanted


def is_refreshed(account: Account, features: tuple[str, ...]) -> bool:
    """Tell whether all features are refreshed. Raises an error when one of them will not be."""
    statuses = {feature: status_of(account, feature) for feature in features}
    if all(status == RefreshStatus.SUCCEEDED for status in statuses.values()):
        return True
    # First the account: its end is why refreshes fail.
    require_access(account)
    if failed := [feature for feature, status in statuses.items() if status == RefreshStatus.FAILED]:
        raise RefreshFailedError(f"the refresh of {', '.join(failed)} failed", features=failed)
    return False


def idle_features(account: Account, features: tuple[str, ...]) -> list[str]:
    """Return those that are not being refreshed at the moment."""
    return [feature for feature in features if status_of(account, feature) != RefreshStatus.PENDING]


def has_permission(account: Account, features: list[str]) -> bool:
    """Tell whether the holder let all of them be read."""
    permissions = {str(permission) for permission in account.permissions or ()}
    return all(_PERMISSIONS.get(feature, feature) in permissions for feature in features)


def _refresh_of(account: Account | None, feature: str) -> Any:
    return getattr(account, _ATTRIBUTES[feature], None)


def status_of(account: Account | None, feature: str) -> str | None:
    """Return how the latest refresh of a feature went; None when there was none."""
    return getattr(_refresh_of(account, feature), "status", None)


def opening_of(account: Account, features: list[str]) -> int:
    """Return from when on all features can be refreshed, in seconds since the epoch; 0 where nothing is said."""
    return max(getattr(_refresh_of(account, feature), "next_refresh_available_at", None) or 0 for feature in features)


def require_access(account: Account) -> None:
    """Raise an error when nothing can be fetched from an account."""
    error = access_error(account)
    if error:
        raise error


def access_error(account: Account) -> InvalidRequestError | None:
    """Return why an account cannot be refreshed; what it says of itself, before a request is refused for it."""
    facts: dict[str, Any] = {"status": 200, "request_id": account.request_id}
    if account.status == AccountStatus.INACTIVE:
        error = AccountInactiveError("the account is inactive: its holder has to link it again", **facts)
        error.code = "financial_connections_account_inactive"
        return error
    if account.status == AccountStatus.DISCONNECTED:
        return AccountDisconnectedError("the account is disconnected: its holder has to link it anew", **facts)
    return None
