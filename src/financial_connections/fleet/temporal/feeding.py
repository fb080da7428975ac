"""Start workflows for the accounts that are due."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import anyio
from temporalio.exceptions import WorkflowAlreadyStartedError

from financial_connections.fleet.temporal.workflow import (
    LONGEST,
    TASK_QUEUE,
    WORKFLOW,
    SyncSlice,
)

if TYPE_CHECKING:
    from temporalio.client import Client

    from financial_connections.fleet.store import SyncStore

_STARTS = 16
"""Number of workflows to start at the same time."""
_TASK_SECONDS = 5.0
"""Seconds after which another worker continues a workflow whose worker has died."""


async def feed(
    temporal: Client,
    store: SyncStore,
    *,
    bound: int = 100,
    task_queue: str = TASK_QUEUE,
    stalled_after: float = 30.0,
) -> int:
    """Start a workflow for each account that is due, as far as the bound allows.

    Temporal refuses a second workflow of an account. Its list of open workflows is up
    to date only after a moment, so several callers at once can exceed the bound.

    Args:
        temporal: A client of Temporal.
        store: The store.
        bound: Maximum number of open workflows.
        task_queue: Name of the task queue.
        stalled_after: Seconds without a heartbeat after which a worker counts as dead.

    Returns:
        The number of workflows that were started.
    """
    # One call, because each continues with the tenants after those of the last one.
    due = await store.due(bound)
    # Temporal Cloud and its servers limit how often workflows can be listed.
    if not due:
        return 0
    accounts = await _open_accounts(temporal, task_queue)
    due = [account for account in due if account not in accounts]
    due = due[: max(0, bound - len(accounts))]
    remaining, started = iter(due), []

    async def start_some() -> None:
        for account in remaining:
            with suppress(WorkflowAlreadyStartedError):
                await temporal.start_workflow(
                    SyncSlice.run,
                    args=[account, stalled_after],
                    id=_prefix(task_queue) + account,
                    task_queue=task_queue,
                    execution_timeout=LONGEST,
                    task_timeout=timedelta(seconds=_TASK_SECONDS),
                )
                started.append(account)

    async with anyio.create_task_group() as tasks:
        for _ in range(min(_STARTS, len(due))):
            tasks.start_soon(start_some)
    return len(started)


async def _open_accounts(temporal: Client, task_queue: str) -> set[str]:
    """Return the accounts that have an open workflow."""
    # The list can contain workflows that have ended. Old ones cannot be open.
    earliest = (datetime.now(UTC) - LONGEST).isoformat()
    query = (
        f"WorkflowType = '{WORKFLOW}' AND TaskQueue = '{task_queue}'"
        f" AND ExecutionStatus = 'Running' AND StartTime > '{earliest}'"
    )
    return {
        workflow.id.removeprefix(_prefix(task_queue))
        async for workflow in temporal.list_workflows(query)
    }


def _prefix(task_queue: str) -> str:
    """Return the prefix of a workflow's ID, which precedes the account's ID.

    IDs are unique in a namespace, which can have several task queues.
    """
    return f"{task_queue}:"
