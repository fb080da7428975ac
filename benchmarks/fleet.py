"""Measure a fleet: `python -m benchmarks.fleet`.

The first table shows how long it takes to find work among many due accounts. The second
shows how much faster several worker processes are than one.
"""

import argparse
import asyncio
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from statistics import median

import psycopg

from benchmarks.runner import serve
from benchmarks.server import account_id
from financial_connections import AsyncClient
from financial_connections.fleet import PostgresStore, procrastinate, run_workers
from financial_connections.fleet.embedded import postgres_server

_SAMPLES = 300
_JOBS_PER_FEED = 20
_LATENCY_MS = 80
_TRANSACTIONS = 1_000
_CONCURRENCY = 4
"""Number of accounts that a process syncs at the same time."""

_FILL_TENANTS = "INSERT INTO fc_tenant SELECT n FROM generate_series(1, {}) AS n"
# One account of ten has been read before and has news.
_FILL_ACCOUNTS = """
INSERT INTO fc_account (account, tenant, wanted, due_at, backfill)
SELECT 'fca_' || n, 1 + n % {0}, 1, now() - random() * interval '1 hour', n % 10 <> 0
FROM generate_series(1, {1}) AS n
"""


class _Times(list[float]):
    """Durations in milliseconds."""

    async def add(self, call: Callable[[], Awaitable[object]]) -> object:
        start = time.perf_counter()
        result = await call()
        self.append(1000 * (time.perf_counter() - start))
        return result

    def __str__(self) -> str:
        ordered = sorted(self)
        p95 = ordered[int(0.95 * len(ordered))]
        return f"{median(ordered):.1f} | {p95:.1f} | {ordered[-1]:.1f}"


async def measure_due(conninfo: str, accounts: int, tenants: int) -> None:
    """Time the search for work among due accounts, with Procrastinate as the engine."""
    feeds, fetches, claims, progress = _Times(), _Times(), _Times(), _Times()
    await procrastinate.migrate(conninfo)
    app = procrastinate.create_app(conninfo)
    async with PostgresStore(conninfo) as store, app.open_async():
        await store.migrate()
        with psycopg.connect(conninfo, autocommit=True) as connection:
            connection.execute(_FILL_TENANTS.format(tenants).encode())
            connection.execute(_FILL_ACCOUNTS.format(tenants, accounts).encode())
            connection.execute("VACUUM ANALYZE")
        worker = await app.job_manager.register_worker()

        async def fetch() -> object:
            return await app.job_manager.fetch_job([procrastinate.QUEUE], worker)

        while len(claims) < _SAMPLES:
            await feeds.add(lambda: procrastinate.feed(app, store))
            for _ in range(_JOBS_PER_FEED):
                job = await fetches.add(fetch)
                account = job.task_kwargs["account"]  # type: ignore[attr-defined]
                await claims.add(lambda account=account: store.claim(account))
        await progress.add(store.progress)
    print(f"{accounts:,} due accounts of {tenants:,} tenants\n")
    print("| step | median ms | 95 % | longest |\n|---|--:|--:|--:|")
    print(f"| feed the queue | {feeds} |")
    print(f"| fetch a job | {fetches} |")
    print(f"| claim its account | {claims} |")
    print(f"| count all accounts (`progress`) | {progress} |\n")


async def measure_scale(
    conninfo: str, processes: int, accounts: int, url: str
) -> float:
    """Return how many transactions worker processes store in a second."""
    async with PostgresStore(conninfo) as store:
        await store.migrate()
        with _worker_processes(conninfo, url, processes):
            names = [
                account_id(_TRANSACTIONS, _LATENCY_MS, str(number))
                for number in range(accounts)
            ]
            start = time.perf_counter()
            await asyncio.gather(*[store.want(name) for name in names])
            # Other processes make the progress.
            while (progress := await store.progress()).done < accounts:  # noqa: ASYNC110
                await asyncio.sleep(0.05)
            seconds = time.perf_counter() - start
    if progress.transactions != accounts * _TRANSACTIONS:
        raise AssertionError(progress)
    return progress.transactions / seconds


@contextmanager
def _worker_processes(conninfo: str, url: str, number: int) -> Iterator[None]:
    command = [sys.executable, "-m", "benchmarks.fleet", "--worker", conninfo, url]
    pipe = subprocess.PIPE
    workers = [
        subprocess.Popen(command, stdin=pipe, stdout=pipe) for _ in range(number)
    ]
    try:
        for worker in workers:
            assert worker.stdout
            worker.stdout.readline()  # it is ready
        yield
    finally:
        for worker in workers:
            with worker:  # closes its standard input, which ends it
                pass


async def _work(conninfo: str, url: str) -> None:
    async with (
        PostgresStore(conninfo) as store,
        AsyncClient("sk_test_1", base_url=url, rate_limit=None) as client,
    ):
        workers = asyncio.create_task(
            run_workers(
                client, store, concurrency=_CONCURRENCY, pages=100, poll_interval=0.05
            )
        )
        print(flush=True)
        await asyncio.to_thread(sys.stdin.read)
        workers.cancel()
        await asyncio.wait([workers])


def _database(conninfo: str, name: str) -> str:
    with psycopg.connect(conninfo, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}".encode())
    return f"{conninfo} dbname={name}"


def main() -> None:
    """Run all measurements, and print their tables in Markdown."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--due", type=int, default=1_000_000, help="due accounts")
    parser.add_argument("--accounts", type=int, default=64, help="accounts to sync")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--worker", nargs=2, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.worker:
        asyncio.run(_work(*options.worker))
        return
    with postgres_server() as conninfo, serve() as server:
        for tenants in (1, 1_000):
            database = _database(conninfo, f"due_{tenants}")
            asyncio.run(measure_due(database, options.due, tenants))
        rates: dict[int, list[float]] = {1: [], 2: [], 4: []}
        for number in range(options.rounds):
            for processes, results in rates.items():
                database = _database(conninfo, f"scale_{processes}_{number}")
                results.append(
                    asyncio.run(
                        measure_scale(
                            database, processes, options.accounts, server.urls["plain"]
                        )
                    )
                )
        print(f"{_LATENCY_MS} ms a page, {_CONCURRENCY} accounts at a time a process\n")
        print(
            "| processes | transactions a second | compared with one |\n|--:|--:|--:|"
        )
        for processes, results in rates.items():
            rate = median(results)
            print(f"| {processes} | {rate:,.0f} | {rate / median(rates[1]):.2f} |")


if __name__ == "__main__":
    main()
