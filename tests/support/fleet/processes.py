"""Worker processes of a fleet, and the sandbox that they sync from."""

import json
import signal
import subprocess
import sys
from contextlib import contextmanager, suppress

import anyio
from temporalio.client import Client
from temporalio.service import RPCError

from financial_connections.fleet import procrastinate
from financial_connections.sandbox import Sandbox, serve
from tests.support.fleet.stores import (
    outbox_states,
    query,
    read_everything,
    stored_states,
)

ENGINES = ("in-process", "procrastinate", "temporal")
LEASE = 1.0
STORE = {"lease": LEASE, "backoff": (0.05, 0.5)}
ENGINE = {
    "in-process": {"poll_interval": 0.05},
    "procrastinate": {"feed_interval": 0.05, "stalled_after": 1.5},
    "temporal": {"feed_interval": 0.1, "stalled_after": 1.5, "bound": 8},
}


class Fleet:
    """A database, a sandbox and worker processes.

    Args:
        engine: Name of the engine.
        conninfo: The database.
        store: The store.
        address: The server of Temporal.
        max_strikes: Setting of the store.
        settings: Other settings of the engine.
    """

    def __init__(
        self, engine, conninfo, store, address=None, max_strikes=1_000, **settings
    ):
        self.engine = engine
        self.conninfo = conninfo
        self.store = store
        self.sandbox = Sandbox()
        self.workers = []
        self._settings = {"concurrency": 4} | ENGINE[engine] | settings
        self._arguments = {
            "store": STORE | {"max_strikes": max_strikes},
            "engine": self._settings,
        }
        if engine == "temporal":
            self._settings["task_queue"] = conninfo.rpartition("=")[2]
            self._arguments["temporal"] = address

    @contextmanager
    def served(self):
        """Serve the sandbox, and end all workers at the end."""
        with serve(self.sandbox) as server:
            self.url = server.url
            try:
                yield self
            finally:
                for worker in self.workers:
                    self.kill(worker)

    async def prepare(self):
        """Create the tables of the engine."""
        if self.engine == "procrastinate":
            await procrastinate.migrate(self.conninfo)

    async def lose_queue(self):
        """Remove all messages of the engine."""
        if self.engine == "temporal":
            server = await Client.connect(self._arguments["temporal"])
            where = f"TaskQueue = '{self._settings['task_queue']}'"
            async for workflow in server.list_workflows(where):
                with suppress(RPCError):  # it has just ended
                    await server.get_workflow_handle(workflow.id).terminate()
        else:
            query(self.conninfo, "TRUNCATE procrastinate_jobs CASCADE")

    def start(self):
        """Start a worker."""
        arguments = [self.engine, self.conninfo, self.url, self.sandbox.api_key]
        arguments.append(json.dumps(self._arguments))
        command = [sys.executable, "-m", "tests.support.fleet.worker", *arguments]
        options = {"stdout": subprocess.PIPE, "stderr": subprocess.DEVNULL}
        self.workers.append(subprocess.Popen(command, **options))
        return self.workers[-1]

    def kill(self, worker):
        """Kill a worker."""
        with worker:
            worker.kill()

    def drain(self, worker):
        """Tell a worker to stop, and wait until it has ended by itself."""
        with worker:
            assert worker.stdout.readline(), "the worker did not start"
            worker.send_signal(signal.SIGTERM)
            assert 0 == worker.wait(180)

    async def add(self, number, transactions=120, **settings):
        """Add accounts that are due, and return their IDs."""
        accounts = [
            self.sandbox.add_account(transactions=transactions) for _ in range(number)
        ]
        for account in accounts:
            await self.store.want(account, **settings)
        return accounts

    async def wait_until(self, condition):
        """Wait until a condition of the progress holds."""
        with anyio.move_on_after(180):
            # Other processes make the progress.
            while not condition(progress := await self.store.progress()):  # noqa: ASYNC110
                await anyio.sleep(0.02)
            return progress
        raise TimeoutError(await self.store.progress())

    async def wait_until_done(self, dead=0):
        """Wait until every account has been synced or is dead."""
        await self.wait_until(lambda p: (p.accounts - dead, dead) == (p.done, p.dead))

    async def check(self, client, accounts):
        """Compare the store and the outbox with one plain sync of each account."""
        expected = await read_everything(client, accounts)
        assert expected == stored_states(self.conninfo)
        changes = [(row[0], row[1], row[3]) for row in outbox_states(self.conninfo)]
        assert len(changes) == len(set(changes))
        assert {(*key, text) for key, text in expected.items()} <= set(changes)

    @property
    def requests(self):
        """Number of requests that the sandbox has received."""
        return self.sandbox.traffic.total.admitted
