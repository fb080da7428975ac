"""Account holders: a customer of the merchant, or a connected Stripe account."""

from collections.abc import Mapping

from financial_connections.sandbox.api.errors import (
    Refusal,
    missing_object,
    missing_parameter,
)
from financial_connections.sandbox.api.records import Merchant
from financial_connections.sandbox.api.state import State


def session_holder(params: Mapping[str, str]) -> str:
    """Return the id that `account_holder` of a session names; its type says which one,
    and it must be alone.
    """
    require_one(params, "customer", "account", within="account_holder")
    kind = params["type"]
    if kind not in params:
        raise missing_parameter(f"account_holder[{kind}]")
    return params[kind]


def require_one(params: Mapping[str, object], *names: str, within: str = "") -> None:
    """Refuse parameters that exclude each other."""
    keys = [f"{within}[{name}]" if within else name for name in names if name in params]
    if len(keys) > 1:
        listed = ", ".join(keys)
        raise Refusal(
            message=f"You may only specify one of these parameters: {listed}.",
            param=keys[0],
        )


def require_holder(state: State, merchant: Merchant, kind: str, holder: str) -> None:
    """Refuse a holder that this merchant does not have."""
    known = (
        {merchant.id, *merchant.connected} if kind == "account" else merchant.customers
    )
    if holder not in known:
        raise missing_object(
            kind,
            holder,
            param=f"account_holder[{kind}]",
            status=state.rules.unknown_reference_status,
        )
