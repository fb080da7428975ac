"""A tour of the SDK, talking HTTP to the sandbox: `make demo`.

No request leaves your machine, and nothing keeps running afterwards.
"""

from collections.abc import Iterable
from datetime import UTC, datetime

import anyio
from rich.console import Console
from rich.panel import Panel
from rich.syntax import Syntax
from rich.table import Table

from financial_connections import API_VERSION, AsyncClient, NotFoundError, expanded
from financial_connections.models import Account, RefreshStatus, Transaction
from financial_connections.sandbox import Sandbox, serve

console = Console(highlight=False)


def step(title: str, code: str) -> None:
    """Print the title of a step and the line of Python it demonstrates."""
    console.print(f"\n[bold cyan]{title}[/]")
    console.print(Syntax(code, "python", theme="ansi_dark", background_color="default"))


def format_money(amounts: dict[str, int] | None) -> str:
    """Format amounts in cents: `{"usd": 312345}` becomes `3,123.45 USD`."""
    return ", ".join(
        f"{cents / 100:,.2f} {currency.upper()}"
        for currency, cents in (amounts or {}).items()
    )


def format_time(seconds: int | None) -> str:
    return (
        ""
        if seconds is None
        else f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%d %H:%M}"
    )


def account_table(accounts: Iterable[Account]) -> Table:
    table = Table("institution", "account", "type", "status")
    table.add_column("balance", justify="right")
    for account in accounts:
        colour = {"active": "green", "inactive": "yellow", "disconnected": "red"}.get(
            account.status, "white"
        )
        table.add_row(
            account.institution_name,
            f"•••• {account.last4}",
            f"{account.category}, {account.subcategory}",
            f"[{colour}]{account.status}[/]",
            format_money(account.balance.current if account.balance else None),
        )
    return table


def transaction_table(transactions: Iterable[Transaction]) -> Table:
    table = Table("time (UTC)", "description", "status")
    table.add_column("amount", justify="right")
    for transaction in transactions:
        amount = format_money({transaction.currency: transaction.amount})
        table.add_row(
            format_time(transaction.transacted_at),
            transaction.description,
            transaction.status,
            amount,
        )
    return table


async def refresh_balance(
    client: AsyncClient, sandbox: Sandbox, account_id: str
) -> Account:
    """Refresh a balance and poll its status while advancing the sandbox's clock."""
    account = await client.accounts.refresh(account_id, features=["balance"])
    while account.balance_refresh:
        status = account.balance_refresh.status
        pending = status == RefreshStatus.PENDING
        colour = "yellow" if pending else "green"
        console.print(f"  balance_refresh.status = [{colour}]{status}[/]")
        if not pending:
            break
        sandbox.advance(10)
        account = await client.accounts.retrieve(account_id)
    return account


async def tour(client: AsyncClient, sandbox: Sandbox) -> None:
    step("1. List accounts", "async for account in client.accounts.list(): ...")
    accounts = [account async for account in client.accounts.list()]
    console.print(account_table(accounts))
    checking = next(
        a.id for a in accounts if a.subcategory == "checking" and a.status == "active"
    )

    step(
        "2. Follow pages",
        "async for page in client.transactions.list(account=account).pages(): ...",
    )
    count = 0
    async for page in client.transactions.list(account=checking).pages():
        count += len(page.data)
        console.print(
            f"  {len(page.data):3} transactions, {count:5} so far "
            f"  [dim]{page.request_id}[/]"
        )

    step(
        "3. Refresh a balance",
        'await client.accounts.refresh(account, features=["balance"])',
    )
    account = await refresh_balance(client, sandbox, checking)
    if account.balance:
        amounts, as_of = (
            format_money(account.balance.current),
            format_time(account.balance.as_of),
        )
        console.print(f"  {amounts} as of {as_of} UTC")

    step(
        "4. Read transactions",
        "await client.transactions.list(account=account).collect(max_items=5)",
    )
    recent = await client.transactions.list(account=checking).collect(max_items=5)
    console.print(transaction_table(recent))

    step(
        "5. Expand an ID",
        'await client.accounts.retrieve(account, expand=["ownership"])',
    )
    await client.accounts.refresh(checking, features=["ownership"])
    sandbox.advance(60)
    account = await client.accounts.retrieve(checking, expand=["ownership"])
    ownership = expanded(account.ownership)
    owners = ownership.owners.data if ownership else []
    console.print(f"  {len(owners)} owners; their repr hides personal data:")
    for owner in owners:
        console.print(f"  {owner!r}", style="dim")

    step("6. Handle an error", 'await client.accounts.retrieve("fca_nowhere")')
    try:
        await client.accounts.retrieve("fca_nowhere")
    except NotFoundError as error:
        console.print(f"  [red]NotFoundError[/]: {error}")


async def main() -> None:
    sandbox = Sandbox.demo()
    async with (
        serve(sandbox) as server,
        AsyncClient(sandbox.api_key, base_url=server.url) as client,
    ):
        console.print(
            Panel.fit(
                f"[bold]financial-connections[/] · API version {API_VERSION}\n"
                f"sandbox at {server.url} until the tour ends"
            )
        )
        await tour(client, sandbox)
    console.print(
        "\n[green]Done.[/] The sandbox has been stopped. Next, read docs/tutorial.md."
    )


if __name__ == "__main__":
    anyio.run(main)
