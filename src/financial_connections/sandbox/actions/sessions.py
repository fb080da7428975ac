"""Complete and cancel sessions as a customer."""

from collections.abc import Sequence

from financial_connections.sandbox.actions.base import Actions
from financial_connections.sandbox.api import completion, manualentry
from financial_connections.sandbox.api.journal import recorded
from financial_connections.sandbox.api.linking import NewAccount


class SessionActions(Actions):
    """Sessions of a sandbox, and the customers who complete them."""

    @recorded("complete")
    def complete(
        self, session: str, accounts: Sequence[NewAccount | str] | None = None
    ) -> list[str]:
        """Complete a session as a consenting customer, and return the account IDs.

        Args:
            session: ID or client secret of the session.
            accounts: Accounts to link, or IDs of accounts to link again. They get the
                session's permissions. By default, one new account that the session's
                filters allow.

        Raises:
            LookupError: The session does not exist, or its account holder does not have
                the account to link again.
            ValueError: The session is not open, its filters or limits do not allow the
                accounts, or an account to link again is disconnected.
        """
        with self._state.up_to_date() as state:
            merchant, record = state.find_session(session)
            linked = completion.complete(state, merchant, record, accounts)
            return [account.id for account in linked]

    @recorded("cancel")
    def cancel(self, session: str) -> None:
        """Cancel a session as a customer who does not consent.

        Args:
            session: ID or client secret of the session.

        Raises:
            LookupError: The session does not exist.
            ValueError: The session is not open.
        """
        with self._state.lock:
            completion.cancel(self._state.find_session(session)[1])

    @recorded("enter_bank_account")
    def enter_bank_account(
        self,
        session: str,
        *,
        routing_number: str = "110000000",
        account_number: str = "000123456789",
    ) -> str:
        """Complete a session by entering a bank account manually.

        The session then has a `bank_account_token`, but no accounts.

        Args:
            session: ID or client secret of the session.
            routing_number: Routing number, nine digits.
            account_number: Account number, 4 to 17 digits.

        Returns:
            The ID of the token.

        Raises:
            LookupError: The session does not exist.
            ValueError: The session is not open or does not allow manual entry, or a
                number has the wrong format.
        """
        with self._state.up_to_date() as state:
            return manualentry.enter_bank_account(
                state, state.find_session(session)[1], routing_number, account_number
            )
