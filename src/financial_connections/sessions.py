"""Sessions in which users link accounts."""

from attrs import frozen

from financial_connections._generated.operations.sessions import SessionOperations

__all__ = ["Sessions"]


@frozen
class Sessions(SessionOperations):
    """Sessions in which users link accounts, at `client.sessions`.

    Stripe.js opens a session with its `client_secret`. Afterwards, `accounts` has the
    accounts that were linked.
    """
