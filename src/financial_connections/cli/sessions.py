"""The `fincon sessions` commands."""
# ruff: noqa: PLC0415 - lazy imports keep help and completion fast

from functools import partial
from typing import TYPE_CHECKING, Annotated, Any

import typer

from financial_connections.cli.choices import (
    SessionAccountSubcategory,
    SessionExpand,
    SessionPaymentMethodRequirement,
    SessionPermission,
)
from financial_connections.cli.group import Command, command_group, format_examples
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

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from financial_connections.cli.settings import Context
    from financial_connections.models import Session

app = command_group("Sessions in which users link their accounts.")

Expand = Annotated[
    list[SessionExpand] | None,
    typer.Option(
        metavar="FIELD",
        help="Expand this field, such as account_holder.customer or"
        " accounts.data.ownership; repeatable.",
    ),
]
ShowSecret = Annotated[
    bool,
    typer.Option(
        "--show-client-secret",
        help="Show the client secret on a terminal; JSON always includes it.",
    ),
]


@app.command(
    "create",
    cls=Command,
    epilog=format_examples(
        "fincon sessions create --customer cus_123 --permission balances"
        " --permission transactions",
        "fincon sessions create --customer cus_123 --permission balances"
        " | jq -r .client_secret",
    ),
)
def create(
    ctx: typer.Context,
    *,
    customer: Customer = None,
    customer_account: CustomerAccount = None,
    holder_account: HolderAccount = None,
    permissions: Annotated[
        list[SessionPermission],
        typer.Option(
            "--permission",
            metavar="PERMISSION",
            help="Permission to request: balances, ownership, payment_method or"
            " transactions; repeatable.",
        ),
    ],
    prefetch: Prefetch = None,
    country: Annotated[
        str | None,
        typer.Option(
            metavar="CODE",
            help="Only institutions in this country, such as US.",
        ),
    ] = None,
    subcategories: Annotated[
        list[SessionAccountSubcategory] | None,
        typer.Option(
            "--subcategory",
            metavar="SUBCATEGORY",
            help="Only accounts of this subcategory: checking, credit_card,"
            " line_of_credit, mortgage or savings; repeatable.",
        ),
    ] = None,
    payment_support: Annotated[
        SessionPaymentMethodRequirement | None,
        typer.Option(
            # Longer names, such as the API's, do not fit into help for 80 columns.
            "--payment-method-support",
            metavar="ACCOUNTS",
            help="Accounts that must support payments: all, at_least_one or none.",
        ),
    ] = None,
    max_accounts: Annotated[
        int | None,
        typer.Option(
            min=1, metavar="N", help="Maximum number of accounts that can be linked."
        ),
    ] = None,
    manual_entry: ManualEntry = None,
    return_url: ReturnURL = None,
    expand: Expand = None,
    show_client_secret: ShowSecret = False,
) -> None:
    """Create a session for an account holder."""
    account_holder: Any = account_holder_from(
        holder_from(customer, customer_account, holder_account)
    )
    candidates = {
        "account_subcategories": subcategories,
        "country": country,
        "require_payment_method_support": payment_support,
    }
    filters: Any = {name: value for name, value in candidates.items() if value}

    async def call(context: "Context") -> "Session":
        return await context.client.sessions.create(
            account_holder=account_holder,
            permissions=permissions,
            filters=filters or None,
            limits={"accounts": max_accounts} if max_accounts else None,
            manual_entry={"mode": manual_entry} if manual_entry else None,
            prefetch=prefetch or None,
            return_url=return_url,
            expand=expand or None,
        )

    _show(ctx, call, show_client_secret=show_client_secret)


@app.command(
    "retrieve",
    cls=Command,
    epilog=format_examples("fincon sessions retrieve fcsess_123"),
)
def retrieve(
    ctx: typer.Context,
    session: Annotated[
        str, typer.Argument(metavar="SESSION", help="ID of the session (fcsess_…).")
    ],
    *,
    expand: Expand = None,
    show_client_secret: ShowSecret = False,
) -> None:
    """Show a session and the accounts linked in it."""
    _show(
        ctx,
        lambda context: context.client.sessions.retrieve(
            session, expand=expand or None
        ),
        show_client_secret=show_client_secret,
    )


def _show(
    ctx: typer.Context,
    call: "Callable[[Context], Awaitable[Session]]",
    *,
    show_client_secret: bool,
) -> None:
    async def work(context: "Context") -> None:
        from financial_connections.cli import details

        session = await call(context)
        context.output.show(
            session.to_dict(),
            partial(
                details.session,
                session,
                now=context.now(),
                show_client_secret=show_client_secret,
            ),
        )

    ctx.obj.run(work)
