"""The numbers that a simulation starts from."""

from attrs import evolve, field, frozen
from attrs.validators import ge, gt, le

_MOST_SLICES = 8_000_000
"""Number of slices that are simulated in a few minutes."""
_FEWEST_SLOTS = 8
"""Number of slots from which the slices of a sample do not wait for each other."""
DAY = 86_400.0
PAGE = 100
"""Number of transactions in a page."""


def _number(default: float, text: str, *checks: object) -> float:
    value: float = field(
        default=default, validator=list(checks), metadata={"help": text}
    )
    return value


@frozen(kw_only=True)
class Settings:
    """A fleet, its work, and the limits on its requests.

    Raises:
        ValueError: A number is outside of its range.
    """

    accounts: int = _number(100_000, "number of accounts", ge(1))
    transactions: int = _number(5_000, "transactions of an account at first", ge(0))
    tenants: int = _number(100, "number of tenants", ge(1))
    skew: float = _number(
        1.0, "differences between tenants: the n-th has 1/n^SKEW accounts", ge(0)
    )
    updates: float = _number(1.0, "updates of an account a day", ge(0))
    night: float = _number(
        0.5, "share of the updates that arrives between 2 and 6 o'clock", ge(0), le(1)
    )
    lost: float = _number(0.001, "share of the events that are lost", ge(0), le(1))
    resync_hours: float = _number(24.0, "hours between syncs without an event", gt(0))
    list_limit: float = _number(25.0, "list requests a second", gt(0))
    retrieve_limit: float = _number(25.0, "retrieve requests a second", gt(0))
    total_limit: float = _number(100.0, "requests a second in all", gt(0))
    workers: int = _number(4, "number of processes", ge(1))
    concurrency: int = _number(16, "accounts that a process syncs at a time", ge(1))
    latency: float = _number(0.2, "seconds from a request to its response", gt(0))
    pages: int = _number(20, "pages of a slice", ge(1))
    bound: int = _number(100, "accounts in the queue of the engine", ge(0))
    failures: float = _number(0.001, "share of the requests that fail", ge(0), le(0.9))
    days: float = _number(2.0, "days to simulate after the first sync of all", ge(0))
    seed: int = _number(0, "seed of the random numbers")

    @property
    def slots(self) -> int:
        """Number of accounts that are synced at the same time."""
        return self.workers * self.concurrency

    @property
    def page_count(self) -> int:
        """Number of pages of an account at first."""
        return max(1, -(-self.transactions // PAGE))

    @property
    def needed_list_rate(self) -> float:
        """List requests a second that the updates alone need."""
        return 2 * self.accounts * self.updates / DAY / (1 - self.failures)

    @property
    def needed_retrieve_rate(self) -> float:
        """Retrieve requests a second that the repeated syncs alone need."""
        seconds = self.resync_hours * 3_600
        return self.accounts / seconds / (1 - self.failures)

    @property
    def backfill_days(self) -> float:
        """Days that the list limits need for the first sync of all accounts."""
        rate = min(self.list_limit, self.total_limit) - self.needed_list_rate
        return 2 * self.page_count * self.accounts / rate / DAY

    def check(self) -> None:
        """Check that the limits suffice for the updates.

        Raises:
            ValueError: The limits do not suffice, so the first sync would never end.
        """
        for name, needed, limit in (
            ("list", self.needed_list_rate, self.list_limit),
            ("retrieve", self.needed_retrieve_rate, self.retrieve_limit),
        ):
            if needed >= min(limit, self.total_limit):
                raise ValueError(
                    f"the {name} limit is too low: after the first sync, the accounts "
                    f"need {needed:.1f} requests a second, and {limit:g} are allowed"
                )

    def sample(self) -> tuple["Settings", int]:
        """Return settings for a sample of the accounts, and which fraction it is.

        Returns:
            The settings, and N if one of N accounts is simulated.
        """
        daily = self.updates + 24 / self.resync_hours
        slices = 2 * self.page_count / self.pages
        slices += daily * (self.backfill_days + self.days)
        factor = min(
            int(self.accounts * slices / _MOST_SLICES) + 1, self.slots // _FEWEST_SLOTS
        )
        if factor <= 1:
            return self, 1
        smaller = evolve(
            self,
            accounts=max(1, self.accounts // factor),
            tenants=max(1, self.tenants // factor),
            list_limit=self.list_limit / factor,
            retrieve_limit=self.retrieve_limit / factor,
            total_limit=self.total_limit / factor,
            workers=1,
            concurrency=self.slots // factor,
            bound=self.bound // factor,
        )
        return smaller, factor
