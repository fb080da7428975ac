"""Actions of institutions, such as announcing that access will end."""

from financial_connections.sandbox.api import authorizations, numbers
from financial_connections.sandbox.api.journal import recorded
from financial_connections.sandbox.api.state import State
from financial_connections.sandbox.api.terms import DeactivationCause, RelinkAction


class Institution:
    """Actions that the institutions of a sandbox take on linked accounts."""

    def __init__(self, state: State) -> None:
        self._state = state

    @recorded("schedule_deactivation")
    def schedule_deactivation(
        self,
        account: str,
        *,
        after: float,
        action: RelinkAction = "relink_required",
        cause: DeactivationCause = "access_expired",
    ) -> None:
        """Announce when access ends to an account and all others of the same login.

        The accounts have the time in their `status_details`, and become inactive when
        it comes. The login's accounts are those that the same account holder has linked
        at the same institution. Linking one of them again, or a new one, renews access
        and removes the announcement.

        Args:
            account: ID of the account.
            after: Time until access ends, in seconds of sandbox time. The events named
                `upcoming_deactivation` are sent 30 days before it ends.
            action: What the account holder can do to prevent it.
            cause: Why access ends.

        Raises:
            LookupError: The account does not exist.
            ValueError: The account is not active, or `after`, `action` or `cause` is
                invalid.
        """
        with self._state.up_to_date() as state:
            authorizations.schedule_deactivation(
                state, account, after, action=action, cause=cause
            )

    @recorded("schedule_number_expiry")
    def schedule_number_expiry(self, account: str, *, after: float) -> None:
        """Announce when the tokenized account number of an account expires.

        Args:
            account: ID of the account, linked with `tokenized=True`.
            after: Time until it expires, in seconds of sandbox time. The event
                `upcoming_account_number_expiry` is sent 30 days before.

        Raises:
            LookupError: The account does not exist.
            ValueError: The account is not active or has no tokenized number in use, or
                `after` is invalid.
        """
        with self._state.up_to_date() as state:
            numbers.schedule_expiry(state, account, after)

    @recorded("deactivate_number")
    def deactivate_number(self, account: str) -> None:
        """Deactivate the account number of an account.

        Args:
            account: ID of the account.

        Raises:
            LookupError: The account does not exist.
            ValueError: The account is not active, or has no number in use.
        """
        with self._state.up_to_date() as state:
            numbers.deactivate(state, account)
