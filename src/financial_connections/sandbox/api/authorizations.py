"""Authorizations, the logins at institutions that accounts depend on.

All accounts that a holder links at an institution share one authorization. If the
institution announces when access ends, they all become inactive at that time, unless
the holder logs in again by linking an account in a new session.

Source: https://docs.stripe.com/changelog/dahlia/2026-07-29/financial-connections-deactivation-event-notifications
"""

from financial_connections.sandbox.api.accounts import change_status
from financial_connections.sandbox.api.records import (
    Account,
    Authorization,
    Holder,
    Merchant,
    UpcomingDeactivation,
)
from financial_connections.sandbox.api.state import NOTICE, State
from financial_connections.sandbox.api.terms import DeactivationCause, RelinkAction


def log_in(
    state: State, merchant: Merchant, holder: Holder, institution_name: str
) -> Authorization:
    """Return the holder's authorization at an institution, and renew its access."""
    key = holder, institution_name
    if key not in merchant.authorizations:
        merchant.authorizations[key] = Authorization(
            state.ids.new("fcauth"), holder, institution_name
        )
    authorization = merchant.authorizations[key]
    if authorization.upcoming is not None:
        authorization.upcoming = None
        _announce(state, merchant, authorization, "expected_deactivation_date_updated")
    return authorization


def schedule_deactivation(
    state: State,
    account_id: str,
    after: float,
    *,
    action: RelinkAction,
    cause: DeactivationCause,
) -> None:
    """Announce that all accounts of an account's login will become inactive.

    Args:
        state: The state of the sandbox.
        account_id: ID of one of the accounts.
        after: Time until they become inactive, in seconds.
        action: What the account holder can do to prevent it.
        cause: Why it happens.
    """
    merchant, account = state.find_account(account_id)
    if account.status != "active":
        raise ValueError(f"{account.id} is {account.status}")
    authorization = account.authorization
    upcoming = UpcomingDeactivation(state.time_after(after), action, cause)
    authorization.upcoming = upcoming

    def warn() -> None:
        if authorization.upcoming is upcoming:
            _announce(state, merchant, authorization, "upcoming_deactivation")

    def deactivate() -> None:
        if authorization.upcoming is upcoming:
            accounts = _active_accounts(merchant, authorization)
            authorization.upcoming = None
            for account in accounts:
                change_status(state, merchant, account, "inactive")

    _announce(state, merchant, authorization, "expected_deactivation_date_updated")
    state.schedule_at(upcoming.date - NOTICE, warn)
    state.schedule_at(upcoming.date, deactivate)
    state.run_due()


def _active_accounts(merchant: Merchant, authorization: Authorization) -> list[Account]:
    return [
        account
        for account in merchant.accounts
        if account.authorization is authorization and account.status == "active"
    ]


def _announce(
    state: State, merchant: Merchant, authorization: Authorization, name: str
) -> None:
    state.emit_authorization(name, merchant, authorization)
    for account in _active_accounts(merchant, authorization):
        state.emit(name, merchant, account)
