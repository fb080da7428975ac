"""Sessions in which users link accounts."""

from attrs import frozen

from financial_connections._generated.operations.sessions import SessionOperations

__all__ = ["Sessions"]


@frozen
class Sessions(SessionOperations):
    """Sessions in which users link accounts, at `client.sessions`.

    Pass a session's `client_secret` to Stripe.js to open it in the browser. Afterwards,
    the session's `accounts` field contains the accounts that the user linked.
    """
