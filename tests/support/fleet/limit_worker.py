"""A process that sends requests under a shared limit until its input ends.

    python -m tests.support.fleet.limit_worker KIND ADDRESS URL TOTAL PER_ENDPOINT SKEW

Its clocks are SKEW seconds off.
"""

import sys
import time

SKEW = float(sys.argv[6])
real_time, real_monotonic = time.time, time.monotonic
time.time = lambda: real_time() + SKEW
time.monotonic = lambda: real_monotonic() + SKEW

import asyncio  # noqa: E402
from contextlib import suppress  # noqa: E402

from financial_connections import (  # noqa: E402
    AsyncClient,
    FinancialConnectionsError,
)
from financial_connections.fleet import (  # noqa: E402
    PostgresRateLimit,
    RedisRateLimit,
)

KINDS = {"redis": RedisRateLimit, "postgres": PostgresRateLimit}
TASKS = 12


async def main(kind, address, url, total, per_endpoint, _skew):
    limits = {"total": float(total), "per_endpoint": float(per_endpoint)}
    async with (
        KINDS[kind](address, **limits) as limit,
        AsyncClient("sk_test_1", base_url=url, rate_limit=limit) as client,
    ):

        async def send():
            while True:
                for call in (client.accounts.retrieve, client.transactions.retrieve):
                    with suppress(FinancialConnectionsError):
                        await call("id_1")

        tasks = [asyncio.create_task(send()) for _ in range(TASKS)]
        await asyncio.to_thread(sys.stdin.read)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


asyncio.run(main(*sys.argv[1:]))
