"""Sync the transactions of a customer's accounts into SQLite, from a cron job.

It also prints the accounts that the customer must link again.

    STRIPE_API_KEY=sk_test_… python -m examples.nightly cus_123 ledger.db

Without arguments, it simulates two nightly runs against the sandbox.
"""

import sys
import tempfile
from collections.abc import AsyncGenerator
from pathlib import Path

import anyio

from examples.ledger import Ledger
from financial_connections import AsyncClient
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


async def active_accounts(
    client: AsyncClient, customer: str
) -> AsyncGenerator[Account, None]:
    async for account in client.accounts.list(account_holder={"customer": customer}):
        if account.status == "active":
            yield account


async def refresh(client: AsyncClient, customer: str) -> None:
    """Fetch new transactions from the institutions.

    Failures are only reported, because the transactions Stripe already has can still
    be synced.
    """
    accounts = active_accounts(client, customer)
    async with client.accounts.refresh_many(
        accounts, features=["transactions"], timeout=300
    ) as refreshes:
        async for _ in refreshes:
            pass
        for account, error in refreshes.errors.items():
            print(f"  refreshing {account} failed: {error}")


async def sync(client: AsyncClient, customer: str, ledger: Ledger) -> None:
    """Sync the accounts into the ledger.

    If this run is interrupted, the next one continues from the stored cursors.
    """
    accounts = active_accounts(client, customer)

    async def load_cursor(account: str) -> str | None:
        # SQLite would block the event loop, which is reading other accounts meanwhile.
        return await anyio.to_thread.run_sync(ledger.cursor, account)

    async with client.transactions.sync_many(
        accounts, load_cursor=load_cursor, on_progress=print_progress
    ) as changes:
        async for batch in changes:
            await anyio.to_thread.run_sync(ledger.store, batch)
        for account, error in changes.errors.items():
            print(f"  syncing {account} failed, will retry next time: {error}")


async def run_night(client: AsyncClient, customer: str, ledger: Ledger) -> None:
    async for account in client.accounts.list(account_holder={"customer": customer}):
        if must_be_relinked(account):
            print(f"  {account.id} must be linked again")
    await refresh(client, customer)
    await sync(client, customer, ledger)
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
        async with AsyncClient() as client:
            await run_night(client, customer, Ledger(Path(path)))
        return
    with tempfile.TemporaryDirectory() as folder:
        await demo(Path(folder) / "ledger.db")


if __name__ == "__main__":
    anyio.run(main)
