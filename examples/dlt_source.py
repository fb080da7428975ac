"""A dlt source of linked accounts and their transactions.

    pip install path/to/financial-connections 'dlt[duckdb]'
    STRIPE_API_KEY=sk_test_… python -m examples.dlt_source

dlt stores the cursors of the syncs together with the transactions, so each run
continues from what has been loaded, even if an earlier run was interrupted.
"""

import logging
from collections.abc import AsyncGenerator, Sequence
from typing import Any

import dlt
from dlt.extract import DltResource

from financial_connections import AsyncClient
from financial_connections.sync import Batch

logger = logging.getLogger(__name__)


@dlt.source(name="stripe_financial_connections")
def financial_connections(*, max_batches: int | None = None) -> Sequence[DltResource]:
    """Return the resources `accounts` and `transactions`.

    Args:
        max_batches: Number of batches of up to 100 transactions after which a run ends,
            so that a long first sync is loaded in parts. By default, a run reads
            everything.
    """

    async def accounts() -> AsyncGenerator[dict[str, Any], None]:
        async with AsyncClient() as client:
            async for account in client.accounts.list():
                yield account.to_dict()

    def transactions() -> AsyncGenerator[list[dict[str, Any]], None]:
        # dlt reads the generator in another thread, where it cannot find the state.
        state = dlt.current.resource_state("transactions")
        return read_rows(state, max_batches)

    settings: dict[str, Any] = {"write_disposition": "merge", "primary_key": "id"}
    return (
        dlt.resource(accounts, **settings),
        dlt.resource(
            transactions,
            # Of several states of a transaction in a load, the last one counts.
            columns={"sequence": {"data_type": "bigint", "dedup_sort": "desc"}},
            **settings,
        ),
    )


async def read_rows(
    state: dict[str, Any], max_batches: int | None
) -> AsyncGenerator[list[dict[str, Any]], None]:
    """Sync all accounts from the cursors in the state."""
    cursors: dict[str, str] = state.setdefault("cursors", {})
    count = 0
    async with AsyncClient() as client:
        accounts = client.accounts.list()
        async with client.transactions.sync_many(
            accounts, load_cursor=cursors.get
        ) as changes:
            async for batch in changes:
                yield rows_of(batch, state)
                cursors[batch.account] = batch.cursor
                count += 1
                if count == max_batches:
                    return
            for account, error in changes.errors.items():
                logger.warning("syncing %s failed: %s", account, error)


def rows_of(batch: Batch, state: dict[str, Any]) -> list[dict[str, Any]]:
    """Return everything that Stripe sent, and the order in which it was read."""
    first: int = state.get("sequence", 0)
    state["sequence"] = first + len(batch.transactions)
    return [
        transaction.to_dict() | {"sequence": number}
        for number, transaction in enumerate(batch.transactions, first)
    ]


if __name__ == "__main__":
    pipeline = dlt.pipeline("stripe", destination="duckdb", dataset_name="stripe")
    print(pipeline.run(financial_connections()))
