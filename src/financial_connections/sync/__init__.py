"""Incremental sync of transactions, at least once and without loss.

    async for batch in client.transactions.sync("fca_1", cursor=saved):
        await store(batch.transactions)     # by ID: insert, or overwrite
        saved = batch.cursor                # safe to keep once the batch is stored

A transaction comes again when it changes (a pending one becomes posted or void under
the same ID), and may come again when it does not. Store batches in their order, and
sync an account in one place at a time: store a batch only if the stored cursor is
`batch.previous`. "Why a sync loses nothing" in the documentation gives the reasons.
"""

from financial_connections.sync.many_accounts import ManyChanges, Progress, SyncMany
from financial_connections.sync.one_account import Batch, Changes, Sync

__all__ = ["Batch", "Changes", "ManyChanges", "Progress", "Sync", "SyncMany"]
