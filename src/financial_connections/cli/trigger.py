"""The `fincon trigger` command: make a sandbox produce an event."""
# ruff: noqa: PLC0415 - lazy imports keep help and completion fast

from functools import partial
from typing import TYPE_CHECKING, Annotated, Any

import typer

from financial_connections.cli.failure import TimedOutError, UsageError

if TYPE_CHECKING:
    from financial_connections import AsyncClient
    from financial_connections.cli.control import Control
    from financial_connections.cli.settings import Context
    from financial_connections.webhooks import SnapshotEvent

_PREFIX = "financial_connections."
_DAY = 86_400
_NOTICE = 30 * _DAY
"""Time between the warning that access or a number will end, and its end."""
_STEPS = (0, 1, 4, 25, 300)
"""Seconds by which the clock moves until the event has occurred."""

_CONTROLS: dict[str, tuple[str, dict[str, float]]] = {
    "account.created": ("", {}),
    "account.deactivated": ("/deactivate", {}),
    "account.reactivated": ("/reactivate", {}),
    "account.expected_deactivation_date_updated": (
        "/schedule_deactivation",
        {"after": 2 * _NOTICE},
    ),
    "account.upcoming_deactivation": ("/schedule_deactivation", {"after": _NOTICE}),
    "account.upcoming_account_number_expiry": (
        "/schedule_number_expiry",
        {"after": _NOTICE},
    ),
    "account.account_numbers_updated": ("/schedule_number_expiry", {"after": _NOTICE}),
    "account.supported_payment_method_types_updated": ("/deactivate_number", {}),
}
"""The control endpoint that produces an event, and its parameters.

The events of an authorization are produced as those of its accounts are.
"""
_CLIENT_EVENTS = (
    "account.disconnected",
    "account.refreshed_balance",
    "account.refreshed_ownership",
    "account.refreshed_transactions",
)
"""Events that calls of the API produce."""
_AUTHORIZATION_EVENTS = (
    "authorization.expected_deactivation_date_updated",
    "authorization.upcoming_deactivation",
)
EVENTS = (*sorted([*_CONTROLS, *_CLIENT_EVENTS]), *_AUTHORIZATION_EVENTS)
"""Types of events that can be produced, without their common prefix."""


def trigger(
    ctx: typer.Context,
    event: Annotated[
        str,
        typer.Argument(
            metavar="EVENT",
            help="Type of the event, such as account.refreshed_transactions.",
            autocompletion=lambda: list(EVENTS),
        ),
    ],
    *,
    account: Annotated[
        str | None,
        typer.Option(
            metavar="ID",
            help="Account to use (fca_…); a new one by default.",
        ),
    ] = None,
) -> None:
    """Make a sandbox produce an event, and show it.

    Changes the account as the event says, and moves the sandbox's clock if the event
    takes time. Earlier events may occur, too, such as the creation of the account.
    """
    name = event.removeprefix(_PREFIX)
    if name not in EVENTS:
        raise UsageError(f"{event!r} is not an event; use one of {', '.join(EVENTS)}")
    if account and name == "account.created":
        raise UsageError("account.created always uses a new account")

    async def work(context: "Context") -> None:
        from financial_connections.cli import event_details
        from financial_connections.cli.control import Control

        control = Control.of(context)
        await control.send("GET", "/clock")  # fails if the server is not a sandbox
        before = await context.client.events.list(limit=1)
        subject = account or await _new_account(control)
        await _act(context.client, control, name, subject)
        after = before.data[0].id if before.data else None
        occurred = await _event(context.client, control, name, after)
        context.output.show(
            occurred.to_dict(),
            partial(event_details.event, occurred, now=occurred.created or 0),
        )

    ctx.obj.run(work)


async def _new_account(control: "Control") -> str:
    # Without any data yet, so that each feature can be refreshed at once.
    body = {"transactions": 20, "tokenized": True, "refreshed": []}
    return str((await control.send("POST", "/accounts", body))["account"])


async def _act(
    client: "AsyncClient", control: "Control", name: str, account: str
) -> None:
    if name == "account.disconnected":
        await client.accounts.disconnect(account)
        return
    if name in _CLIENT_EVENTS:
        feature: Any = name.removeprefix("account.refreshed_")
        await client.accounts.refresh(account, features=[feature])
        return
    if name == "account.reactivated":
        await control.send("POST", "/deactivate", {"account": account})
    path, body = _CONTROLS[name.replace("authorization.", "account.")]
    if path:
        await control.send("POST", path, {"account": account, **body})


async def _event(
    client: "AsyncClient", control: "Control", name: str, after: str | None
) -> "SnapshotEvent":
    for seconds in _STEPS:
        if seconds:
            await control.send("POST", "/advance", {"seconds": seconds})
        newest = await client.events.list(
            types=[_PREFIX + name], ending_before=after, limit=1
        )
        if newest.data:
            return newest.data[0]
    raise TimedOutError(f"the sandbox has not produced {name}")
