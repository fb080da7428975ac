"""Workers on Procrastinate, a task queue in PostgreSQL.

    from financial_connections.fleet import PostgresStore, procrastinate

    async with AsyncClient() as client, PostgresStore(conninfo) as store:
        await procrastinate.migrate(conninfo)
        await procrastinate.run_worker(client, store, conninfo)

The queue only wakes up workers. It is short, and is filled from the accounts that are
due in the store, so it can be emptied at any time. Jobs neither fail nor retry: an
account that is not done is still due.

Needs the extra `financial-connections[fleet]`.

Source: https://procrastinate.readthedocs.io/
"""

from importlib.util import find_spec

if find_spec("procrastinate") is None:
    raise ModuleNotFoundError(
        "Procrastinate is in an extra:"
        " pip install 'path/to/financial-connections[fleet]'"
    )

from financial_connections.fleet.procrastinate.queue import (
    QUEUE,
    TASK,
    create_app,
    feed,
    migrate,
    reap,
)
from financial_connections.fleet.procrastinate.worker import run_worker

__all__ = [
    "QUEUE",
    "TASK",
    "create_app",
    "feed",
    "migrate",
    "reap",
    "run_worker",
]
