"""Render single objects with one field per line, without I/O."""

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from rich.table import Table
from rich.text import Text

from financial_connections import id_of
from financial_connections.cli import money, times
from financial_connections.cli.access import access_to
from financial_connections.cli.tables import amount, status, text

if TYPE_CHECKING:
    from financial_connections.models import (
        Account,
        AccountHolder,
        AccountNumberDetails,
        Authorization,
        Session,
        Transaction,
    )

_HIDDEN = "hidden; use --show-client-secret or --json"

Line = tuple[str, Text]


def account(account: "Account", now: float) -> Table:
    """Render an account.

    Args:
        account: Account to show.
        now: Current time, in seconds since the epoch.
    """
    return grid(account_lines(account, now))


def account_lines(account: "Account", now: float) -> Iterator[Line]:
    """Yield the lines of an account.

    Args:
        account: Account to show.
        now: Current time, in seconds since the epoch.
    """
    last4 = text(f"…{account.last4}" if account.last4 else "", "dim")
    yield "account", text(account.id, "cyan")
    yield "institution", text(account.institution_name)
    yield "name", Text(" ").join([text(account.display_name), last4])
    yield "kind", _joined([account.category, account.subcategory])
    yield "status", status(account.status)
    yield "access", access(account, now)
    yield "holder", _holder(account.account_holder)
    yield "permissions", _joined(account.permissions)
    yield "refreshed daily", _joined(account.subscriptions)
    if account.balance:
        yield "balance", text(money.amounts(account.balance.current), "bold")
        if account.balance.cash:
            yield "available", text(money.amounts(account.balance.cash.available))
        if account.balance.credit:
            yield "used", text(money.amounts(account.balance.credit.used))
        yield "as of", time(account.balance.as_of, now)
    for number in account.account_numbers or ():
        yield "account number", _account_number(number, now)
    yield "ownership", text(id_of(account.ownership), "cyan")
    for feature, refresh in refreshes(account):
        yield f"{feature} refresh", _refresh(refresh, now)
    yield "linked", time(account.created, now)


def refreshes(account: "Account") -> list[tuple[str, object]]:
    """Return each feature with its latest refresh, or None if there was none.

    Args:
        account: Account that was refreshed.
    """
    return [
        ("balance", account.balance_refresh),
        ("ownership", account.ownership_refresh),
        ("transactions", account.transaction_refresh),
    ]


def session(session: "Session", now: float, *, show_client_secret: bool) -> Table:
    """Render a session and the accounts linked in it.

    Args:
        session: Session to show.
        now: Current time, in seconds since the epoch.
        show_client_secret: Show the client secret. Anyone who sees it can link
            accounts in the session.
    """
    lines: list[Line] = [
        ("session", text(session.id, "cyan")),
        ("holder", _holder(session.account_holder)),
        ("permissions", _joined(session.permissions)),
        ("prefetch", _joined(session.prefetch)),
        *_restrictions(session),
        ("bank token", text(id_of(session.bank_account_token), "cyan")),
        ("return URL", text(session.return_url)),
    ]
    if session.client_secret:
        secret = text(session.client_secret)
        lines.append(
            ("client secret", secret if show_client_secret else Text(_HIDDEN, "dim"))
        )
    # Some sessions lack `accounts`, although the contract requires it.
    linked = getattr(session.accounts, "data", None) or ()
    return grid(lines, *(account_lines(account, now) for account in linked))


def _restrictions(session: "Session") -> Iterator[Line]:
    if filters := session.filters:
        yield "country", text(filters.country)
        yield "subcategories", _joined(filters.account_subcategories)
        yield "payment support", text(filters.require_payment_method_support)
    if session.limits:
        yield "max accounts", text(session.limits.accounts)
    if session.manual_entry:
        yield "manual entry", text(session.manual_entry.mode)


def transaction(transaction: "Transaction", now: float) -> Table:
    """Render a transaction.

    Args:
        transaction: Transaction to show.
        now: Current time, in seconds since the epoch.
    """
    transitions = transaction.status_transitions
    lines: list[Line] = [
        ("transaction", text(transaction.id, "cyan")),
        ("account", text(transaction.account, "cyan")),
        ("description", text(transaction.description)),
        ("amount", amount(transaction.amount, transaction.currency)),
        ("status", status(transaction.status)),
        ("made", time(transaction.transacted_at, now)),
        ("posted", time(getattr(transitions, "posted_at", None), now)),
        ("void", time(getattr(transitions, "void_at", None), now)),
        ("refresh", text(transaction.transaction_refresh, "cyan")),
        ("updated", time(transaction.updated, now)),
    ]
    return grid(lines)


def grid(*groups: Iterable[Line]) -> Table:
    """Render groups of lines, with an empty line between them.

    Args:
        groups: Lines to show; those without a value are left out.
    """
    table = Table.grid(padding=(0, 2))
    table.add_column(style="dim", no_wrap=True)
    table.add_column(overflow="fold")
    for group in groups:
        if table.row_count:
            table.add_row("", "")
        for name, value in group:
            if value:
                table.add_row(name, value)
    return table


def _joined(values: object) -> Text:
    return text(
        ", ".join(str(value) for value in values if value)
        if isinstance(values, list)
        else None
    )


def _holder(holder: "AccountHolder | None") -> Text:
    if holder is None:
        return Text()
    customer = id_of(holder.customer) or holder.customer_account
    return text(customer or id_of(holder.account), "cyan")


def access(subject: "Account | Authorization", now: float) -> Text:
    """Return the access to an account or an authorization, with the reason.

    Args:
        subject: Account or authorization.
        now: Current time, in seconds since the epoch.
    """
    summary = access_to(subject)
    return _listed(
        text(summary.summary, summary.style),
        text(times.relative(summary.deadline, now), "dim"),
        text(summary.cause),
    )


def _account_number(number: "AccountNumberDetails", now: float) -> Text:
    expiry = number.expected_expiry_date
    return _listed(
        text(number.identifier_type),
        status(number.status),
        _joined(number.supported_networks),
        text(f"expiry {times.day(expiry)}" if expiry is not None else None),
        text(times.relative(expiry, now), "dim"),
    )


def _listed(*parts: Text) -> Text:
    return Text(", ").join(part for part in parts if part)


def _refresh(refresh: object, now: float) -> Text:
    if refresh is None:
        return Text()
    parts = [status(getattr(refresh, "status", None))]
    if attempted := times.relative(getattr(refresh, "last_attempted_at", None), now):
        parts.append(text(attempted, "dim"))
    available_at = getattr(refresh, "next_refresh_available_at", None)
    if available_at and available_at > now:
        parts.append(text(f"again {times.relative(available_at, now)}", "dim"))
    return _listed(*parts)


def time(seconds: int | None, now: float) -> Text:
    """Return a time in UTC, also relative to now.

    Args:
        seconds: Time in seconds since the epoch; None gives empty text.
        now: Current time, in seconds since the epoch.
    """
    if seconds is None:
        return Text()
    return Text.assemble(
        f"{times.minute(seconds)} UTC, ", (times.relative(seconds, now), "dim")
    )
