"""What looking tells faster than reading. Pure: models in, sums and bars out."""

from collections import defaultdict
from typing import TYPE_CHECKING, Any

from attrs import define, frozen
from rich.bar import Bar
from rich.box import SIMPLE_HEAD
from rich.table import Table
from rich.text import Text

from financial_connections.cli import moment, money
from financial_connections.cli.tables import Sized, cut, text

if TYPE_CHECKING:
    from collections.abc import AsyncIterable, Iterable

    from financial_connections.models import Account, Transaction

_IN, _OUT, _BAR = "green", "red", "bar"


@define
class Sums:
    """What moved in a month, in one currency's smallest unit; both sums are positive."""

    money_in: int = 0
    money_out: int = 0
    transactions: int = 0


@frozen(order=True)
class Span:
    """A month such as `2023-11`, in UTC, and a currency."""

    month: str
    currency: str


Months = dict[Span, Sums]


async def months(found: "AsyncIterable[Transaction]") -> Months:
    """Add up transactions by month, newest first. What is void never moved; what lacks
    an amount or a time is left.
    """
    sums: Months = defaultdict(Sums)
    async for transaction in found:
        units, seconds = transaction.amount, transaction.transacted_at
        if units is None or seconds is None or transaction.status == "void":
            continue
        entry = sums[Span(moment.month(seconds), transaction.currency or "")]
        entry.transactions += 1
        entry.money_in += max(units, 0)
        entry.money_out += max(-units, 0)
    return dict(sorted(sums.items(), reverse=True))


def lines(found: Months) -> list[dict[str, Any]]:
    """Return months as plain values, for JSON."""
    return [
        {
            "month": span.month,
            "currency": span.currency,
            "in": sums.money_in,
            "out": sums.money_out,
            "transactions": sums.transactions,
        }
        for span, sums in found.items()
    ]


def spending(found: Months) -> Sized:
    """Return months as bars, each currency to a scale of its own."""
    table = _chart("month", _BAR, "in", _BAR, "out")
    largest: dict[str, int] = defaultdict(int)
    for span, sums in found.items():
        largest[span.currency] = max(
            largest[span.currency], sums.money_in, sums.money_out
        )
    for span, sums in found.items():
        size = largest[span.currency]
        table.add_row(
            text(span.month),
            _bar(sums.money_in, size, _IN),
            text(money.amount(sums.money_in, span.currency)),
            _bar(sums.money_out, size, _OUT),
            text(money.amount(sums.money_out, span.currency)),
        )
    return Sized(table)


def balances(found: "Iterable[Account]") -> Sized:
    """Return balances as bars, each currency to a scale of its own; what is owed is
    red.
    """
    rows = [
        (account, currency, units)
        for account in found
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
            cut(text(account.institution_name)),
            text(f"…{account.last4}" if account.last4 else "", "dim"),
            _bar(abs(units), largest[currency], _IN if units >= 0 else _OUT),
            text(money.amount(units, currency)),
        )
    return Sized(table)


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


def _bar(value: int, size: int, colour: str) -> Bar | Text:
    return Bar(size, 0, value, color=colour) if value and size else Text()
