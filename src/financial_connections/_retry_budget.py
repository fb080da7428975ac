"""A budget of retries that all calls of a client share. Pure."""

from typing import Any

from attrs import define, field

from financial_connections._checks import positive_number

FIRST_SUCCESS = 0.125
"""Retries regained by a call that succeeds without one."""
TIMEOUT_COST = 2.0
"""Cost of a retry after a timeout, which occupies a server for longer."""


@define(eq=False)
class RetryBudget:
    """A number of retries, which failures use up and successes restore.

    A few failures are retried as usual. If a server is down, however, the budget is
    soon used up, and retries do not multiply the load on it.

    Args:
        size: Maximum number of retries.
    """

    size: float
    available: float = field(init=False)
    """Number of remaining retries."""

    def __attrs_post_init__(self) -> None:
        self.available = self.size

    def spend(self, cost: float) -> bool:
        """Use up part of the budget for a retry, and return whether it sufficed.

        Args:
            cost: Number of retries that this one counts as.
        """
        if cost > self.available:
            return False
        self.available -= cost
        return True

    def give_back(self, cost: float) -> None:
        """Return part of the budget after a success.

        Args:
            cost: Cost of the last retry of the call; 0 if it succeeded without one.
        """
        if self.available < self.size:
            self.available = min(self.size, self.available + (cost or FIRST_SUCCESS))


def retry_budget_from(value: Any) -> RetryBudget | None:
    """Return the budget for the `retry_budget` of a client; None for no limit."""
    return (
        None if value is None else RetryBudget(positive_number("retry_budget", value))
    )
