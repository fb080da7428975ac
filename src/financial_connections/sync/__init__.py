"""
Sync transactions: incremental, at least once, never lost.

    async for batch in client.transactions.sync("fca_1", cursor=saved):
        await store(batch.transactions)     # by ID: insert, or overwrite
        saved = batch.cursor                # safe to keep once the batch is stored

A transaction comes again when it changes (a pending one becomes posted or void under the same ID), and may come again
when it does not. Store batches in their order, and sync an account from one place at a time: store a batch only over
the cursor `batch.previous`. "Why a sync loses nothing" in the documentation has the argument.
"""

from financial_connections.sync.many_accounts import ManyChanges, Progress, SyncMany
from financial_connections.sync.one_account import Batch, Changes, Sync

__all__ = ["Batch", "Changes", "ManyChanges", "Progress", "Sync", "SyncMany"]
