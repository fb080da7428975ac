"""Render lists as tables, without I/O. Any field of a model may be None."""

from typing import TYPE_CHECKING

from rich.box import SIMPLE_HEAD
from rich.cells import cell_len
from rich.console import Console, ConsoleOptions, RenderResult
from rich.table import Column, Table
from rich.text import Text

from financial_connections.cli import money, times
from financial_connections.cli.access import Access, access_to
from financial_connections.cli.text import sanitize

if TYPE_CHECKING:
    from collections.abc import Iterable

    from financial_connections.models import Account, AccountOwner, Transaction

WIDE = 110
"""Minimum width of a terminal, in columns, for the wide layout of a table."""

_STYLES = {
    "active": "green",
    "inactive": "yellow",
    "disconnected": "red",
    "posted": "green",
    "pending": "yellow",
    "void": "dim",
    "succeeded": "green",
    "failed": "red",
    "transactable": "green",
    "expired": "red",
    "deactivated": "red",
}


_MIN_TEXT_WIDTH = 12
"""Minimum width to which text may be truncated or wrapped."""


class ResponsiveTable:
    """A table that adapts to the width of the terminal.

    A wide terminal shows more columns. If the terminal is too narrow even for the
    narrow layout, each value is printed on its own line.
    """

    def __init__(self, wide: Table, narrow: Table | None = None) -> None:
        """Combine the layouts of a table.

        Args:
            wide: Table for terminals with at least `WIDE` columns.
            narrow: Table for other terminals; defaults to the wide one.
        """
        self._wide = wide
        self._narrow = narrow or wide

    def __rich_console__(
        self, console: Console, options: ConsoleOptions
    ) -> RenderResult:
        """Choose the layout that shows amounts, dates and IDs in full."""
        table = self._wide if options.max_width >= WIDE else self._narrow
        fits = options.max_width >= _required_width(table)
        yield table if fits else _as_lines(table)


def _required_width(table: Table) -> int:
    columns = [
        [_cell_width(cell, column) for cell in (column.header, *column.cells)]
        for column in table.columns
    ]
    return sum(map(max, columns)) + 2 * (len(columns) - 1)


def _cell_width(cell: object, column: Column) -> int:
    width = (
        max(map(cell_len, str(cell).split("\n")))
        if isinstance(cell, (str, Text))
        else _MIN_TEXT_WIDTH
    )
    return width if column.no_wrap else min(width, _MIN_TEXT_WIDTH)


def _as_lines(table: Table) -> Text:
    rows = zip(*(column.cells for column in table.columns), strict=True)
    return Text("\n\n").join(_row_as_lines(table, row) for row in rows)


def _row_as_lines(table: Table, row: tuple[object, ...]) -> Text:
    lines = [
        Text(" ").join(
            [*([text(column.header, "dim")] if column.header else []), *cell.split()]
        )
        for column, cell in zip(table.columns, row, strict=True)
        if isinstance(cell, Text) and cell
    ]
    return Text("\n", overflow="fold").join(lines)


def text(value: object, style: str = "") -> Text:
    """Return a value as text in which markup and escape sequences have no effect.

    Args:
        value: Value sent by the server; None gives empty text.
        style: Rich style of the text.
    """
    return Text("" if value is None else sanitize(value), style)


def status(value: str | None) -> Text:
    """Return a coloured status.

    Args:
        value: Status of an account, an account number, a transaction or a refresh.
    """
    return text(value, _STYLES.get(value or "", ""))


def amount(units: int | None, currency: str | None) -> Text:
    """Return an amount of money; incoming amounts are green.

    Args:
        units: Amount in the currency's smallest unit.
        currency: Currency code.
    """
    if units is None:
        return Text()
    return text(money.amount(units, currency), "green" if units > 0 else "")


def accounts(accounts: "Iterable[Account]", now: float) -> ResponsiveTable:
    """Render accounts as a table.

    Args:
        accounts: Accounts to show.
        now: Current time, in seconds since the epoch.
    """
    narrow = new_table("account", "institution", "", "access", "balance")
    wide = new_table("account", "institution", "", "kind", "access", "balance", "as of")
    for account in accounts:
        institution = truncate(text(account.institution_name))
        last4 = text(f"…{account.last4}" if account.last4 else "", "dim")
        balance = account.balance
        current = text(money.amounts(balance.current if balance else None))
        has_subcategory = account.subcategory not in {None, "other"}
        kind = text(account.subcategory if has_subcategory else account.category)
        as_of = text(times.relative(balance.as_of if balance else None, now), "dim")
        identity, access = text(account.id, "cyan"), _access(access_to(account))
        stacked = Text("\n").join(access)
        narrow.add_row(identity, institution, last4, stacked, current)
        wide.add_row(
            identity, institution, last4, kind, Text(" ").join(access), current, as_of
        )
    return ResponsiveTable(wide, narrow)


def _access(access: Access) -> list[Text]:
    parts = (access.verdict, times.day(access.deadline))
    return [text(part, access.style) for part in parts if part]


def transactions(transactions: "Iterable[Transaction]", now: float) -> ResponsiveTable:
    """Render transactions as a table.

    The narrow layout has no status column. Instead, the description of a transaction
    that has not posted starts with its status.

    Args:
        transactions: Transactions to show.
        now: Current time, in seconds since the epoch.
    """
    narrow = new_table("day", "description", "amount", "transaction")
    wide = new_table("day", "", "description", "status", "amount", "transaction")
    for transaction in transactions:
        day = text(times.day(transaction.transacted_at))
        age = text(times.relative(transaction.transacted_at, now), "dim")
        description, state = text(transaction.description), status(transaction.status)
        money_moved = amount(transaction.amount, transaction.currency)
        identity = text(transaction.id, "cyan")
        if transaction.status == "void":
            money_moved.stylize("strike dim")
        is_unsettled = transaction.status not in {None, "posted"}
        summary = (
            Text.assemble(state, " ", description) if is_unsettled else description
        )
        narrow.add_row(day, truncate(summary), money_moved, identity)
        wide.add_row(day, age, truncate(description), state, money_moved, identity)
    return ResponsiveTable(wide, narrow)


def owners(owners: "Iterable[AccountOwner]") -> ResponsiveTable:
    """Render account owners as a table.

    Args:
        owners: Owners to show.
    """
    table = new_table("name", "email", "phone", "address")
    for owner in owners:
        table.add_row(
            text(owner.name),
            text(owner.email),
            text(owner.phone),
            text(owner.raw_address),
        )
    return ResponsiveTable(table)


_RIGHT_ALIGNED = {"amount", "balance"}
# These shrink first, because IDs and amounts must remain complete.
_SHRINKING = {"institution", "description", "address", "email", "name"}


def new_table(*columns: str) -> Table:
    """Return an empty table.

    Args:
        *columns: Headers of the columns.
    """
    table = Table(
        box=SIMPLE_HEAD,
        show_edge=False,
        pad_edge=False,
        padding=(0, 1, 0, 0),
        header_style="bold",
    )
    for name in columns:
        table.add_column(
            name,
            justify="right" if name in _RIGHT_ALIGNED else "left",
            no_wrap=name not in _SHRINKING,
            overflow="fold",
        )
    return table


def truncate(cell: Text) -> Text:
    """Allow text to be truncated to the width of its column.

    Args:
        cell: Text to modify in place.

    Returns:
        The same object.
    """
    cell.no_wrap, cell.overflow = True, "ellipsis"
    return cell
