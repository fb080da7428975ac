"""Stored accounts and transactions of users."""

from datetime import UTC, datetime
from typing import Any

from examples.web.database import Database, Row
from financial_connections import id_of
from financial_connections.models import Account, Transaction
from financial_connections.sync import Batch

SAVE_ACCOUNT = """
INSERT INTO accounts (id, user_id, institution, name, last4, status, balance, currency,
                      refresh_status, refresh_at)
SELECT ?, id, ?, ?, ?, ?, ?, ?, ?, ? FROM users WHERE customer = ?
ON CONFLICT (id) DO UPDATE SET
    status = excluded.status, balance = excluded.balance, currency = excluded.currency,
    refresh_status = excluded.refresh_status, refresh_at = excluded.refresh_at
RETURNING id
"""
SAVE_TRANSACTION = """
INSERT INTO transactions VALUES (?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (id) DO UPDATE SET
    description = excluded.description, amount = excluded.amount,
    status = excluded.status, transacted_at = excluded.transacted_at,
    month = excluded.month
"""
MOVE_CURSOR = """
UPDATE accounts SET sync_cursor = ? WHERE id = ? AND sync_cursor = ? RETURNING id
"""
ACCOUNTS = """
SELECT id, institution, name, last4, status, balance, currency, refresh_status,
       refresh_at
FROM accounts WHERE user_id = ? ORDER BY institution, name, id
"""
LATEST = """
SELECT t.id, t.description, t.amount, t.currency, t.status, t.transacted_at, a.name
FROM transactions t JOIN accounts a ON a.id = t.account_id
WHERE a.user_id = ? AND t.status != 'void'
ORDER BY t.transacted_at DESC, t.id DESC LIMIT 25
"""
MONTHS = """
SELECT t.month, t.currency,
       CAST(SUM(CASE WHEN t.amount < 0 THEN -t.amount ELSE 0 END) AS BIGINT) AS spent,
       CAST(SUM(CASE WHEN t.amount > 0 THEN t.amount ELSE 0 END) AS BIGINT) AS received
FROM transactions t JOIN accounts a ON a.id = t.account_id
WHERE a.user_id = ? AND t.status != 'void'
GROUP BY t.month, t.currency ORDER BY t.month DESC LIMIT 12
"""


class OvertakenError(Exception):
    """The account was synced by another process, or has been deleted."""


async def save_account(database: Database, account: Account) -> bool:
    """Store an account; return False if it does not belong to a user."""
    holder = account.account_holder
    customer = id_of(holder.customer) if holder else None
    refresh = account.transaction_refresh
    # A refresh of both is possible only when each of them is.
    refresh_at = max(
        (
            feature.next_refresh_available_at
            for feature in (refresh, account.balance_refresh)
            if feature and feature.next_refresh_available_at
        ),
        default=None,
    )
    # The amount of a balance is listed by currency; accounts here have one currency.
    current = (account.balance and account.balance.current) or {}
    currency, balance = next(iter(current.items()), (None, None))
    values = (
        account.institution_name,
        account.display_name or "Account",
        account.last4 or "",
        str(account.status),
        balance,
        currency,
        refresh and str(refresh.status),
        refresh_at,
        customer,
    )
    async with database.transaction() as transaction:
        return bool(await transaction.execute(SAVE_ACCOUNT, account.id, *values))


async def delete_account(database: Database, account: str) -> None:
    """Delete an account, and everything that is known about it."""
    async with database.transaction() as transaction:
        await transaction.execute(
            "DELETE FROM transactions WHERE account_id = ?", account
        )
        await transaction.execute("DELETE FROM accounts WHERE id = ?", account)


async def is_owner(database: Database, user_id: str, account: str) -> bool:
    query = "SELECT 1 FROM accounts WHERE id = ? AND user_id = ?"
    async with database.transaction() as transaction:
        return bool(await transaction.execute(query, account, user_id))


async def cursor_of(database: Database, account: str) -> str | None:
    """Return the cursor to sync an account from, or None before the first batch."""
    query = "SELECT sync_cursor FROM accounts WHERE id = ?"
    async with database.transaction() as transaction:
        rows = await transaction.execute(query, account)
    return (rows[0][0] or None) if rows else None


async def forget_cursor(database: Database, account: str) -> None:
    update = "UPDATE accounts SET sync_cursor = '' WHERE id = ?"
    async with database.transaction() as transaction:
        await transaction.execute(update, account)


async def save_batch(database: Database, batch: Batch) -> None:
    """Store transactions together with the cursor that follows them."""
    moved = (batch.cursor, batch.account, batch.previous or "")
    async with database.transaction() as transaction:
        if not await transaction.execute(MOVE_CURSOR, *moved):
            raise OvertakenError(batch.account)
        rows = [_columns(batch.account, item) for item in batch.transactions]
        await transaction.execute_many(SAVE_TRANSACTION, rows)


async def overview(database: Database, user_id: str) -> dict[str, Any]:
    """Return all that the page shows to a user."""
    async with database.transaction() as transaction:
        accounts = await transaction.execute(ACCOUNTS, user_id)
        latest = await transaction.execute(LATEST, user_id)
        months = await transaction.execute(MONTHS, user_id)
    account_keys = (
        "id institution name last4 status balance currency refresh refresh_at"
    )
    latest_keys = "id description amount currency status transacted_at account"
    return {
        "accounts": _dicts(account_keys, accounts),
        "transactions": _dicts(latest_keys, latest),
        "months": _dicts("month currency spent received", months),
    }


def _dicts(keys: str, rows: list[Row]) -> list[dict[str, Any]]:
    return [dict(zip(keys.split(), row, strict=True)) for row in rows]


def _columns(account: str, item: Transaction) -> Row:
    return (
        item.id,
        account,
        item.description,
        item.amount,
        item.currency,
        str(item.status),
        item.transacted_at,
        f"{datetime.fromtimestamp(item.transacted_at, UTC):%Y-%m}",
    )
