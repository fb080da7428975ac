"""Predefined scenarios to test against."""

from collections.abc import Callable, Mapping
from os import PathLike
from typing import Any, Self

from attrs import frozen

from financial_connections.sandbox.api.state import DAY
from financial_connections.sandbox.clock import Clock
from financial_connections.sandbox.demo import add_demo_data
from financial_connections.sandbox.restore import restoring
from financial_connections.sandbox.rules import Feature, RateLimits, Rules
from financial_connections.sandbox.sandbox import Sandbox
from financial_connections.sandbox.state_file import StateFile


@frozen
class Scenario:
    """A sandbox prepared for a particular situation."""

    sandbox: Sandbox
    """The prepared sandbox, which you run with `serve`."""
    customer: str
    """ID of the customer who linked the accounts."""

    @property
    def account(self) -> str:
        """ID of the scenario's main account."""
        return self.sandbox.accounts[-1]

    @classmethod
    def from_state_file(
        cls,
        path: str | PathLike[str],
        name: str | None = None,
        *,
        seed: int | None = None,
        clock: Clock | None = None,
    ) -> "Scenario":
        """Return a scenario whose sandbox keeps its state in a file.

        If the file exists, the sandbox is restored from it.

        Args:
            path: Path of the file.
            name: Key in `SCENARIOS`; by default, the one in the file, or `demo` for a
                new file.
            seed: Seed for all IDs and data; by default, the one in the file, or 0 for a
                new file.
            clock: The sandbox's clock; the system's time by default.

        Raises:
            KeyError: The name is not in `SCENARIOS`.
            OSError: The file cannot be opened.
            StateFileError: The file holds something else or a sandbox with another
                scenario or seed, or is damaged, in use or from an incompatible version.
        """
        file, clock = StateFile(path), clock or Clock.system()
        stored: Mapping[str, Any] = file.header["settings"] if file.header else {}
        settings: dict[str, Any] = {
            "scenario": name or stored.get("scenario", "demo"),
            "seed": stored.get("seed", 0) if seed is None else seed,
        }
        with restoring(file, clock, settings) as restore:
            create = SCENARIOS[settings["scenario"]]
            scenario = create(settings["seed"], clock)
            restore(scenario.sandbox)
        return scenario

    @classmethod
    def empty(cls, *, seed: int = 0, clock: Clock | None = None) -> Self:
        """Return a scenario with a customer who has no accounts.

        Args:
            seed: Seed for all IDs and data.
            clock: The sandbox's clock; frozen by default.
        """
        sandbox = Sandbox(seed, clock=clock)
        return cls(sandbox, sandbox.add_customer())

    @classmethod
    def demo(cls, *, seed: int = 0, clock: Clock | None = None) -> Self:
        """Return a scenario with the accounts of `Sandbox.demo`.

        Args:
            seed: Seed for all IDs and data.
            clock: The sandbox's clock; frozen by default.
        """
        sandbox = Sandbox(seed, clock=clock)
        return cls(sandbox, add_demo_data(sandbox))

    @classmethod
    def many_transactions(
        cls, count: int = 25_000, *, seed: int = 0, clock: Clock | None = None
    ) -> Self:
        """Return a scenario with an account that has many transactions.

        Args:
            count: Number of transactions, spread evenly over the last 180 days.
            seed: Seed for all IDs and data.
            clock: The sandbox's clock; frozen by default.
        """
        scenario = cls.empty(seed=seed, clock=clock)
        scenario.sandbox.add_account(customer=scenario.customer, transactions=count)
        return scenario

    @classmethod
    def failing_refresh(
        cls, *features: Feature, seed: int = 0, clock: Clock | None = None
    ) -> Self:
        """Return a scenario with an account whose refreshes fail.

        The account has data from earlier refreshes.

        Args:
            *features: Features whose refreshes fail; all of them by default.
            seed: Seed for all IDs and data.
            clock: The sandbox's clock; frozen by default.
        """
        scenario = cls.empty(seed=seed, clock=clock)
        account = scenario.sandbox.add_account(
            customer=scenario.customer, balance=100_000, owners=1, transactions=10
        )
        scenario.sandbox.fail_refreshes(account, *features)
        return scenario

    @classmethod
    def going_inactive(
        cls, after: float = 60, *, seed: int = 0, clock: Clock | None = None
    ) -> Self:
        """Return a scenario with an account that its institution will deactivate.

        Args:
            after: Seconds of sandbox time until the account becomes inactive.
            seed: Seed for all IDs and data.
            clock: The sandbox's clock; frozen by default.
        """
        scenario = cls.empty(seed=seed, clock=clock)
        account = scenario.sandbox.add_account(
            customer=scenario.customer, balance=100_000, transactions=10
        )
        scenario.sandbox.deactivate(account, after=after)
        return scenario

    @classmethod
    def rate_limited(cls, *, seed: int = 0, clock: Clock | None = None) -> Self:
        """Return the demo scenario with Stripe's rate limits of test mode.

        Args:
            seed: Seed for all IDs and data.
            clock: The sandbox's clock; frozen by default, in which case an exhausted
                limit recovers only when you call `advance`.
        """
        rules = Rules(rate_limits=RateLimits.test_mode())
        sandbox = Sandbox(seed, clock=clock, rules=rules)
        return cls(sandbox, add_demo_data(sandbox))

    @classmethod
    def upcoming_deactivation(
        cls, after: float = 20 * DAY, *, seed: int = 0, clock: Clock | None = None
    ) -> Self:
        """Return a scenario with an account that must be linked again soon.

        Its `status_details` contain the time at which access ends. Its account number
        is tokenized and expires at the same time.

        Args:
            after: Seconds of sandbox time until access ends.
            seed: Seed for all IDs and data.
            clock: The sandbox's clock; frozen by default.
        """
        scenario = cls.empty(seed=seed, clock=clock)
        account = scenario.sandbox.add_account(
            customer=scenario.customer, balance=100_000, transactions=10, tokenized=True
        )
        institution = scenario.sandbox.institution
        institution.schedule_number_expiry(account, after=after)
        institution.schedule_deactivation(account, after=after)
        return scenario

    @classmethod
    def slow_institution(
        cls, seconds: float = 30, *, seed: int = 0, clock: Clock | None = None
    ) -> Self:
        """Return a scenario with an account whose refreshes take a long time.

        Unlike in other scenarios, polling does not make them finish earlier.

        Args:
            seconds: How long a refresh takes, in seconds of sandbox time.
            seed: Seed for all IDs and data.
            clock: The sandbox's clock; frozen by default.
        """
        sandbox = Sandbox(
            seed, clock=clock, rules=Rules(refresh_seconds=seconds, refresh_polls=None)
        )
        customer = sandbox.add_customer()
        sandbox.add_account(
            customer=customer, balance=100_000, owners=1, transactions=10
        )
        return cls(sandbox, customer)


SCENARIOS: dict[str, Callable[[int, Clock], Scenario]] = {
    "demo": lambda seed, clock: Scenario.demo(seed=seed, clock=clock),
    "empty": lambda seed, clock: Scenario.empty(seed=seed, clock=clock),
    "failing-refresh": lambda seed, clock: Scenario.failing_refresh(
        seed=seed, clock=clock
    ),
    "going-inactive": lambda seed, clock: Scenario.going_inactive(
        seed=seed, clock=clock
    ),
    "many-transactions": lambda seed, clock: Scenario.many_transactions(
        seed=seed, clock=clock
    ),
    "rate-limited": lambda seed, clock: Scenario.rate_limited(seed=seed, clock=clock),
    "slow-institution": lambda seed, clock: Scenario.slow_institution(
        seed=seed, clock=clock
    ),
    "upcoming-deactivation": lambda seed, clock: Scenario.upcoming_deactivation(
        seed=seed, clock=clock
    ),
}
"""Functions that create a scenario from a seed and a clock, by command-line name."""
