"""
Transactions kept in step: incremental, at least once, never lost.

    async with client.transactions.sync("fca_1", cursor=saved) as changes:
        async for batch in changes:
            await store(batch.transactions)     # by id: insert, or overwrite
            saved = batch.cursor                # safe to keep once the batch is stored

The same transaction comes again when it changes (pending becomes posted or void under the same id), and may come again
when it does not. Store batches in their order, and sync an account from one place at a time: whoever saves a cursor
must have read the one before it. docs/decisions has the argument why nothing is lost.
"""

from financial_connections.sync.many_accounts import ManyChanges, Progress, SyncMany
from financial_connections.sync.one_account import Batch, Changes, Sync

__all__ = ["Batch", "Changes", "ManyChanges", "Progress", "Sync", "SyncMany"]
