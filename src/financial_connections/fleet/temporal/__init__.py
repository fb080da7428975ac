"""Workers on Temporal.

    from temporalio.client import Client

    from financial_connections.fleet import PostgresStore, temporal

    async with AsyncClient() as client, PostgresStore(conninfo) as store:
        server = await Client.connect("localhost:7233")
        await temporal.run_worker(client, store, server)

A workflow syncs one slice of one account, and only wakes up a worker. Workflows are
started for the accounts that are due in the store, so all of them can be terminated at
any time. They contain only IDs of accounts. An account that is not done is still due.

Needs the extra `financial-connections[fleet-temporal]`.

Source: https://docs.temporal.io/
"""

from importlib.util import find_spec

if find_spec("temporalio") is None:
    raise ModuleNotFoundError(
        "Temporal is in an extra:"
        " pip install 'path/to/financial-connections[fleet-temporal]'"
    )

from financial_connections.fleet.temporal.feeding import feed
from financial_connections.fleet.temporal.worker import run_worker
from financial_connections.fleet.temporal.workflow import TASK_QUEUE, WORKFLOW

__all__ = ["TASK_QUEUE", "WORKFLOW", "feed", "run_worker"]
