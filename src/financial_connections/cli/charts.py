"""Render bar charts of balances and spending, without I/O."""

from collections import defaultdict
from typing import TYPE_CHECKING, Any

from attrs import define, frozen
from rich.bar import Bar
from rich.box import SIMPLE_HEAD
from rich.table import Table
from rich.text import Text

from financial_connections.cli import money, times
from financial_connections.cli.tables import ResponsiveTable, text, truncate

if TYPE_CHECKING:
    from collections.abc import AsyncIterable, Iterable

    from financial_connections.models import Account, Transaction

_POSITIVE, _NEGATIVE, _BAR = "green", "red", "bar"


@define
class Totals:
    """Totals of one month in one currency.

    Attributes:
        money_in: Sum of incoming amounts, in the currency's smallest unit.
        money_out: Sum of outgoing amounts as a positive number, in the same unit.
        transactions: Number of transactions.
    """

    money_in: int = 0
    money_out: int = 0
    transactions: int = 0


@frozen(order=True)
class Period:
    """A month and a currency.

    Attributes:
        month: Month in UTC, such as `2023-11`.
        currency: Currency code, such as `usd`.
    """

    month: str
    currency: str


TotalsByPeriod = dict[Period, Totals]


async def sum_by_month(transactions: "AsyncIterable[Transaction]") -> TotalsByPeriod:
    """Add up transactions by month and currency.

    Void transactions are excluded because no money moved. Transactions without an
    amount or a time are excluded too.

    Args:
        transactions: Transactions in any order.

    Returns:
        The totals, newest month first.
    """
    totals: TotalsByPeriod = defaultdict(Totals)
    async for transaction in transactions:
        units, seconds = transaction.amount, transaction.transacted_at
        if units is None or seconds is None or transaction.status == "void":
            continue
        entry = totals[Period(times.month(seconds), transaction.currency or "")]
        entry.transactions += 1
        entry.money_in += max(units, 0)
        entry.money_out += max(-units, 0)
    return dict(sorted(totals.items(), reverse=True))


def month_records(totals: TotalsByPeriod) -> list[dict[str, Any]]:
    """Return the totals as plain dictionaries for JSON.

    Args:
        totals: Totals returned by `sum_by_month`.
    """
    return [
        {
            "month": period.month,
            "currency": period.currency,
            "in": sums.money_in,
            "out": sums.money_out,
            "transactions": sums.transactions,
        }
        for period, sums in totals.items()
    ]


def spending(totals: TotalsByPeriod) -> ResponsiveTable:
    """Render totals as a bar chart, with a separate scale for each currency.

    Args:
        totals: Totals returned by `sum_by_month`.
    """
    table = _chart("month", _BAR, "in", _BAR, "out")
    largest: dict[str, int] = defaultdict(int)
    for period, sums in totals.items():
        largest[period.currency] = max(
            largest[period.currency], sums.money_in, sums.money_out
        )
    for period, sums in totals.items():
        scale = largest[period.currency]
        table.add_row(
            text(period.month),
            _bar(sums.money_in, scale, _POSITIVE),
            text(money.amount(sums.money_in, period.currency)),
            _bar(sums.money_out, scale, _NEGATIVE),
            text(money.amount(sums.money_out, period.currency)),
        )
    return ResponsiveTable(table)


def balances(accounts: "Iterable[Account]") -> ResponsiveTable:
    """Render balances as a bar chart, with a separate scale for each currency.

    Negative balances are red.

    Args:
        accounts: Accounts to show; those without a balance are left out.
    """
    rows = [
        (account, currency, units)
        for account in accounts
        for currency, units in sorted(
            ((account.balance and account.balance.current) or {}).items()
        )
    ]
    largest: dict[str, int] = defaultdict(int)
    for _, currency, units in rows:
        largest[currency] = max(largest[currency], abs(units))
    table = _chart("institution", "", _BAR, "balance")
    for account, currency, units in rows:
        table.add_row(
            truncate(text(account.institution_name)),
            text(f"…{account.last4}" if account.last4 else "", "dim"),
            _bar(abs(units), largest[currency], _POSITIVE if units >= 0 else _NEGATIVE),
            text(money.amount(units, currency)),
        )
    return ResponsiveTable(table)


def _chart(*columns: str) -> Table:
    table = Table(
        box=SIMPLE_HEAD,
        show_edge=False,
        pad_edge=False,
        padding=(0, 1, 0, 0),
        expand=True,
    )
    table.header_style = "bold"
    for name in columns:
        table.add_column(
            "" if name == _BAR else name,
            justify="right" if name in {"in", "out", "balance"} else "left",
            no_wrap=name != "institution",
            ratio=1 if name == _BAR else None,
        )
    return table


def _bar(value: int, scale: int, colour: str) -> Bar | Text:
    return Bar(scale, 0, value, color=colour) if value and scale else Text()
