"""Render the responses of a sandbox's control endpoints, without I/O."""

from typing import Any

from rich.console import RenderableType
from rich.text import Text

from financial_connections.cli import times
from financial_connections.cli.details import grid
from financial_connections.cli.tables import new_table, text

NONE = Text("none", "dim")


def cancelled(_: dict[str, Any]) -> Text:
    """Render the response to the cancellation of a session."""
    return Text("The session is cancelled.")


def time(result: dict[str, Any]) -> Text:
    """Render the time of a sandbox.

    Args:
        result: Response of the endpoint.
    """
    return Text(f"It is {times.minute(int(result['now']))} UTC in the sandbox.")


def accounts(result: dict[str, Any]) -> Text:
    """Render the IDs of accounts.

    Args:
        result: Response of the endpoint.
    """
    return _lines(result["accounts"])


def quirks(result: dict[str, Any]) -> Text:
    """Render the names of quirks.

    Args:
        result: Response of the endpoint.
    """
    return _lines(result["quirks"])


def _lines(values: list[str]) -> Text:
    return Text("\n").join(text(value, "cyan") for value in values) if values else NONE


def faults(result: dict[str, Any]) -> RenderableType:
    """Render faults as a table.

    Args:
        result: Response of the endpoint.
    """
    if not result["faults"]:
        return NONE
    table = new_table("fault", "operation", "requests", "seconds", "retry after")
    for fault in result["faults"]:
        table.add_row(
            text(fault["kind"], "bold"),
            text(fault["operation"] or "all"),
            text(fault["times"] or "all"),
            text(fault["seconds"] or ""),
            text(fault["retry_after"]),
        )
    return table


def webhooks(result: dict[str, Any]) -> RenderableType:
    """Render one webhook endpoint with its secret, or all of them without.

    Args:
        result: Response of the endpoint.
    """
    groups = [
        [
            ("webhook", text(webhook["url"], "cyan")),
            ("secret", text(webhook.get("secret"))),
            ("events", text(webhook["event_payload"])),
        ]
        for webhook in result.get("webhooks", [result])
    ]
    return grid(*groups) if groups else NONE
