"""The made-up accounts of the demonstration, and the comparison with what is stored."""

import json
import random
from collections.abc import Iterable
from hashlib import sha256
from typing import Any

import psycopg
from attrs import evolve

from financial_connections import AsyncClient
from financial_connections.sandbox import Clock, RateLimits, Rules, Sandbox

_TRANSACTIONS = (20, 230)
"""Smallest and largest number of transactions of an account."""


class World:
    """A sandbox with accounts, one of which is disconnected.

    Args:
        accounts: Number of accounts.
        rate: Allowed requests per second.
        seed: Random seed.
    """

    def __init__(self, accounts: int, rate: int, seed: int) -> None:
        self._random = random.Random(seed)  # noqa: S311 - not for secrets
        rules = Rules(rate_limits=RateLimits(total=rate))
        self.sandbox = Sandbox(seed, clock=Clock.system(), rules=rules)
        self.accounts = [
            self.sandbox.add_account(transactions=self._random.randint(*_TRANSACTIONS))
            for _ in range(accounts)
        ]
        self._gone = self.accounts[accounts // 2]
        self.sandbox.disconnect(self._gone)

    def add_news(self, number: int) -> list[str]:
        """Add transactions to some accounts, and return the IDs of the accounts.

        Args:
            number: Number of accounts.
        """
        accounts = [account for account in self.accounts if account != self._gone]
        chosen = self._random.sample(accounts, min(number, len(accounts)))
        for account in chosen:
            self.sandbox.add_transactions(account, self._random.randint(1, 3))
        return chosen

    async def digest(self, url: str) -> tuple[int, str]:
        """Return the number of transactions and their digest, without a rate limit.

        Args:
            url: URL of the sandbox.
        """
        self.sandbox.rate_limits = evolve(self.sandbox.rate_limits, total=None)
        key = self.sandbox.api_key
        async with AsyncClient(key, base_url=url, rate_limit=None) as client:
            return _digest(
                [
                    (account, transaction.id, transaction.to_dict())
                    for account in self.accounts
                    if account != self._gone
                    async for transaction in client.transactions.list(account=account)
                ]
            )


async def stored_digest(conninfo: str) -> tuple[int, str]:
    """Return the number of stored transactions and their digest.

    Args:
        conninfo: The database.
    """
    rows = await _query(conninfo, "SELECT account, id, data FROM fc_transaction")
    return _digest(rows)


async def count_changes(conninfo: str) -> tuple[int, int]:
    """Return the number of changes, and how many of them repeat another one.

    Args:
        conninfo: The database.
    """
    [(total, distinct)] = await _query(
        conninfo,
        "SELECT count(*), count(DISTINCT (account, id, data::text)) FROM fc_change",
    )
    return total, total - distinct


async def _query(conninfo: str, statement: str) -> list[Any]:
    connection = await psycopg.AsyncConnection.connect(conninfo, client_encoding="utf8")
    async with connection:
        return await (await connection.execute(statement.encode())).fetchall()


def _digest(rows: Iterable[tuple[str, str, Any]]) -> tuple[int, str]:
    lines = sorted(json.dumps(row, sort_keys=True) for row in rows)
    return len(lines), sha256("\n".join(lines).encode()).hexdigest()
