"""Account holders: a customer of the merchant, or a connected Stripe account."""

from collections.abc import Mapping

from financial_connections.sandbox.errors import Refusal, missing_object, missing_parameter
from financial_connections.sandbox.records import Account, Merchant
from financial_connections.sandbox.state import State


def session_holder(params: Mapping[str, str]) -> str:
    """Return the id that `account_holder` names; the type says which one it must be, and that it is alone."""
    kind = params["type"]
    if kind not in params:
        raise missing_parameter(f"account_holder[{kind}]")
    require_one(params)
    return params[kind]


def require_one(params: Mapping[str, object]) -> None:
    """Refuse `customer` together with `account`."""
    if "customer" in params and "account" in params:
        raise Refusal(
            message="You may only specify one of these parameters: account_holder[customer],"
            " account_holder[account].",
            param="account_holder[customer]",
        )


def require_holder(state: State, merchant: Merchant, holder: str, *, is_result: bool) -> None:
    """Refuse a holder that this merchant does not have."""
    known = {merchant.id, *merchant.connected} if holder.startswith("acct_") else merchant.customers
    if holder not in known:
        kind = "account" if holder.startswith("acct_") else "customer"
        raise missing_object(
            kind,
            holder,
            param=f"account_holder[{kind}]",
            status=state.rules.unknown_reference_status,
            is_result=is_result,
        )


def is_held_by(account: Account, holder: str) -> bool:
    """Whether the account belongs to this holder."""
    return account.holder == holder
