"""Account holders: customers of the merchant, or connected Stripe accounts."""

from collections.abc import Mapping

from financial_connections.sandbox.api.errors import (
    APIError,
    missing_object,
    missing_parameter,
)
from financial_connections.sandbox.api.records import Merchant
from financial_connections.sandbox.api.state import State


def session_holder(params: Mapping[str, str]) -> str:
    """Return the ID in a session's `account_holder`.

    There must be exactly one ID, and it must match the holder's `type`.
    """
    reject_conflict(params, "customer", "account", within="account_holder")
    kind = params["type"]
    if kind not in params:
        raise missing_parameter(f"account_holder[{kind}]")
    return params[kind]


def reject_conflict(
    params: Mapping[str, object], *names: str, within: str = ""
) -> None:
    """Reject parameters that are mutually exclusive."""
    keys = [f"{within}[{name}]" if within else name for name in names if name in params]
    if len(keys) > 1:
        raise APIError(
            message=f"You may only specify one of these parameters: {', '.join(keys)}.",
            param=keys[0],
        )


def require_holder(state: State, merchant: Merchant, kind: str, holder: str) -> None:
    """Reject an account holder that does not belong to this merchant."""
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
