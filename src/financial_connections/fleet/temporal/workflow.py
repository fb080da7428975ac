"""The workflow that syncs a slice of an account."""

from datetime import timedelta

from temporalio import workflow
from temporalio.common import RetryPolicy

TASK_QUEUE = "financial_connections"
"""Name of the task queue."""
WORKFLOW = "financial_connections.sync_slice"
"""Name of the workflow, and of its activity."""
LONGEST = timedelta(days=1)
"""Longest duration of a workflow. A rate limit can make a slice take long."""


@workflow.defn(name=WORKFLOW)
class SyncSlice:
    """A workflow with a single activity, which is not retried.

    An account that is not done is due again in the store.
    """

    @workflow.run
    async def run(self, account: str, stalled_after: float) -> str:
        """Run the activity.

        Args:
            account: ID of the account.
            stalled_after: Seconds without a heartbeat after which its worker counts as
                dead.

        Returns:
            The result of the slice.
        """
        result: str = await workflow.execute_activity(
            WORKFLOW,
            account,
            result_type=str,
            start_to_close_timeout=LONGEST,
            heartbeat_timeout=timedelta(seconds=stalled_after),
            retry_policy=RetryPolicy(maximum_attempts=1),
        )
        return result
