"""Lists as tables. Pure: models in, something to print out; nothing about a model is
taken for granted.
"""

from typing import TYPE_CHECKING

from rich.box import SIMPLE_HEAD
from rich.cells import cell_len
from rich.console import Console, ConsoleOptions, RenderResult
from rich.table import Column, Table
from rich.text import Text

from financial_connections.cli import moment, money
from financial_connections.cli.text import clean

if TYPE_CHECKING:
    from collections.abc import Iterable

    from financial_connections.models import Account, AccountOwner, Transaction

WIDE = 110
"""From so many columns on there is room for more."""

_STYLES = {
    "active": "green",
    "inactive": "yellow",
    "disconnected": "red",
    "posted": "green",
    "pending": "yellow",
    "void": "dim",
    "succeeded": "green",
    "failed": "red",
}


_TEXT = 12
"""So much of a text that may be cut is always there."""


class Sized:
    """A table that has more columns where there is room for them; where there is too
    little, its values in lines.
    """

    def __init__(self, wide: Table, narrow: Table | None = None) -> None:
        self._wide = wide
        self._narrow = narrow or wide

    def __rich_console__(
        self, console: Console, options: ConsoleOptions
    ) -> RenderResult:
        """Choose. Amounts, days and ids are never cut."""
        table = self._wide if options.max_width >= WIDE else self._narrow
        yield table if options.max_width >= _need(table) else _stacked(table)


def _need(table: Table) -> int:
    columns = [
        [_width(cell, column) for cell in (column.header, *column.cells)]
        for column in table.columns
    ]
    return sum(map(max, columns)) + 2 * (len(columns) - 1)


def _width(cell: object, column: Column) -> int:
    width = (
        cell_len(cell.plain if isinstance(cell, Text) else str(cell))
        if isinstance(cell, (str, Text))
        else _TEXT
    )
    return width if column.no_wrap else min(width, _TEXT)


def _stacked(table: Table) -> Text:
    rows = zip(*(column.cells for column in table.columns), strict=True)
    return Text("\n\n").join(_lines(table, row) for row in rows)


def _lines(table: Table, row: tuple[object, ...]) -> Text:
    told = zip(table.columns, row, strict=True)
    lines = [
        Text.assemble((f"{column.header} " if column.header else "", "dim"), cell)
        for column, cell in told
        if isinstance(cell, Text) and cell
    ]
    return Text("\n", overflow="fold").join(lines)


def text(value: object, style: str = "") -> Text:
    """Return what a server said, as it is: no markup in it counts, no escape sequence
    gets through.
    """
    return Text("" if value is None else clean(value), style)


def status(value: str | None) -> Text:
    """Return a status in its colour."""
    return text(value, _STYLES.get(value or "", ""))


def amount(units: int | None, currency: str | None) -> Text:
    """Return an amount; what comes in is green."""
    if units is None:
        return Text()
    return text(money.amount(units, currency), "green" if units > 0 else "")


def accounts(found: "Iterable[Account]", now: float) -> Sized:
    """Return a table of accounts."""
    narrow = _table("account", "institution", "", "status", "balance")
    wide = _table("account", "institution", "", "kind", "status", "balance", "as of")
    for account in found:
        name, last4 = (
            text(account.institution_name),
            text(f"…{account.last4}" if account.last4 else "", "dim"),
        )
        balance = account.balance
        current = text(money.amounts(balance.current if balance else None))
        kind = text(
            account.subcategory
            if account.subcategory not in {None, "other"}
            else account.category
        )
        as_of = text(moment.ago(balance.as_of if balance else None, now), "dim")
        identity, state = text(account.id, "cyan"), status(account.status)
        narrow.add_row(identity, cut(name), last4, state, current)
        wide.add_row(identity, cut(name), last4, kind, state, current, as_of)
    return Sized(wide, narrow)


def transactions(found: "Iterable[Transaction]", now: float) -> Sized:
    """Return a table of transactions. Where there is little room, what is not posted
    says so before its description.
    """
    narrow = _table("day", "description", "amount", "transaction")
    wide = _table("day", "", "description", "status", "amount", "transaction")
    for transaction in found:
        day = text(moment.day(transaction.transacted_at))
        when = text(moment.ago(transaction.transacted_at, now), "dim")
        description, state = text(transaction.description), status(transaction.status)
        moved, identity = (
            amount(transaction.amount, transaction.currency),
            text(transaction.id, "cyan"),
        )
        if transaction.status == "void":
            moved.stylize("strike dim")
        unsettled = transaction.status not in {None, "posted"}
        told = Text.assemble(state, " ", description) if unsettled else description
        narrow.add_row(day, cut(told), moved, identity)
        wide.add_row(day, when, cut(description), state, moved, identity)
    return Sized(wide, narrow)


def owners(found: "Iterable[AccountOwner]") -> Sized:
    """Return a table of owners."""
    table = _table("name", "email", "phone", "address")
    for owner in found:
        table.add_row(
            text(owner.name),
            text(owner.email),
            text(owner.phone),
            text(owner.raw_address),
        )
    return Sized(table)


_RIGHT = {"amount", "balance"}
_CUT = {"institution", "description"}
_WRAPPED = {"address", "email", "name"}


def _table(*columns: str) -> Table:
    table = Table(
        box=SIMPLE_HEAD,
        show_edge=False,
        pad_edge=False,
        padding=(0, 1, 0, 0),
        header_style="bold",
    )
    for name in columns:
        # These give way first: an id is there to be copied, an amount to be read.
        gives_way = name in _CUT or name in _WRAPPED
        table.add_column(
            name,
            justify="right" if name in _RIGHT else "left",
            no_wrap=not gives_way,
            overflow="fold",
        )
    return table


def cut(told: Text) -> Text:
    """Let a text be cut off at the end of its column."""
    told.no_wrap, told.overflow = True, "ellipsis"
    return told
