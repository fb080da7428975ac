"""The life of a refresh: null → pending → succeeded or failed.
https://docs.stripe.com/financial-connections/balances

The answer to a refresh only says `pending`. Data changes when the refresh succeeds; a
failed one keeps what was there. Both are told by an event of the same name.
"""

from collections.abc import Sequence

from financial_connections.sandbox.api.errors import Refusal
from financial_connections.sandbox.api.records import (
    FEATURES,
    PERMISSION_FOR,
    Account,
    Balance,
    Merchant,
    Owner,
    Ownership,
    Refresh,
)
from financial_connections.sandbox.api.state import DAY, State
from financial_connections.sandbox.rules import Feature


def request_refresh(
    state: State, merchant: Merchant, account: Account, features: Sequence[Feature]
) -> None:
    """Start a refresh of each feature, or of none when one is refused."""
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
    """Refuse an account from which nothing can be fetched."""
    if account.status != "active":
        raise Refusal(
            code="financial_connections_account_inactive"
            if account.status == "inactive"
            else None,
            message=f"The account is {account.status} and cannot be {action}.",
            param="account",
        )


def require_permission(state: State, account: Account, feature: Feature) -> None:
    """Refuse a feature for which the account holder gave no permission."""
    if PERMISSION_FOR[feature] not in account.permissions:
        raise Refusal(
            status=state.rules.missing_permission_status,
            message=f"The account has no permission `{PERMISSION_FOR[feature]}`, which this needs.",
        )


def _is_too_early(state: State, account: Account, feature: Feature) -> bool:
    refresh = account.refreshes.get(feature)
    return refresh is not None and (
        refresh.status == "pending"
        or state.now < (refresh.next_available_at or state.now)
    )


def _not_available(account: Account, feature: Feature, param: str) -> Refusal:
    available_at = account.refreshes[feature].next_available_at
    reason = (
        "is under way"
        if available_at is None
        else f"is available again at {available_at}"
    )
    return Refusal(message=f"The refresh of `{feature}` {reason}.", param=param)


def start(
    state: State, merchant: Merchant, account: Account, feature: Feature
) -> Refresh:
    """Begin a refresh, which the institution answers later."""
    account.attempts += 1
    refresh = Refresh(number=account.attempts, last_attempted_at=state.now)
    if feature == "transactions":
        refresh.id = state.ids.new("fctxnref")
        account.transaction_refreshes[refresh.id] = refresh
    account.refreshes[feature] = refresh
    state.at(
        state.now + state.rules.refresh_seconds,
        lambda: finish(state, merchant, account, feature, refresh),
    )
    return refresh


def count_poll(state: State, merchant: Merchant, account: Account) -> None:
    """Note that the account is being retrieved, which may be the poll that finds its
    refreshes done.
    """
    for feature, refresh in list(account.refreshes.items()):
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
    """Let the institution answer, unless it has."""
    if refresh.status != "pending":
        return
    succeeds = account.status == "active" and feature not in account.institution.failing
    refresh.status = "succeeded" if succeeds else "failed"
    # Of ownership, this version of the API does not tell when it is available again.
    cooldown = 0 if feature == "ownership" else state.rules.refresh_cooldown
    refresh.next_available_at = int(refresh.last_attempted_at + cooldown)
    if succeeds:
        _fetch(state, merchant, account, feature, refresh)
    if account.status != "disconnected":
        state.emit(f"refreshed_{feature}", merchant, account)


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


def fetch_at_once(
    state: State, merchant: Merchant, account: Account, feature: Feature
) -> None:
    """Fetch what the institution has without waiting, as if a refresh had just been
    asked for and answered.
    """
    refresh = account.refreshes.get(feature)
    if refresh is None or refresh.status != "pending":
        refresh = start(state, merchant, account, feature)
    finish(state, merchant, account, feature, refresh)
    refresh.next_available_at = state.now


def keep_subscribed(
    state: State, merchant: Merchant, account: Account, token: object
) -> None:
    """Refresh the transactions now and daily, while this subscription lasts and the
    account is active.
    """
    if account.subscription is not token:
        return
    latest = account.refreshes.get("transactions")
    if account.status == "active" and (latest is None or latest.status != "pending"):
        start(state, merchant, account, "transactions")
    state.at(state.now + DAY, lambda: keep_subscribed(state, merchant, account, token))
