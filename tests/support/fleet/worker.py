"""A worker process of a fleet, which drains on SIGTERM.

    python -m tests.support.fleet.worker ENGINE CONNINFO URL KEY SETTINGS

SETTINGS is a JSON object with arguments of the store under `store`, arguments of the
engine under `engine`, and the address of the server of Temporal under `temporal`.
"""

import asyncio
import json
import signal
import sys

import anyio
from temporalio.client import Client

from financial_connections import AsyncClient
from financial_connections.fleet import (
    PostgresStore,
    procrastinate,
    run_workers,
    temporal,
)


async def main(engine, conninfo, url, key, settings):
    settings = json.loads(settings)
    stop = anyio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    # Its parent may send SIGTERM from now on.
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    async with (
        PostgresStore(conninfo, **settings["store"]) as store,
        AsyncClient(key, base_url=url, max_retries=0) as client,
    ):
        arguments = settings["engine"] | {"stop": stop}
        match engine:
            case "in-process":
                await run_workers(client, store, **arguments)
            case "procrastinate":
                await procrastinate.run_worker(client, store, conninfo, **arguments)
            case "temporal":
                server = await Client.connect(settings["temporal"])
                await temporal.run_worker(client, store, server, **arguments)


asyncio.run(main(*sys.argv[1:]))
