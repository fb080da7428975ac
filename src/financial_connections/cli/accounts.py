"""`fincon accounts`."""

import sys
from functools import partial
from typing import TYPE_CHECKING, Annotated, Any

import typer

from financial_connections.cli.choices import Feature, Subscribable
from financial_connections.cli.group import Command, examples, group
from financial_connections.cli.options import (
    AccountId,
    Customer,
    EndingBefore,
    Expand,
    HolderAccount,
    Limit,
    StartingAfter,
    holder_from,
)
from financial_connections.cli.usage import UsageError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from financial_connections.cli.settings import Link
    from financial_connections.models import Account

app = group("Bank accounts that their holders linked.")

Refreshed = Annotated[
    list[Feature],
    typer.Option(
        "--feature",
        metavar="WHAT",
        help="Fetch balance, ownership or transactions; repeat it for more.",
    ),
]
Subscribed = Annotated[
    list[Subscribable],
    typer.Option("--feature", metavar="WHAT", help="It can be transactions."),
]


@app.command(
    "list",
    cls=Command,
    epilog=examples(
        "fincon accounts list",
        "fincon accounts list --customer cus_123 --chart",
        "fincon accounts list | jq -r 'select(.status == \"inactive\").id'",
    ),
)
def list_accounts(
    context: typer.Context,
    *,
    customer: Customer = None,
    holder_account: HolderAccount = None,
    session: Annotated[
        str | None, typer.Option(metavar="ID", help="Those linked in it, fcsess_…")
    ] = None,
    chart: Annotated[
        bool, typer.Option("--chart", help="Draw their balances.")
    ] = False,
    limit: Limit = None,
    starting_after: StartingAfter = None,
    ending_before: EndingBefore = None,
    expand: Expand = None,
) -> None:
    """List linked accounts, newest first."""
    filters: Any = holder_from(customer, holder_account)

    async def work(link: "Link") -> None:
        from financial_connections.cli import charts, tables  # noqa: PLC0415 - help and completion do without

        accounts = link.client.accounts.list(
            account_holder=filters,
            session=session,
            starting_after=starting_after,
            ending_before=ending_before,
            expand=expand or None,
        )
        drawing = charts.balances if chart else partial(tables.accounts, now=link.now())
        await link.output.show_all(accounts, limit, drawing)

    context.obj.run(work)


@app.command(
    "retrieve",
    cls=Command,
    epilog=examples("fincon accounts retrieve fca_123 --expand ownership"),
)
def retrieve(
    context: typer.Context, account: AccountId, *, expand: Expand = None
) -> None:
    """Show one account."""
    _show(
        context,
        lambda link: link.client.accounts.retrieve(account, expand=expand or None),
    )


@app.command(
    "refresh",
    cls=Command,
    epilog=examples(
        "fincon accounts refresh fca_123 --feature balance --wait",
        "fincon accounts refresh fca_123 --feature balance --feature transactions",
    ),
)
def refresh(
    context: typer.Context,
    account: AccountId,
    *,
    features: Refreshed,
    wait: Annotated[
        bool, typer.Option("--wait", help="Wait until it is done.")
    ] = False,
    within: Annotated[
        float, typer.Option(min=0, metavar="SECONDS", help="How long to wait.")
    ] = 120,
    poll: Annotated[
        float,
        typer.Option(
            min=0.01, metavar="SECONDS", help="When to look first, while waiting."
        ),
    ] = 1,
    when_available: Annotated[
        bool, typer.Option("--when-available", help="Wait for too early a refresh.")
    ] = False,
    expand: Expand = None,
) -> None:
    """Have data fetched anew from the institution."""
    if when_available and not wait:
        raise UsageError("--when-available needs --wait")

    async def work(link: "Link") -> "Account":
        if not wait:
            return await link.client.accounts.refresh(
                account, features=features, expand=expand or None
            )
        from financial_connections.cli.progress import Watched  # noqa: PLC0415 - help and completion do without

        with Watched(features) as watched:
            return await link.client.accounts.refresh_and_wait(
                account,
                features=features,
                timeout=within,
                poll=poll,
                when_available=when_available,
                on_progress=watched.show,
                clock=link.now,
                expand=expand or None,
            )

    _show(context, work)


@app.command(
    "subscribe",
    cls=Command,
    epilog=examples("fincon accounts subscribe fca_123 --feature transactions"),
)
def subscribe(
    context: typer.Context,
    account: AccountId,
    *,
    features: Subscribed,
    expand: Expand = None,
) -> None:
    """Have data refreshed every day."""
    _show(
        context,
        lambda link: link.client.accounts.subscribe(
            account, features=features, expand=expand or None
        ),
    )


@app.command(
    "unsubscribe",
    cls=Command,
    epilog=examples("fincon accounts unsubscribe fca_123 --feature transactions"),
)
def unsubscribe(
    context: typer.Context,
    account: AccountId,
    *,
    features: Subscribed,
    expand: Expand = None,
) -> None:
    """End a daily refresh."""
    _show(
        context,
        lambda link: link.client.accounts.unsubscribe(
            account, features=features, expand=expand or None
        ),
    )


@app.command(
    "disconnect",
    cls=Command,
    epilog=examples(
        "fincon accounts disconnect fca_123", "fincon accounts disconnect fca_123 --yes"
    ),
)
def disconnect(
    context: typer.Context,
    account: AccountId,
    *,
    yes: Annotated[
        bool,
        typer.Option("--yes", help="Do not ask; needed where there is no terminal."),
    ] = False,
    expand: Expand = None,
) -> None:
    """End the access to an account, for good."""
    if not yes:
        _ask(f"End the access to {account} for good?")
    _show(
        context,
        lambda link: link.client.accounts.disconnect(account, expand=expand or None),
    )


@app.command("owners", cls=Command, epilog=examples("fincon accounts owners fca_123"))
def owners(
    context: typer.Context,
    account: AccountId,
    *,
    ownership: Annotated[
        str | None,
        typer.Option(metavar="ID", help="A snapshot, fcaowns_…; else the latest."),
    ] = None,
    limit: Limit = None,
    starting_after: StartingAfter = None,
    ending_before: EndingBefore = None,
) -> None:
    """List who owns an account: names, addresses, e-mails and telephone numbers."""

    async def work(link: "Link") -> None:
        from financial_connections.cli import tables  # noqa: PLC0415 - help and completion do without

        snapshot = ownership or await _latest_ownership(link, account)
        found = link.client.accounts.list_owners(
            account,
            ownership=snapshot,
            starting_after=starting_after,
            ending_before=ending_before,
        )
        await link.output.show_all(found, limit, tables.owners)

    context.obj.run(work)


async def _latest_ownership(link: "Link", account: str) -> str:
    from financial_connections import id_of  # noqa: PLC0415 - help and completion do without

    snapshot = id_of((await link.client.accounts.retrieve(account)).ownership)
    if snapshot is None:
        raise UsageError(
            f"{account} has no owners yet: fincon accounts refresh {account} --feature ownership --wait"
        )
    return snapshot


def _show(context: typer.Context, call: "Callable[[Link], Awaitable[Account]]") -> None:
    async def work(link: "Link") -> None:
        from financial_connections.cli import details  # noqa: PLC0415 - help and completion do without

        account = await call(link)
        link.output.show(
            account.to_dict(), partial(details.account, account, now=link.now())
        )

    context.obj.run(work)


def _ask(question: str) -> None:
    if not (sys.stdin and sys.stderr and sys.stdin.isatty() and sys.stderr.isatty()):
        raise UsageError("this cannot be undone: say --yes where nobody can be asked")
    if not typer.confirm(question, err=True):
        raise UsageError("nothing was done")
