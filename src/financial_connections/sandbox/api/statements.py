"""Payments that could be on a person's statement.

Rent is paid once a month and a salary twice. The other payments of a month add up to
less than what is left, however many there are.
"""

from collections import deque
from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import count
from random import Random

from attrs import frozen

from financial_connections.sandbox.api.records import Account
from financial_connections.sandbox.api.state import DAY

_MONTH = 30 * DAY
_LONGEST_WAIT = 5 * DAY
"""Seconds between two payments from which on there are no regular ones."""


@frozen
class _Kind:
    description: str
    lowest: int
    """Lowest amount, in cents; negative for money leaving the account."""
    highest: int
    weight: int = 1


_SHOPPING = (
    _Kind("Coffee at the Imaginary Café", -950, -250, weight=9),
    _Kind("Groceries, Pretend Foods", -14_000, -800, weight=6),
    _Kind("Train ticket, Nowhere Line", -6_500, -280, weight=4),
    _Kind("Streaming, Made-Up Movies", -1_999, -999),
    _Kind("Refund from a fantasy", 500, 9_000),
)
_SPENDING = (*_SHOPPING, _Kind("Transfer to a figment", -15_000, -1_000))
_SAVING = (
    _Kind("Transfer from a figment", 1_000, 15_000, weight=2),
    _Kind("Transfer to a figment", -15_000, -1_000),
)
_RENT = _Kind("Rent, Sandbox Street", -150_000, -90_000)
_SALARY = _Kind("Salary, Fictional Works Ltd", 190_000, 250_000)
_MONTHLY_SPENDING = 200_000
"""Most that the irregular payments of a month take from an account, in cents."""


class Statement:
    """The payments of an account in a period, oldest first.

    Args:
        random: Source of randomness.
        account: The account.
        since: Beginning of the period, in seconds since the epoch.
        until: End of the period, in seconds since the epoch.
        size: Number of payments, spread evenly over the period.
    """

    def __init__(
        self, random: Random, account: Account, since: int, until: int, size: int
    ) -> None:
        self._random = random
        self._kinds = _kinds(account)
        interval = (until - since) / (size + 1)
        self._scale = _scale(self._kinds, _MONTH / interval)
        is_regular = self._kinds is _SPENDING and interval <= _LONGEST_WAIT
        # The regular amounts depend on the account alone, so they do not vary.
        fixed = Random(account.id)  # noqa: S311 - reproducible, not secret
        amounts = {kind: _regular_amount(fixed, kind) for kind in (_RENT, _SALARY)}
        self._due = deque(
            (time, amounts[kind], kind.description)
            for time, kind in (_regular_days(since, until) if is_regular else ())
        )

    def next_payment(self, time: int) -> tuple[int, str]:
        """Return the amount in cents and the description of the next payment.

        Args:
            time: Time of the payment, in seconds since the epoch.
        """
        if self._due and self._due[0][0] <= time:
            _, amount, description = self._due.popleft()
            return amount, description
        return payment(self._random, self._kinds, self._scale)


def payment(
    random: Random, kinds: tuple[_Kind, ...] = _SPENDING, scale: float = 1
) -> tuple[int, str]:
    """Return the amount in cents and the description of an irregular payment.

    Args:
        random: Source of randomness.
        kinds: Kinds of payments to choose from.
        scale: Factor for the amount.
    """
    [kind] = random.choices(kinds, [kind.weight for kind in kinds])
    amount = random.randint(kind.lowest, kind.highest)
    return round(amount * scale) or (1 if amount > 0 else -1), kind.description


def _kinds(account: Account) -> tuple[_Kind, ...]:
    if account.category == "credit":
        return _SHOPPING
    is_spent = account.category == "cash" and account.subcategory != "savings"
    return _SPENDING if is_spent else _SAVING


def _scale(kinds: tuple[_Kind, ...], per_month: float) -> float:
    """Return the factor by which amounts are reduced if there are many."""
    weights = sum(kind.weight for kind in kinds)
    mean = sum(kind.weight * (kind.lowest + kind.highest) / 2 for kind in kinds)
    spending = abs(mean) / weights * per_month
    return min(1, _MONTHLY_SPENDING / spending)


def _regular_amount(random: Random, kind: _Kind) -> int:
    return random.randrange(kind.lowest, kind.highest, 500)


def _regular_days(since: int, until: int) -> Iterator[tuple[int, _Kind]]:
    """Yield when rent is paid and salaries arrive, oldest first."""
    first = datetime.fromtimestamp(since, UTC)
    for month in count(first.year * 12 + first.month - 1):
        for day, kind in ((1, _RENT), (15, _SALARY), (28, _SALARY)):
            moment = datetime(month // 12, month % 12 + 1, day, tzinfo=UTC)
            time = int(moment.timestamp())
            if time > until:
                return
            if time > since:
                yield time, kind
