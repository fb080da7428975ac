"""One object, line by line. Pure, like `tables`."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from rich.table import Table
from rich.text import Text

from financial_connections import id_of
from financial_connections.cli import moment, money
from financial_connections.cli.tables import amount, status, text

if TYPE_CHECKING:
    from financial_connections.models import (
        Account,
        AccountHolder,
        Session,
        Transaction,
    )
    from financial_connections.webhooks import AccountEvent, UnknownEvent

_HIDDEN = "hidden: --show-client-secret, or --json"

Line = tuple[str, Text]


def account(found: "Account", now: float) -> Table:
    """Return an account."""
    return _grid(_account(found, now))


def _account(found: "Account", now: float) -> Iterator[Line]:
    yield "account", text(found.id, "cyan")
    yield "institution", text(found.institution_name)
    yield (
        "name",
        Text(" ").join(
            [
                text(found.display_name),
                text(f"…{found.last4}" if found.last4 else "", "dim"),
            ]
        ),
    )
    yield "kind", _listed([found.category, found.subcategory])
    yield "status", status(found.status)
    yield "holder", _holder(found.account_holder)
    yield "permissions", _listed(found.permissions)
    yield "refreshed daily", _listed(found.subscriptions)
    if found.balance:
        yield "balance", text(money.amounts(found.balance.current), "bold")
        if found.balance.cash:
            yield "available", text(money.amounts(found.balance.cash.available))
        if found.balance.credit:
            yield "used", text(money.amounts(found.balance.credit.used))
        yield "as of", _when(found.balance.as_of, now)
    yield "ownership", text(id_of(found.ownership), "cyan")
    for feature, refresh in refreshes(found):
        yield f"{feature} refresh", _refresh(refresh, now)
    yield "linked", _when(found.created, now)


def refreshes(found: "Account") -> list[tuple[str, object]]:
    """Return the latest refresh of each feature; None where there was none."""
    return [
        ("balance", found.balance_refresh),
        ("ownership", found.ownership_refresh),
        ("transactions", found.transaction_refresh),
    ]


def session(found: "Session", now: float, *, show_client_secret: bool) -> Table:
    """Return a session. Whoever has its client secret can link accounts in it, so a
    screen shows it on request.
    """
    lines: list[Line] = [
        ("session", text(found.id, "cyan")),
        ("holder", _holder(found.account_holder)),
        ("permissions", _listed(found.permissions)),
        ("prefetch", _listed(found.prefetch)),
        ("countries", _listed(found.filters.countries if found.filters else None)),
        ("return URL", text(found.return_url)),
    ]
    if found.client_secret:
        lines.append(
            (
                "client secret",
                text(found.client_secret)
                if show_client_secret
                else Text(_HIDDEN, "dim"),
            )
        )
    grid = _grid(iter(lines))
    for linked in (found.accounts.data if found.accounts else None) or ():
        grid.add_row("", "")
        _fill(grid, _account(linked, now))
    return grid


def transaction(found: "Transaction", now: float) -> Table:
    """Return a transaction."""
    transitions = found.status_transitions
    lines: list[Line] = [
        ("transaction", text(found.id, "cyan")),
        ("account", text(found.account, "cyan")),
        ("description", text(found.description)),
        ("amount", amount(found.amount, found.currency)),
        ("status", status(found.status)),
        ("made", _when(found.transacted_at, now)),
        ("posted", _when(transitions.posted_at if transitions else None, now)),
        ("void", _when(transitions.void_at if transitions else None, now)),
        ("refresh", text(found.transaction_refresh, "cyan")),
        ("updated", _when(found.updated, now)),
    ]
    return _grid(iter(lines))


def event(found: "AccountEvent | UnknownEvent", now: float) -> Table:
    """Return an event, with the account that it is about."""
    from financial_connections.models import Account  # noqa: PLC0415 - checked against here alone

    about = found.data.object if found.data else None
    grid = _grid(
        iter(
            [
                ("event", text(found.id, "cyan")),
                ("type", text(found.type, "bold")),
                ("happened", _when(found.created, now)),
                ("API version", text(found.api_version)),
            ]
        )
    )
    if isinstance(about, Account):
        grid.add_row("", "")
        _fill(grid, _account(about, now))
    return grid


def _grid(lines: Iterator[Line]) -> Table:
    grid = Table.grid(padding=(0, 2))
    grid.add_column(style="dim", no_wrap=True)
    grid.add_column(overflow="fold")
    _fill(grid, lines)
    return grid


def _fill(grid: Table, lines: Iterator[Line]) -> None:
    for name, value in lines:
        if value:  # what is not there has no line
            grid.add_row(name, value)


def _listed(values: object) -> Text:
    return text(
        ", ".join(str(value) for value in values if value)
        if isinstance(values, list)
        else None
    )


def _holder(holder: "AccountHolder | None") -> Text:
    return (
        text(id_of(holder.customer) or id_of(holder.account), "cyan")
        if holder
        else Text()
    )


def _refresh(refresh: object, now: float) -> Text:
    if refresh is None:
        return Text()
    parts = [status(getattr(refresh, "status", None))]
    if tried := moment.ago(getattr(refresh, "last_attempted_at", None), now):
        parts.append(text(tried, "dim"))
    if (again := getattr(refresh, "next_refresh_available_at", None)) and again > now:
        parts.append(text(f"again {moment.ago(again, now)}", "dim"))
    return Text(", ").join(part for part in parts if part)


def _when(seconds: int | None, now: float) -> Text:
    if seconds is None:
        return Text()
    return Text.assemble(
        f"{moment.minute(seconds)} UTC, ", (moment.ago(seconds, now), "dim")
    )
