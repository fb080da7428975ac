"""Sessions, in which account holders link accounts.

Source: https://docs.stripe.com/api/financial_connections/sessions
"""

from collections.abc import Mapping
from typing import Any

from financial_connections.sandbox.api.errors import APIError
from financial_connections.sandbox.api.holders import require_holder, session_holder
from financial_connections.sandbox.api.records import Merchant, Session, SessionFilters
from financial_connections.sandbox.api.state import State


def check_session(params: Mapping[str, Any]) -> None:
    """Reject invalid parameters that the schema cannot express."""
    session_holder(params["account_holder"])
    limit = params.get("limits", {}).get("accounts")
    if isinstance(limit, int) and limit < 1:
        raise APIError(
            code="parameter_invalid_integer",
            message=f"'limits[accounts]' must be at least 1, not {limit}.",
            param="limits[accounts]",
        )
    for index, feature in enumerate(params.get("prefetch", ())):
        if feature not in params["permissions"]:
            raise APIError(
                message=f"Prefetching `{feature}` requires the permission `{feature}`.",
                param=f"prefetch[{index}]",
            )


def create_session(
    state: State, merchant: Merchant, params: Mapping[str, Any]
) -> Session:
    """Create an open session."""
    holder = session_holder(params["account_holder"])
    require_holder(state, merchant, holder)
    session_id = state.ids.new("fcsess")
    session = Session(
        id=session_id,
        client_secret=state.ids.new(f"{session_id}_secret"),
        holder=holder,
        permissions=tuple(dict.fromkeys(params["permissions"])),
        prefetch=tuple(dict.fromkeys(params.get("prefetch", ()))) or None,
        filters=_filters(params["filters"]) if "filters" in params else None,
        account_limit=params.get("limits", {}).get("accounts") or None,
        manual_entry=params.get("manual_entry", {}).get("mode"),
        return_url=params.get("return_url"),
    )
    merchant.sessions[session_id] = session
    return session


def _filters(params: Mapping[str, Any]) -> SessionFilters:
    countries = params.get("countries")
    if "country" in params:
        countries = [params["country"]]
    subcategories = params.get("account_subcategories")
    return SessionFilters(
        countries=None if countries is None else tuple(countries),
        subcategories=None if subcategories is None else tuple(subcategories),
        payments=params.get("require_payment_method_support"),
    )


def open_sessions(state: State) -> list[Session]:
    """Return the open sessions of all merchants, oldest first."""
    return [session for session in all_sessions(state) if session.status == "open"]


def session_by_secret(state: State, client_secret: str) -> Session | None:
    """Return the session with this client secret, or None."""
    for session in all_sessions(state):
        if session.client_secret == client_secret:
            return session
    return None


def all_sessions(state: State) -> list[Session]:
    """Return the sessions of all merchants, oldest first."""
    return [
        session
        for merchant in state.merchants
        for session in merchant.sessions.values()
    ]
