"""Situations to test against, ready-made."""

from collections.abc import Callable
from typing import Self

from attrs import frozen

from financial_connections.sandbox.clock import Clock
from financial_connections.sandbox.rules import Feature, Rules
from financial_connections.sandbox.sandbox import Sandbox, furnish


@frozen
class Scenario:
    """A sandbox, and who matters in it."""

    sandbox: Sandbox
    customer: str

    @property
    def account(self) -> str:
        """The account that the scenario is about."""
        return self.sandbox.accounts[-1]

    @classmethod
    def empty(cls, *, seed: int = 0, clock: Clock | None = None) -> Self:
        """One customer, no account."""
        sandbox = Sandbox(seed, clock=clock)
        return cls(sandbox, sandbox.add_customer())

    @classmethod
    def demo(cls, *, seed: int = 0, clock: Clock | None = None) -> Self:
        """A customer with something of everything: see `Sandbox.demo`."""
        sandbox = Sandbox(seed, clock=clock)
        return cls(sandbox, furnish(sandbox))

    @classmethod
    def many_transactions(
        cls, count: int = 25_000, *, seed: int = 0, clock: Clock | None = None
    ) -> Self:
        """An account with `count` transactions over the last 180 days."""
        scenario = cls.empty(seed=seed, clock=clock)
        scenario.sandbox.add_account(customer=scenario.customer, transactions=count)
        return scenario

    @classmethod
    def failing_refresh(
        cls, *features: Feature, seed: int = 0, clock: Clock | None = None
    ) -> Self:
        """An account whose refreshes of these features (none: of all) fail; what it has
        is from before.
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
        """An account that the institution deactivates `after` so many seconds of the
        clock.
        """
        scenario = cls.empty(seed=seed, clock=clock)
        account = scenario.sandbox.add_account(
            customer=scenario.customer, balance=100_000, transactions=10
        )
        scenario.sandbox.deactivate(account, after=after)
        return scenario

    @classmethod
    def slow_bank(
        cls, seconds: float = 30, *, seed: int = 0, clock: Clock | None = None
    ) -> Self:
        """An account at an institution that takes so many seconds of the clock, however
        often one asks.
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
    "slow-bank": lambda seed, clock: Scenario.slow_bank(seed=seed, clock=clock),
}
"""The scenarios by the names they have on a command line."""
