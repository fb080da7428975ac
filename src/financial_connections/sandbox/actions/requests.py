"""Count, limit and disturb requests."""

from financial_connections.sandbox.actions.base import Actions
from financial_connections.sandbox.api.journal import recorded
from financial_connections.sandbox.faults import Fault
from financial_connections.sandbox.quirks import Quirk
from financial_connections.sandbox.rules import RateLimits
from financial_connections.sandbox.traffic import Traffic


class RequestActions(Actions):
    """Requests to a sandbox: their limits, numbers and faults."""

    @property
    def rate_limits(self) -> RateLimits:
        """The limits on the number of requests, which you can change at any time.

        Previous requests count towards the new limits.
        """
        return self.api.limiter.limits

    @rate_limits.setter
    def rate_limits(self, limits: RateLimits) -> None:
        self._change_rate_limits(limits)

    @recorded("change_rate_limits")
    def _change_rate_limits(self, limits: RateLimits) -> None:
        self.api.limiter.change(limits, self.clock.elapsed())

    @property
    def traffic(self) -> Traffic:
        """The numbers of requests so far, and the most in any second."""
        with self._state.lock:
            return self.api.meter.traffic()

    def reset_traffic(self) -> None:
        """Start counting requests again."""
        with self._state.lock:
            self.api.meter.reset()

    def inject(self, *faults: Fault) -> None:
        """Inject faults into the next requests.

        Args:
            *faults: Faults to inject, in this order.
        """
        with self._state.lock:
            for fault in faults:
                self.api.faults.add(fault)

    @recorded("set_quirks")
    def set_quirks(self, *quirks: Quirk) -> None:
        """Make responses violate the contract in ways that have been observed.

        * `account_is_linked_account`: the `object` of an account is `linked_account`.
        * `account_pending`: an account with a pending refresh has the status `pending`.
        * `next_refresh_absent`: refreshes lack `next_refresh_available_at`.
        * `owners_null`: `owners` is null in an ownership.
        * `session_url_empty`: `url` is empty in the account list of a session.
        * `session_without_accounts`: sessions lack `accounts`.
        * `session_without_permissions`: sessions lack `permissions`.
        * `undefined_currency`: balances have the currency `undefined`.

        Args:
            *quirks: Quirks to apply to all further responses. They replace any earlier
                ones, so calling this without arguments removes all quirks.
        """
        with self._state.lock:
            self.api.quirks = set(quirks)
