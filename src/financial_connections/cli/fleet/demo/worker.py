"""A worker process of the demonstration.

It reads its settings from the first line of stdin, drains on SIGTERM, and exits when
stdin closes, because its parent has ended then. It prints the number of requests that
it has sent.
"""

import asyncio
import json
import os
import signal
import sys
from threading import Thread
from typing import Any

import anyio

from financial_connections import AsyncClient
from financial_connections.events import ClientEvent, RequestStarted
from financial_connections.fleet import (
    PostgresRateLimit,
    PostgresStore,
    procrastinate,
)

_REPORT_SECONDS = 0.25


async def main(settings: dict[str, Any]) -> None:
    """Sync accounts until SIGTERM.

    Args:
        settings: Settings that the parent sends.
    """
    conninfo, rate = settings["conninfo"], settings["rate"]
    stop = anyio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    counter = _Counter()
    async with (
        PostgresStore(conninfo, lease=settings["lease"]) as store,
        PostgresRateLimit(conninfo, total=rate, per_endpoint=rate) as rate_limit,
        AsyncClient(
            settings["api_key"],
            base_url=settings["url"],
            rate_limit=rate_limit,
            on_event=counter,
        ) as client,
    ):
        reports = asyncio.create_task(counter.report())
        await procrastinate.run_worker(
            client,
            store,
            conninfo,
            concurrency=settings["concurrency"],
            pages=settings["pages"],
            bound=settings["bound"],
            stop=stop,
            stalled_after=settings["stalled_after"],
        )
        reports.cancel()


class _Counter:
    def __init__(self) -> None:
        self._requests = 0

    def __call__(self, event: ClientEvent) -> None:
        self._requests += isinstance(event, RequestStarted)

    async def report(self) -> None:
        while True:
            sys.stdout.write(f"{self._requests}\n")
            sys.stdout.flush()
            await asyncio.sleep(_REPORT_SECONDS)


def _exit_with_parent() -> None:
    sys.stdin.read()
    os._exit(1)


if __name__ == "__main__":
    first_line = json.loads(sys.stdin.readline())
    Thread(target=_exit_with_parent, daemon=True).start()
    asyncio.run(main(first_line))
