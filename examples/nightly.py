"""Sync the transactions of a customer's accounts into SQLite, from a cron job.

It also prints the accounts that the customer must link again.

    STRIPE_API_KEY=sk_test_… python -m examples.nightly cus_123 ledger.db

Without arguments, it simulates two nightly runs against the sandbox.
"""

import sys
import tempfile
from pathlib import Path

import anyio

from examples.ledger import Ledger
from financial_connections import AsyncClient, FinancialConnectionsError
from financial_connections.models import Account
from financial_connections.sandbox import Sandbox, serve
from financial_connections.sync import Progress


def print_progress(progress: Progress) -> None:
    print(
        f"  {progress.done} of {progress.accounts} accounts,"
        f" {progress.transactions} transactions"
    )


def must_be_relinked(account: Account) -> bool:
    """Return True if access to the account has ended, or will unless it is relinked."""
    details = account.status_details
    ending = details.active if details else None
    return account.status == "inactive" or (
        ending is not None and ending.action == "relink_required"
    )


async def refresh(client: AsyncClient, account: str) -> None:
    """Fetch new transactions from the institution.

    Failures are only reported, because the transactions Stripe already has can still
    be synced.
    """
    try:
        await client.accounts.refresh_and_wait(
            account, features=["transactions"], timeout=300
        )
    except FinancialConnectionsError as error:
        print(f"  refreshing {account} failed: {error}")


async def sync(client: AsyncClient, ledger: Ledger, accounts: list[str]) -> None:
    """Sync the accounts into the ledger.

    If this run is interrupted, the next one continues from the stored cursors.
    """
    cursors = {account: ledger.cursor(account) for account in accounts}
    async with client.transactions.sync_many(
        cursors, on_progress=print_progress
    ) as changes:
        async for batch in changes:
            ledger.store(batch)
        for account, error in changes.errors.items():
            print(f"  syncing {account} failed, will retry next time: {error}")


async def run_night(client: AsyncClient, customer: str, ledger: Ledger) -> None:
    linked = client.accounts.list(account_holder={"customer": customer})
    accounts = [account async for account in linked]
    for account in filter(must_be_relinked, accounts):
        print(f"  {account.id} must be linked again")
    active = [account.id for account in accounts if account.status == "active"]
    async with anyio.create_task_group() as tasks:
        for account_id in active:
            tasks.start_soon(refresh, client, account_id)
    await sync(client, ledger, active)
    for account_id, (count, amount) in ledger.totals().items():
        print(f"  {account_id}: {count} transactions, total {amount / 100:,.2f}")


async def demo(path: Path) -> None:
    """Simulate two nightly runs against the sandbox."""
    sandbox = Sandbox.demo()
    ledger = Ledger(path)
    async with (
        serve(sandbox) as server,
        AsyncClient(sandbox.api_key, base_url=server.url) as client,
    ):
        for name in ("The first night", "The second night"):
            print(f"{name}:")
            await run_night(client, sandbox.customers[0], ledger)
            sandbox.advance(24 * 3_600)
            sandbox.add_transactions(sandbox.accounts[-1], 7, at_next_refresh=True)


async def main() -> None:
    if len(sys.argv) > 1:
        customer, path = sys.argv[1:]
        async with AsyncClient(rate_limit=25) as client:
            await run_night(client, customer, Ledger(Path(path)))
        return
    with tempfile.TemporaryDirectory() as folder:
        await demo(Path(folder) / "ledger.db")


if __name__ == "__main__":
    anyio.run(main)
