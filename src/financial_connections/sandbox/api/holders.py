"""Account holders: customers of the merchant, or connected Stripe accounts."""

from collections.abc import Collection, Mapping

from financial_connections.sandbox.api.errors import (
    APIError,
    missing_object,
    missing_parameter,
)
from financial_connections.sandbox.api.records import Holder, Merchant
from financial_connections.sandbox.api.state import State
from financial_connections.sandbox.api.terms import HolderKind

KINDS: tuple[HolderKind, ...] = ("customer", "account", "customer_account")
"""Parameters for an account holder, which are mutually exclusive."""
_NAMES: dict[str, tuple[HolderKind, ...]] = {
    "account": ("account",),
    "customer": ("customer", "customer_account"),
}
"""Parameters for each `type` of account holder."""


def session_holder(params: Mapping[str, str]) -> Holder:
    """Return the holder in a session's `account_holder`.

    There must be exactly one ID, and it must match the holder's `type`.
    """
    reject_conflict(params, *KINDS, within="account_holder")
    names = _NAMES[params["type"]]
    for name in names:
        if name in params:
            return Holder(name, params[name])
    raise missing_parameter(f"account_holder[{names[0]}]")


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


def require_holder(state: State, merchant: Merchant, holder: Holder) -> None:
    """Reject an account holder that does not belong to this merchant."""
    if holder.id not in _known(merchant)[holder.kind]:
        raise missing_object(
            "customer" if holder.kind == "customer" else "account",
            holder.id,
            param=f"account_holder[{holder.kind}]",
            status=state.rules.unknown_reference_status,
        )


def find_holder(merchant: Merchant, holder_id: str) -> Holder:
    """Return an account holder by ID. The merchant itself is not included."""
    for kind, known in _known(merchant).items():
        if holder_id in known and holder_id != merchant.id:
            return Holder(kind, holder_id)
    raise LookupError(f"no customer {holder_id}: call add_customer() first")


def _known(merchant: Merchant) -> dict[HolderKind, Collection[str]]:
    return {
        "customer": merchant.customers,
        "account": {merchant.id, *merchant.connected},
        "customer_account": merchant.customer_accounts,
    }
