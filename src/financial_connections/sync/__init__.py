"""Incremental, lossless sync of transactions.

    async for batch in client.transactions.sync("fca_1", cursor=saved):
        await store(batch.transactions)     # insert or overwrite, by ID
        saved = batch.cursor                # save it once the batch is stored

Every change is returned at least once. A transaction is returned again when it changes:
a pending one becomes posted or void under the same ID. It may also be returned again
unchanged. Store batches in order, and do not sync an account from two places at once:
store a batch only if the stored cursor equals `batch.previous`. The page "How a sync
avoids losing data" in the documentation explains why.
"""

from financial_connections.sync.batch import Batch
from financial_connections.sync.many_accounts import ManyChanges, Progress, SyncMany
from financial_connections.sync.one_account import Changes, Sync

__all__ = ["Batch", "Changes", "ManyChanges", "Progress", "Sync", "SyncMany"]
