"""A plain script: keep the transactions of every account of a customer in a SQLite
file, up to date.

`python -m examples.nightly` shows it against the sandbox on this machine: once from
nothing, once more after a refresh. Against Stripe: `STRIPE_API_KEY=… python -m
examples.nightly cus_123 ledger.db`, from a cron job."""

import sys
import tempfile
from pathlib import Path

import anyio

from examples.ledger import Ledger
from financial_connections import AsyncClient, FinancialConnectionsError
from financial_connections.sandbox import Sandbox, serve
from financial_connections.sync import Progress


def report(progress: Progress) -> None:
    print(
        f"  {progress.done} of {progress.accounts} accounts, {progress.transactions} transactions"
    )


async def active_accounts(client: AsyncClient, customer: str) -> list[str]:
    accounts = client.accounts.list(account_holder={"customer": customer})
    return [
        account.id
        async for account in accounts
        if account.id and account.status == "active"
    ]


async def refresh(client: AsyncClient, account: str) -> None:
    """Fetch what is new at the institution. That it cannot be fetched now must not stop
    the sync of what is there.
    """
    try:
        await client.accounts.refresh_and_wait(
            account, features=["transactions"], timeout=300
        )
    except FinancialConnectionsError as error:
        print(f"  {account} is not refreshed: {error}")


async def sync(client: AsyncClient, ledger: Ledger, accounts: list[str]) -> None:
    """Bring the ledger up to date; it can be interrupted anywhere, and goes on where it
    was.
    """
    cursors = {account: ledger.cursor(account) for account in accounts}
    async with client.transactions.sync_many(cursors, on_progress=report) as changes:
        async for batch in changes:
            ledger.store(batch)
        for account, error in changes.errors.items():
            print(f"  {account} failed, and is taken up again next time: {error}")


async def night(client: AsyncClient, customer: str, ledger: Ledger) -> None:
    accounts = await active_accounts(client, customer)
    async with anyio.create_task_group() as tasks:
        for account in accounts:
            tasks.start_soon(refresh, client, account)
    await sync(client, ledger, accounts)
    for account, (count, amount) in ledger.totals().items():
        print(f"  {account}: {count} transactions, {amount / 100:,.2f} in all")


async def demo(path: Path) -> None:
    """Two nights at the sandbox; its refreshes are done when they are looked at for the
    second time.
    """
    sandbox = Sandbox.demo()
    ledger = Ledger(path)
    async with (
        serve(sandbox) as server,
        AsyncClient(sandbox.api_key, base_url=server.url) as client,
    ):
        for name in ("The first night", "The second night"):
            print(f"{name}:")
            await night(client, sandbox.customers[0], ledger)
            sandbox.advance(24 * 3_600)
            sandbox.add_transactions(sandbox.accounts[-1], 7, at_next_refresh=True)


async def main() -> None:
    if len(sys.argv) > 1:
        customer, path = sys.argv[1:]
        async with AsyncClient(rate_limit=25) as client:
            await night(client, customer, Ledger(Path(path)))
        return
    with tempfile.TemporaryDirectory() as folder:
        await demo(Path(folder) / "ledger.db")


if __name__ == "__main__":
    anyio.run(main)
