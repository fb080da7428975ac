"""The `fincon accounts` commands."""
# ruff: noqa: PLC0415 - lazy imports keep help and completion fast

from functools import partial
from typing import TYPE_CHECKING, Annotated, Any

import typer

from financial_connections.cli.confirm import Yes, confirm
from financial_connections.cli.failure import UsageError
from financial_connections.cli.group import Command, command_group, format_examples
from financial_connections.cli.options import (
    AccountArgument,
    Customer,
    CustomerAccount,
    EndingBefore,
    Expand,
    HolderAccount,
    Limit,
    LinkedIn,
    RefreshFeatures,
    StartingAfter,
    SubscriptionFeatures,
    holder_from,
)

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from financial_connections.cli.settings import Context
    from financial_connections.models import Account

app = command_group("Linked bank accounts.")


@app.command(
    "list",
    cls=Command,
    epilog=format_examples(
        "fincon accounts list",
        "fincon accounts list --customer cus_123 --chart",
        "fincon accounts list | jq -r"
        " 'select(.status_details.active.action == \"relink_required\").id'",
    ),
)
def list_accounts(
    ctx: typer.Context,
    *,
    customer: Customer = None,
    customer_account: CustomerAccount = None,
    holder_account: HolderAccount = None,
    session: LinkedIn = None,
    chart: Annotated[
        bool, typer.Option("--chart", help="Show balances as a bar chart.")
    ] = False,
    limit: Limit = None,
    starting_after: StartingAfter = None,
    ending_before: EndingBefore = None,
    expand: Expand = None,
) -> None:
    """List linked accounts, newest first."""
    account_holder: Any = holder_from(customer, customer_account, holder_account)

    async def work(context: "Context") -> None:
        from financial_connections.cli import charts, tables

        accounts = context.client.accounts.list(
            account_holder=account_holder,
            session=session,
            starting_after=starting_after,
            ending_before=ending_before,
            expand=expand or None,
        )
        await context.output.show_list(
            accounts,
            limit,
            charts.balances if chart else partial(tables.accounts, now=context.now()),
        )

    ctx.obj.run(work)


@app.command(
    "retrieve",
    cls=Command,
    epilog=format_examples("fincon accounts retrieve fca_123 --expand ownership"),
)
def retrieve(
    ctx: typer.Context, account: AccountArgument, *, expand: Expand = None
) -> None:
    """Show an account."""
    _show(
        ctx,
        lambda context: context.client.accounts.retrieve(
            account, expand=expand or None
        ),
    )


@app.command(
    "refresh",
    cls=Command,
    epilog=format_examples(
        "fincon accounts refresh fca_123 --feature balance --wait",
        "fincon accounts refresh fca_123 --feature balance --feature transactions",
    ),
)
def refresh(
    ctx: typer.Context,
    account: AccountArgument,
    *,
    features: RefreshFeatures,
    wait: Annotated[
        bool, typer.Option("--wait", help="Wait until the refresh has finished.")
    ] = False,
    within: Annotated[
        float,
        typer.Option(min=0, metavar="SECONDS", help="Maximum time to wait."),
    ] = 120,
    poll: Annotated[
        float,
        typer.Option(min=0.01, metavar="SECONDS", help="Delay before the first poll."),
    ] = 1,
    when_available: Annotated[
        bool,
        typer.Option(
            "--when-available",
            help="If a refresh is not allowed yet, wait until it is.",
        ),
    ] = False,
    expand: Expand = None,
) -> None:
    """Refresh an account's data from its institution."""
    if when_available and not wait:
        raise UsageError("--when-available works only with --wait")

    async def call(context: "Context") -> "Account":
        if not wait:
            return await context.client.accounts.refresh(
                account, features=features, expand=expand or None
            )
        from financial_connections.cli.progress import RefreshProgress

        with RefreshProgress(features) as progress:
            return await context.client.accounts.refresh_and_wait(
                account,
                features=features,
                timeout=within,
                poll=poll,
                when_available=when_available,
                on_progress=progress.show,
                clock=context.now,
                expand=expand or None,
            )

    _show(ctx, call)


@app.command(
    "subscribe",
    cls=Command,
    epilog=format_examples("fincon accounts subscribe fca_123 --feature transactions"),
)
def subscribe(
    ctx: typer.Context,
    account: AccountArgument,
    *,
    features: SubscriptionFeatures,
    expand: Expand = None,
) -> None:
    """Start daily refreshes of an account's data."""
    _show(
        ctx,
        lambda context: context.client.accounts.subscribe(
            account, features=features, expand=expand or None
        ),
    )


@app.command(
    "unsubscribe",
    cls=Command,
    epilog=format_examples(
        "fincon accounts unsubscribe fca_123 --feature transactions"
    ),
)
def unsubscribe(
    ctx: typer.Context,
    account: AccountArgument,
    *,
    features: SubscriptionFeatures,
    expand: Expand = None,
) -> None:
    """Stop daily refreshes of an account's data."""
    _show(
        ctx,
        lambda context: context.client.accounts.unsubscribe(
            account, features=features, expand=expand or None
        ),
    )


@app.command(
    "disconnect",
    cls=Command,
    epilog=format_examples(
        "fincon accounts disconnect fca_123", "fincon accounts disconnect fca_123 --yes"
    ),
)
def disconnect(
    ctx: typer.Context,
    account: AccountArgument,
    *,
    yes: Yes = False,
    expand: Expand = None,
) -> None:
    """Permanently end access to an account."""
    if not yes:
        confirm(f"Permanently end access to {account}?")
    _show(
        ctx,
        lambda context: context.client.accounts.disconnect(
            account, expand=expand or None
        ),
    )


def _show(ctx: typer.Context, call: "Callable[[Context], Awaitable[Account]]") -> None:
    async def work(context: "Context") -> None:
        from financial_connections.cli import details

        account = await call(context)
        context.output.show(
            account.to_dict(), partial(details.account, account, now=context.now())
        )

    ctx.obj.run(work)
