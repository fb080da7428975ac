"""Link accounts without a session, and change them at their institutions."""

from collections.abc import Sequence
from itertools import compress

from financial_connections.sandbox.actions.base import Actions
from financial_connections.sandbox.api import accounts, linking, merchants
from financial_connections.sandbox.api.journal import recorded
from financial_connections.sandbox.api.linking import NewAccount
from financial_connections.sandbox.api.terms import (
    FEATURES,
    PERMISSIONS,
    Category,
    Permission,
    Subcategory,
)
from financial_connections.sandbox.rules import Feature


class AccountActions(Actions):
    """Accounts of a sandbox, and their data at institutions."""

    @property
    def accounts(self) -> list[str]:
        """IDs of the platform's linked accounts, oldest first."""
        return [account.id for account in self._state.platform.accounts]

    @recorded("add_account")
    def add_account(
        self,
        *,
        customer: str | None = None,
        category: Category = "cash",
        subcategory: Subcategory | None = None,
        institution_name: str = "Example Bank",
        display_name: str | None = None,
        last4: str | None = None,
        currency: str | None = None,
        permissions: Sequence[Permission] = PERMISSIONS,
        balance: int | None = None,
        owners: int = 0,
        transactions: int = 0,
        history_days: int = 180,
        tokenized: bool = False,
        refreshed: Sequence[Feature] | None = None,
        stripe_account: str | None = None,
    ) -> str:
        """Link an account without a session, and return its ID.

        Args:
            customer: Customer or connected account that holds the account; a new
                customer by default.
            category: Broad type of the account.
            subcategory: Specific type of the account; the most common one by default.
            institution_name: Name of the institution.
            display_name: Name of the account; based on its type by default.
            last4: Last four digits of the account number; random by default.
            currency: Three-letter currency code in lower case, such as `eur` or `jpy`;
                the currency of the institution's country by default. All amounts are in
                its smallest unit.
            permissions: Permissions that the account holder grants.
            balance: Balance at the institution, in cents or the smallest unit of
                another currency; random by default.
            owners: Number of owners at the institution; 0 is treated as 1.
            transactions: Number of transactions at the institution. If there are
                enough of them, a checking account has a rent once and a salary twice a
                month.
            history_days: Number of days, at most 3,650, over which the transactions are
                spread evenly.
            tokenized: Whether the institution issues a tokenized account number, which
                can expire.
            refreshed: Features to refresh immediately. By default, these are the
                features for which you pass `balance`, `owners` or `transactions`.
            stripe_account: Connected account that links the account; the platform by
                default.

        Raises:
            LookupError: The customer or the connected account does not exist.
            ValueError: The category, subcategory or permissions do not exist,
                `currency` is not a code in lower case, or `history_days` is out of
                range.
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
            history_days=history_days,
            tokenized=tokenized,
        )
        passed = (balance is not None, owners > 0, transactions > 0)
        features = compress(FEATURES, passed) if refreshed is None else refreshed
        with self._state.up_to_date() as state:
            merchant = state.find_merchant(stripe_account)
            holder = customer or merchants.add_customer(state, merchant)
            return linking.add_account(state, merchant, holder, new, features)

    @recorded("set_balance")
    def set_balance(self, account: str, cents: int) -> None:
        """Set the balance at the institution, to be fetched by the next refresh.

        Args:
            account: ID of the account.
            cents: Balance in cents; negative if the account holder owes money.

        Raises:
            LookupError: The account does not exist.
        """
        with self._state.lock:
            self._state.find_account(account)[1].institution.balance = cents

    @recorded("fail_refreshes")
    def fail_refreshes(self, account: str, *features: Feature) -> None:
        """Make all further refreshes of an account fail.

        Args:
            account: ID of the account.
            *features: Features whose refreshes fail; all of them by default.

        Raises:
            LookupError: The account does not exist.
        """
        with self._state.lock:
            institution = self._state.find_account(account)[1].institution
            institution.failing = set(features or FEATURES)

    @recorded("restore_refreshes")
    def restore_refreshes(self, account: str) -> None:
        """Make refreshes of an account succeed again.

        Args:
            account: ID of the account.

        Raises:
            LookupError: The account does not exist.
        """
        with self._state.lock:
            self._state.find_account(account)[1].institution.failing = set()

    @recorded("deactivate")
    def deactivate(self, account: str, *, after: float = 0) -> None:
        """Deactivate an account on behalf of its institution.

        Args:
            account: ID of the account.
            after: Delay in seconds of sandbox time; 0 deactivates it immediately.

        Raises:
            LookupError: The account does not exist.
            ValueError: The account is disconnected.
        """
        with self._state.up_to_date() as state:
            accounts.schedule_change_of_status(state, account, "inactive", after)

    @recorded("reactivate")
    def reactivate(self, account: str, *, after: float = 0) -> None:
        """Reactivate an account on behalf of its institution.

        Args:
            account: ID of the account.
            after: Delay in seconds of sandbox time; 0 reactivates it immediately.

        Raises:
            LookupError: The account does not exist.
            ValueError: The account is disconnected.
        """
        with self._state.up_to_date() as state:
            accounts.schedule_change_of_status(state, account, "active", after)

    @recorded("disconnect")
    def disconnect(self, account: str) -> None:
        """Disconnect an account permanently.

        Args:
            account: ID of the account.

        Raises:
            LookupError: The account does not exist.
        """
        with self._state.up_to_date() as state:
            accounts.disconnect(state, *state.find_account(account))
