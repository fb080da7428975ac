"""Refreshes, which are null, then pending, then succeeded or failed.

The response to a refresh request always shows `pending`. Data changes when the refresh
succeeds. If it fails, the previous data is kept. Both outcomes emit the same snapshot
event, but different thin events.

Source: https://docs.stripe.com/financial-connections/balances
"""

from collections.abc import Sequence

from financial_connections.sandbox.api.errors import APIError
from financial_connections.sandbox.api.records import (
    Account,
    Balance,
    Change,
    Merchant,
    Owner,
    Ownership,
    Refresh,
)
from financial_connections.sandbox.api.state import DAY, State
from financial_connections.sandbox.api.terms import FEATURES, PERMISSION_FOR
from financial_connections.sandbox.rules import Feature


def request_refresh(
    state: State, merchant: Merchant, account: Account, features: Sequence[Feature]
) -> None:
    """Start a refresh of every feature, or of none if any of them is rejected."""
    require_active(account)
    for feature in features:
        require_permission(state, account, feature)
    too_early: list[Feature] = [
        feature for feature in features if _is_too_early(state, account, feature)
    ]
    if too_early and state.rules.early_refresh == "refuse":
        raise _not_available(
            account, too_early[0], f"features[{features.index(too_early[0])}]"
        )
    for feature in FEATURES:
        if feature in features and feature not in too_early:
            start(state, merchant, account, feature)


def require_active(account: Account, *, action: str = "refreshed") -> None:
    """Reject an account that is not active."""
    if account.status != "active":
        raise APIError(
            code="financial_connections_account_inactive"
            if account.status == "inactive"
            else None,
            message=f"The account is {account.status} and cannot be {action}.",
            param="account",
        )


def require_permission(state: State, account: Account, feature: Feature) -> None:
    """Reject a feature that the account holder has not granted permission for."""
    permission = PERMISSION_FOR[feature]
    if permission not in account.permissions:
        raise APIError(
            status=state.rules.missing_permission_status,
            message=f"This request requires the permission `{permission}`, which the"
            " account does not have.",
        )


def _is_too_early(state: State, account: Account, feature: Feature) -> bool:
    refresh = account.refreshes.get(feature)
    return refresh is not None and (
        refresh.status == "pending"
        or state.now < (refresh.next_available_at or state.now)
    )


def _not_available(account: Account, feature: Feature, param: str) -> APIError:
    available_at = account.refreshes[feature].next_available_at
    reason = (
        "is still pending"
        if available_at is None
        else f"is not available before {available_at}"
    )
    return APIError(message=f"The refresh of `{feature}` {reason}.", param=param)


def start(
    state: State, merchant: Merchant, account: Account, feature: Feature
) -> Refresh:
    """Start a refresh and schedule its end."""
    account.attempts += 1
    refresh = Refresh(number=account.attempts, last_attempted_at=state.now)
    if feature == "transactions":
        refresh.id = state.ids.new("fctxnref")
        account.transaction_refreshes[refresh.id] = refresh
    account.refreshes[feature] = refresh
    state.schedule_at(
        state.now + state.rules.refresh_seconds,
        lambda: finish(state, merchant, account, feature, refresh),
    )
    return refresh


def count_poll(state: State, merchant: Merchant, account: Account) -> None:
    """Count a retrieval of the account, and finish refreshes polled often enough."""
    for feature, refresh in list(account.refreshes.items()):
        if refresh.status != "pending":
            continue
        state.polls += 1
        refresh.polls += 1
        if (
            state.rules.refresh_polls is not None
            and refresh.polls >= state.rules.refresh_polls
        ):
            finish(state, merchant, account, feature, refresh)


def finish(
    state: State,
    merchant: Merchant,
    account: Account,
    feature: Feature,
    refresh: Refresh,
) -> None:
    """Finish a refresh if it is still pending."""
    if refresh.status != "pending":
        return
    succeeds = account.status == "active" and feature not in account.institution.failing
    refresh.status = "succeeded" if succeeds else "failed"
    refresh.next_available_at = int(
        refresh.last_attempted_at + state.rules.refresh_cooldown
    )
    if succeeds:
        _fetch(state, merchant, account, feature, refresh)
    if account.status != "disconnected":
        state.emit(f"refreshed_{feature}", merchant, account)
        state.emit_thin(f"{feature}_refresh_{refresh.status}", merchant, account)


def _fetch(
    state: State,
    merchant: Merchant,
    account: Account,
    feature: Feature,
    refresh: Refresh,
) -> None:
    institution = account.institution
    match feature:
        case "balance":
            account.balance = Balance(state.now, institution.balance, account.currency)
        case "ownership":
            account.ownership = _snapshot(state, account)
            merchant.ownerships[account.ownership.id] = account.ownership
        case "transactions":
            changes, institution.changes = institution.changes, []
            for change in changes:
                change(refresh)


def _snapshot(state: State, account: Account) -> Ownership:
    snapshot = Ownership(state.ids.new("fcaowns"), account.id, state.now)
    for person in account.institution.owners:
        snapshot.owners.append(
            Owner(state.ids.new("fcaown"), snapshot.id, person, state.now)
        )
    return snapshot


def refresh_now(
    state: State, merchant: Merchant, account: Account, feature: Feature
) -> None:
    """Refresh a feature and finish immediately, so that it can be refreshed again."""
    refresh = account.refreshes.get(feature)
    if refresh is None or refresh.status != "pending":
        refresh = start(state, merchant, account, feature)
    finish(state, merchant, account, feature, refresh)
    refresh.next_available_at = state.now


def refresh_daily(
    state: State, merchant: Merchant, account: Account, token: object
) -> None:
    """Refresh transactions now and every day for as long as the subscription lasts.

    Days when the account is not active are skipped.
    """
    if account.subscription is not token:
        return
    latest = account.refreshes.get("transactions")
    if account.status == "active" and (latest is None or latest.status != "pending"):
        start(state, merchant, account, "transactions")
    state.schedule_at(
        state.now + DAY, lambda: refresh_daily(state, merchant, account, token)
    )


def change_transactions(
    state: State,
    merchant: Merchant,
    account: Account,
    change: Change,
    *,
    at_next_refresh: bool,
) -> None:
    """Change the institution's transactions, and refresh them unless told to wait."""
    if not at_next_refresh and account.status != "active":
        raise ValueError(f"{account.id} is {account.status} and cannot be refreshed")
    account.institution.changes.append(change)
    if not at_next_refresh:
        refresh_now(state, merchant, account, "transactions")
