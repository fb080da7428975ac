"""`fincon sessions`."""

from functools import partial
from typing import TYPE_CHECKING, Annotated, Any

import typer

from financial_connections.cli.choices import Permission, Prefetch, SessionExpand
from financial_connections.cli.group import Command, examples, group
from financial_connections.cli.options import Customer, HolderAccount, holder_from
from financial_connections.cli.usage import UsageError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from financial_connections.cli.settings import Link
    from financial_connections.models import Session

app = group("Sessions, in which people link their accounts.")

Expand = Annotated[
    list[SessionExpand] | None,
    typer.Option(
        metavar="FIELD",
        help="Have it as an object: account_holder.customer, accounts.data.ownership or their like.",
    ),
]
ShowSecret = Annotated[
    bool,
    typer.Option(
        "--show-client-secret", help="Show it on a terminal too; JSON always has it."
    ),
]


@app.command(
    "create",
    cls=Command,
    epilog=examples(
        "fincon sessions create --customer cus_123 --permission balances --permission transactions",
        "fincon sessions create --customer cus_123 --permission balances | jq -r .client_secret",
    ),
)
def create(
    context: typer.Context,
    *,
    customer: Customer = None,
    holder_account: HolderAccount = None,
    permissions: Annotated[
        list[Permission],
        typer.Option(
            "--permission",
            metavar="WHAT",
            help="Ask for balances, ownership, payment_method or transactions.",
        ),
    ],
    prefetch: Annotated[
        list[Prefetch] | None,
        typer.Option(
            metavar="WHAT", help="Fetch balances, ownership or transactions at once."
        ),
    ] = None,
    countries: Annotated[
        list[str] | None,
        typer.Option(
            "--country", metavar="CODE", help="Where institutions may be, such as US."
        ),
    ] = None,
    return_url: Annotated[
        str | None,
        typer.Option(metavar="URL", help="Where an app's holder comes back to."),
    ] = None,
    expand: Expand = None,
    show_client_secret: ShowSecret = False,
) -> None:
    """Start a session for a holder of accounts."""
    holder = holder_from(customer, holder_account)
    if holder is None:
        raise UsageError("whose accounts? give --customer or --holder-account")
    account_holder: Any = {**holder, "type": next(iter(holder))}

    async def call(link: "Link") -> "Session":
        return await link.client.sessions.create(
            account_holder=account_holder,
            permissions=permissions,
            filters={"countries": countries} if countries else None,
            prefetch=prefetch or None,
            return_url=return_url,
            expand=expand or None,
        )

    _show(context, call, show_client_secret=show_client_secret)


@app.command(
    "retrieve", cls=Command, epilog=examples("fincon sessions retrieve fcsess_123")
)
def retrieve(
    context: typer.Context,
    session: Annotated[
        str, typer.Argument(metavar="SESSION", help="The session's id, fcsess_…")
    ],
    *,
    expand: Expand = None,
    show_client_secret: ShowSecret = False,
) -> None:
    """Show one session, and the accounts that were linked in it."""
    _show(
        context,
        lambda link: link.client.sessions.retrieve(session, expand=expand or None),
        show_client_secret=show_client_secret,
    )


def _show(
    context: typer.Context,
    call: "Callable[[Link], Awaitable[Session]]",
    *,
    show_client_secret: bool,
) -> None:
    async def work(link: "Link") -> None:
        from financial_connections.cli import details  # noqa: PLC0415 - help and completion do without

        session = await call(link)
        drawing = partial(
            details.session,
            session,
            now=link.now(),
            show_client_secret=show_client_secret,
        )
        link.output.show(session.to_dict(), drawing)

    context.obj.run(work)
