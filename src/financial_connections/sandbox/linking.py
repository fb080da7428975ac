"""The customer's part: linking accounts, in a session or without one."""

from collections.abc import Sequence

from financial_connections.sandbox.api import sessions
from financial_connections.sandbox.api.records import (
    FEATURES,
    PERMISSIONS,
    Category,
    Merchant,
    Permission,
    Session,
    Subcategory,
)
from financial_connections.sandbox.api.refreshes import fetch_at_once
from financial_connections.sandbox.api.sessions import NewAccount
from financial_connections.sandbox.rules import Feature
from financial_connections.sandbox.world import World


class Linking(World):
    """Accounts come from here."""

    def add_account(
        self,
        *,
        customer: str | None = None,
        category: Category = "cash",
        subcategory: Subcategory | None = None,
        institution_name: str = "Example Bank",
        display_name: str | None = None,
        last4: str | None = None,
        currency: str = "usd",
        permissions: Sequence[Permission] = PERMISSIONS,
        balance: int | None = None,
        owners: int = 0,
        transactions: int = 0,
        refreshed: Sequence[Feature] | None = None,
        stripe_account: str | None = None,
    ) -> str:
        """Link an account without a session, for `customer` or a new one, and return
        its id.

        `balance` (cents), `owners` and `transactions` (how many) are what the
        institution holds. What is given is also fetched, unless `refreshed` tells which
        features are. `stripe_account` is the connected account whose customer it is.
        """
        new = NewAccount(
            category=category,
            subcategory=subcategory,
            institution_name=institution_name,
            display_name=display_name,
            last4=last4,
            currency=currency,
            permissions=permissions,
            balance=balance,
            owners=owners or 1,
            transactions=transactions,
        )
        given: dict[Feature, bool] = {
            "balance": balance is not None,
            "ownership": owners > 0,
            "transactions": transactions > 0,
        }
        fetched: Sequence[Feature] = [feature for feature in FEATURES if given[feature]]
        if refreshed is not None:
            fetched = refreshed
        with self.api.lock:
            self._state.settle()
            merchant = self._merchant(stripe_account)
            holder = customer or self.add_customer(stripe_account=stripe_account)
            if holder not in {*merchant.customers, *merchant.connected}:
                raise LookupError(f"no customer {holder}: add_customer() first")
            account = sessions.link(self._state, merchant, holder, new)
            self._state.emit("created", merchant, account)
            for feature in fetched:
                fetch_at_once(self._state, merchant, account, feature)
            return account.id

    def complete(
        self, session: str, accounts: Sequence[NewAccount] = (NewAccount(),)
    ) -> list[str]:
        """Let the customer consent: link these accounts, and return their ids.

        `session` is an id or a client secret. The accounts get the permissions that the
        session asks for.
        """
        with self.api.lock:
            self._state.settle()
            merchant, found = self._session(session)
            return [
                account.id
                for account in sessions.complete(self._state, merchant, found, accounts)
            ]

    def cancel(self, session: str) -> None:
        """Let the customer close the session without linking anything."""
        with self.api.lock:
            sessions.cancel(self._session(session)[1])

    def open_sessions(self) -> list[Session]:
        """Return the sessions in which nothing has been decided, oldest first."""
        with self.api.lock:
            found = [
                session
                for merchant in self._merchants()
                for session in merchant.sessions.values()
            ]
            return [session for session in found if session.status == "open"]

    def session_by_secret(self, client_secret: str) -> Session | None:
        """Return the session with this client secret."""
        with self.api.lock:
            found = [
                session
                for merchant in self._merchants()
                for session in merchant.sessions.values()
            ]
            return next(
                (
                    session
                    for session in found
                    if session.client_secret == client_secret
                ),
                None,
            )

    def _session(self, session: str) -> tuple[Merchant, Session]:
        session_id = session.partition("_secret_")[0]
        for merchant in self._merchants():
            if session_id in merchant.sessions:
                return merchant, merchant.sessions[session_id]
        raise LookupError(f"no session {session_id}")
