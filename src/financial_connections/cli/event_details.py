"""Render events, one per row or with one field per line, without I/O."""

from collections.abc import Iterable, Iterator

from rich.table import Table

from financial_connections.cli import times
from financial_connections.cli.details import Line, access, account_lines, grid, time
from financial_connections.cli.tables import ResponsiveTable, new_table, status, text
from financial_connections.models import Account, Authorization
from financial_connections.webhooks import Event, EventNotification, SnapshotEvent


def events(events: Iterable[SnapshotEvent], now: float) -> ResponsiveTable:
    """Render events as a table.

    Args:
        events: Events to show.
        now: Current time, in seconds since the epoch.
    """
    narrow = new_table("created", "type", "event")
    wide = new_table("created", "", "type", "object", "event")
    for event in events:
        created = text(times.minute(event.created))
        age = text(times.relative(event.created, now), "dim")
        # All events of Financial Connections start with the same words.
        name = text((event.type or "").removeprefix("financial_connections."))
        identity = text(event.id, "cyan")
        narrow.add_row(created, name, identity)
        wide.add_row(created, age, name, text(event.object_id), identity)
    return ResponsiveTable(wide, narrow)


def event(event: Event, now: float) -> Table:
    """Render an event and the object it is about.

    Args:
        event: Event to show.
        now: Current time, in seconds since the epoch.
    """
    subject = getattr(getattr(event, "data", None), "object", None)
    if isinstance(subject, Account):
        return grid(_event_lines(event, now), account_lines(subject, now))
    if isinstance(subject, Authorization):
        return grid(_event_lines(event, now), _authorization_lines(subject, now))
    return grid(_event_lines(event, now))


def _event_lines(event: Event, now: float) -> Iterator[Line]:
    yield "event", text(event.id, "cyan")
    yield "type", text(event.type, "bold")
    if isinstance(event, SnapshotEvent):
        yield "created", time(event.created, now)
        yield "API version", text(event.api_version)
    if isinstance(event, EventNotification):
        yield "created", text(event.created)
        yield "context", text(event.context)
        yield "object", text(event.object_id, "cyan")


def _authorization_lines(authorization: Authorization, now: float) -> Iterator[Line]:
    yield "authorization", text(authorization.id, "cyan")
    yield "institution", text(authorization.institution_name)
    yield "status", status(authorization.status)
    yield "access", access(authorization, now)
