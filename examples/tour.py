"""
A tour of the SDK, over real HTTP, against the sandbox on this machine: `make demo`.

Nothing here leaves the machine, and nothing is left running.
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
    """Announce what comes next, and the line of Python that does it."""
    console.print(f"\n[bold cyan]{title}[/]")
    console.print(Syntax(code, "python", theme="ansi_dark", background_color="default"))


def money(amounts: dict[str, int] | None) -> str:
    """`{"usd": 312345}` → `3,123.45 USD`; amounts are in cents."""
    return ", ".join(
        f"{cents / 100:,.2f} {currency.upper()}"
        for currency, cents in (amounts or {}).items()
    )


def moment(seconds: int | None) -> str:
    return (
        ""
        if seconds is None
        else f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%d %H:%M}"
    )


def table_of_accounts(accounts: Iterable[Account]) -> Table:
    table = Table("institution", "account", "kind", "status")
    table.add_column("balance", justify="right")
    for account in accounts:
        colour = {"active": "green", "inactive": "yellow", "disconnected": "red"}.get(
            account.status or "", "white"
        )
        table.add_row(
            account.institution_name,
            f"•••• {account.last4}",
            f"{account.category}, {account.subcategory}",
            f"[{colour}]{account.status}[/]",
            money(account.balance.current if account.balance else None),
        )
    return table


def table_of_transactions(transactions: Iterable[Transaction]) -> Table:
    table = Table("when (UTC)", "description", "status")
    table.add_column("amount", justify="right")
    for transaction in transactions:
        amount = money({transaction.currency or "": transaction.amount or 0})
        table.add_row(
            moment(transaction.transacted_at),
            transaction.description,
            transaction.status,
            amount,
        )
    return table


async def refreshed(client: AsyncClient, sandbox: Sandbox, account: str) -> Account:
    """Refresh a balance, and look until it is there. A day of the sandbox passes in no
    time.
    """
    state = await client.accounts.refresh(account, features=["balance"])
    while (
        state.balance_refresh and state.balance_refresh.status == RefreshStatus.PENDING
    ):
        console.print(
            f"  balance_refresh.status = [yellow]{state.balance_refresh.status}[/]"
        )
        sandbox.advance(10)
        state = await client.accounts.retrieve(account)
    if state.balance_refresh:
        console.print(
            f"  balance_refresh.status = [green]{state.balance_refresh.status}[/]"
        )
    return state


async def tour(client: AsyncClient, sandbox: Sandbox) -> None:
    step("1. List accounts", "async for account in client.accounts.list(): ...")
    accounts = [account async for account in client.accounts.list()]
    console.print(table_of_accounts(accounts))
    checking = next(
        a.id for a in accounts if a.subcategory == "checking" and a.status == "active"
    )
    assert checking is not None  # noqa: S101 - the sandbox gives every account an id

    step(
        "2. Follow pages",
        "async for page in client.transactions.list(account=account).pages(): ...",
    )
    count = 0
    async for page in client.transactions.list(account=checking).pages():
        count += len(page.data)
        console.print(
            f"  {len(page.data):3} transactions, {count:5} so far   [dim]{page.request_id}[/]"
        )

    step(
        "3. Refresh a balance",
        'await client.accounts.refresh(account, features=["balance"])',
    )
    state = await refreshed(client, sandbox, checking)
    if state.balance:
        console.print(
            f"  {money(state.balance.current)} as of {moment(state.balance.as_of)} UTC"
        )

    step(
        "4. Read transactions",
        "async for transaction in client.transactions.list(account=account).take(5): ...",
    )
    recent = await client.transactions.list(account=checking).collect(max_items=5)
    console.print(table_of_transactions(recent))

    step(
        "5. Expand an id into its object",
        'await client.accounts.retrieve(account, expand=["ownership"])',
    )
    await client.accounts.refresh(checking, features=["ownership"])
    sandbox.advance(60)
    account = await client.accounts.retrieve(checking, expand=["ownership"])
    ownership = expanded(account.ownership)
    owners = ownership.owners.data if ownership and ownership.owners else None
    console.print(f"  {len(owners or [])} owners; a repr keeps their data to itself:")
    for owner in owners or []:
        console.print(f"  {owner!r}", style="dim")

    step("6. Errors have types", 'await client.accounts.retrieve("fca_nowhere")')
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
                f"sandbox at {server.url}, gone when this ends"
            )
        )
        await tour(client, sandbox)
    console.print(
        "\n[green]Done.[/] The sandbox is closed. Next: README.md, or `make test`."
    )


if __name__ == "__main__":
    anyio.run(main)
