"""The `fincon link` command: link accounts in a browser."""
# ruff: noqa: PLC0415 - lazy imports keep help and completion fast

import os
import sys
import webbrowser
from functools import partial
from typing import TYPE_CHECKING, Annotated, Any

import typer

from financial_connections.cli.choices import (
    SessionPermission,
)
from financial_connections.cli.failure import NotLinkedError
from financial_connections.cli.options import (
    Customer,
    CustomerAccount,
    HolderAccount,
    ManualEntry,
    Prefetch,
    ReturnURL,
    account_holder_from,
    holder_from,
)
from financial_connections.cli.text import sanitize

if TYPE_CHECKING:
    from financial_connections import AsyncClient
    from financial_connections.cli.control import Control
    from financial_connections.cli.settings import Context
    from financial_connections.models import Session

_FIRST_DELAY, _MAX_DELAY, _FACTOR = 0.5, 5.0, 1.5
_DEFAULT_PERMISSIONS: tuple[Any, ...] = ("balances", "ownership", "transactions")


def link(
    ctx: typer.Context,
    *,
    customer: Customer = None,
    customer_account: CustomerAccount = None,
    holder_account: HolderAccount = None,
    permissions: Annotated[
        list[SessionPermission] | None,
        typer.Option(
            "--permission",
            metavar="PERMISSION",
            help="Permission to request: balances, ownership, payment_method or"
            " transactions; repeatable. Defaults to all but payment_method.",
        ),
    ] = None,
    prefetch: Prefetch = None,
    manual_entry: ManualEntry = None,
    return_url: ReturnURL = None,
    no_browser: Annotated[
        bool, typer.Option("--no-browser", help="Print the URL without opening it.")
    ] = False,
    within: Annotated[
        float, typer.Option(min=0, metavar="SECONDS", help="Maximum time to wait.")
    ] = 600,
) -> None:
    """Link accounts in a browser, and list them.

    Creates a session, opens its page, and waits until accounts have been linked. The
    sandbox has such a page. Stripe does not: pass the client secret that is printed to
    Stripe.js in a page of your own.
    """
    holder = holder_from(customer, customer_account, holder_account)

    async def work(context: "Context") -> None:
        from financial_connections.cli.control import Control

        client = context.client
        sandbox = await Control.of_sandbox(context)
        url = None if sandbox is None else sandbox.url
        session = await client.sessions.create(
            account_holder=await _account_holder(client, holder, url),
            permissions=permissions or list(_DEFAULT_PERMISSIONS),
            prefetch=prefetch or None,
            manual_entry={"mode": manual_entry} if manual_entry else None,
            return_url=return_url,
        )
        await _show_page(session, url, opens_browser=not no_browser)
        done = await _completed(client, str(session.id), within, sandbox)
        await _show_accounts(context, done)

    ctx.obj.run(work)


async def _account_holder(
    client: "AsyncClient", holder: dict[str, str] | None, sandbox: str | None
) -> Any:
    if holder is None and sandbox is not None:
        import json

        response = await client.send_raw("POST", "/v1/customers")
        holder = {"customer": json.loads(response.content)["id"]}
    return account_holder_from(holder)


async def _show_page(
    session: "Session", sandbox: str | None, *, opens_browser: bool
) -> None:
    from anyio import to_thread

    secret = session.client_secret
    if sandbox is None:
        _tell(f"Session:       {session.id}\nClient secret: {secret}")
        _tell(
            "Stripe has no page for a session. In your own page, call\n"
            f"stripe.collectFinancialConnectionsAccounts({{clientSecret: '{secret}'}})"
        )
    else:
        url = f"{sandbox}/_sandbox/link/{secret}"
        _tell(f"Link accounts at {url}")
        if opens_browser and _has_browser():
            await to_thread.run_sync(webbrowser.open, url)
    _tell("Waiting for accounts; press Ctrl-C to stop.")


def _has_browser() -> bool:
    # Without a display, `webbrowser` would start a text browser in this terminal.
    return sys.platform in {"darwin", "win32"} or any(
        os.environ.get(name) for name in ("BROWSER", "DISPLAY", "WAYLAND_DISPLAY")
    )


def _tell(text: str) -> None:
    # Not `note()`: the user needs the URL even if stderr is not a terminal.
    if sys.stderr is not None:
        sys.stderr.write("".join(f"{sanitize(line)}\n" for line in text.split("\n")))
        sys.stderr.flush()


async def _completed(
    client: "AsyncClient",
    session: str,
    within: float,
    sandbox: "Control | None" = None,
) -> "Session":
    import anyio

    delay = _FIRST_DELAY
    deadline = anyio.current_time() + within
    while True:
        current = await client.sessions.retrieve(session)
        # Some sessions lack `accounts`, although the contract requires it.
        if current.bank_account_token or getattr(current.accounts, "data", None):
            return current
        # The API does not tell that a session was cancelled, but a sandbox does.
        if sandbox is not None and await _is_cancelled(sandbox, session):
            raise NotLinkedError(f"the user cancelled the session {session}")
        remaining = deadline - anyio.current_time()
        if remaining <= 0:
            raise NotLinkedError(
                f"no account was linked within {within:g} seconds; see whether it was"
                f" later: fincon sessions retrieve {session}"
            )
        await anyio.sleep(min(delay, remaining))
        delay = min(delay * _FACTOR, _MAX_DELAY)


async def _is_cancelled(sandbox: "Control", session: str) -> bool:
    sessions = (await sandbox.send("GET", "/sessions"))["sessions"]
    return {"id": session, "status": "cancelled"} in sessions


async def _show_accounts(context: "Context", session: "Session") -> None:
    from financial_connections.cli import details, tables

    if session.bank_account_token:
        context.output.show(
            session.to_dict(),
            partial(
                details.session, session, now=context.now(), show_client_secret=False
            ),
        )
        return
    accounts = context.client.accounts.list(session=session.id)
    draw = partial(tables.accounts, now=context.now())
    await context.output.show_list(accounts, 0, draw)
