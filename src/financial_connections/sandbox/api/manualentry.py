"""Bank accounts that an account holder enters manually, instead of linking them.

The session then has a token for the bank account, but no accounts.

Source: https://docs.stripe.com/changelog/dahlia/2026-07-29/financial-connections-advanced-session-config
"""

import re
from typing import Any

from financial_connections.sandbox.api.completion import require_open
from financial_connections.sandbox.api.records import Session
from financial_connections.sandbox.api.state import State

_ROUTING_NUMBER = re.compile("[0-9]{9}")
_ACCOUNT_NUMBER = re.compile("[0-9]{4,17}")


def enter_bank_account(
    state: State, session: Session, routing_number: str, account_number: str
) -> str:
    """Complete a session with a bank account, and return the ID of its token.

    Args:
        state: The state of the sandbox.
        session: The session, whose manual entry is automatic.
        routing_number: Routing number, nine digits.
        account_number: Account number, 4 to 17 digits.
    """
    require_open(session)
    if session.manual_entry != "automatic":
        raise ValueError(f"{session.id} does not allow manual entry")
    problem = problem_with(routing_number, account_number)
    if problem is not None:
        raise ValueError(problem)
    token = _token(state, routing_number, account_number[-4:])
    session.bank_account_token = token
    session.status = "completed"
    return str(token["id"])


def problem_with(routing_number: str, account_number: str) -> str | None:
    """Return why these are not the numbers of a bank account, or None."""
    if not _ROUTING_NUMBER.fullmatch(routing_number):
        return "The routing number must have nine digits."
    if not _ACCOUNT_NUMBER.fullmatch(account_number):
        return "The account number must have 4 to 17 digits."
    return None


def _token(state: State, routing_number: str, last4: str) -> dict[str, Any]:
    """Render a token, which does not contain the account number.

    Source: https://docs.stripe.com/api/tokens/object
    """
    return {
        "id": state.ids.new("btok"),
        "object": "token",
        "bank_account": {
            "id": state.ids.new("ba"),
            "object": "bank_account",
            "account_holder_name": None,
            "account_holder_type": None,
            "account_type": None,
            "bank_name": "Example Bank",
            "country": "US",
            "currency": "usd",
            "fingerprint": None,
            "last4": last4,
            "routing_number": routing_number,
            "status": "new",
        },
        "client_ip": None,
        "created": state.now,
        "livemode": False,
        "type": "bank_account",
        "used": False,
    }
