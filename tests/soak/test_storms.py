"""Many calls to a sandbox with rate limits, in real time and over loopback."""

import json
import random
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from statistics import median

import anyio
import pytest

from financial_connections import AsyncClient, FinancialConnectionsError
from financial_connections.sandbox import (
    Clock,
    Fault,
    RateLimits,
    Rules,
    Sandbox,
    serve,
)
from tests.rate_limits.test_storms import check_storm, run_storm
from tests.support.storm import (
    HALVED_AND_DOUBLED,
    LOOPBACK,
    PAGES,
    SlidingWindow,
    Storm,
    add_accounts,
    sync_all,
)
from tests.support.virtual_time import run_in_virtual_time

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize(
    ("backends", "changes"),
    [
        (["asyncio"], ()),
        (["trio"], ()),
        (["asyncio", "trio", "asyncio", "trio"], ()),
        (["asyncio", "trio", "asyncio", "trio"], HALVED_AND_DOUBLED),
    ],
)
def test_processes_that_share_a_limit_lose_no_account(backends, changes):
    sandbox = Sandbox(
        clock=Clock.system(), rules=Rules(rate_limits=RateLimits.test_mode())
    )
    accounts = add_accounts(sandbox)
    storm = Storm(sandbox, *changes)
    counts, errors = {}, []
    with serve(sandbox) as server:
        workers = [
            start_worker(
                server.url, sandbox.api_key, backend, accounts[n :: len(backends)]
            )
            for n, backend in enumerate(backends)
        ]
        for worker in workers:
            read, failed = json.loads(worker.communicate()[0])
            counts.update(read)
            errors += failed

    assert [] == errors
    assert dict.fromkeys(accounts, PAGES) == counts
    check_storm(storm, most_rejected=400)


def start_worker(*arguments):
    *arguments, accounts = arguments
    return subprocess.Popen(
        [sys.executable, "-m", "tests.support.storm_worker", *arguments, *accounts],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
    )


@pytest.mark.parametrize("backend", ["asyncio", "trio"])
@pytest.mark.parametrize("base_url", ["https://api.test", LOOPBACK])
@pytest.mark.parametrize("clients", [1, 4])
@pytest.mark.parametrize(
    ("limiter", "changes"),
    [(None, ()), (None, HALVED_AND_DOUBLED), (SlidingWindow, ())],
)
def test_storms_of_all_kinds_lose_no_account(
    backend, base_url, clients, limiter, changes
):
    storm = run_in_virtual_time(
        backend, run_storm, clients, limiter and limiter(), changes, base_url
    )

    # Without a documented limit, clients send all they can until the first 429s.
    most_rejected = 400 if base_url == LOOPBACK else 150
    check_storm(storm, most_rejected=most_rejected, is_strict=limiter is not None)


@pytest.mark.parametrize("backend", ["asyncio", "trio"])
@pytest.mark.parametrize(
    ("limiter", "changes", "bound"),
    [(None, (), 1.15), (None, HALVED_AND_DOUBLED, 1.15), (SlidingWindow, (), 1.3)],
)
def test_the_median_storm_uses_nearly_all_of_the_limit(
    backend, limiter, changes, bound
):
    ratios = [
        run_in_virtual_time(
            backend,
            run_storm,
            4,
            limiter and limiter(),
            changes,
            "https://api.test",
            seed=number,
        ).ratio
        for number in range(9)
    ]

    assert median(ratios) <= bound


@pytest.mark.parametrize("backend", ["asyncio", "trio"])
@pytest.mark.parametrize("clients", [1, 4])
def test_syncs_that_share_a_limit_lose_no_account(backend, clients):
    storm = run_in_virtual_time(
        backend, run_storm, clients, None, HALVED_AND_DOUBLED, LOOPBACK, sync_all
    )

    check_storm(storm, most_rejected=400)


async def test_the_server_never_sees_more_requests_in_a_second():
    """Calls fail, take a while and are cancelled at random, over real connections."""
    sandbox = Sandbox(clock=Clock.system())
    account = sandbox.add_account()
    rng, rate = random.Random(7), 20

    async def call(client):
        with (
            suppress(FinancialConnectionsError),
            anyio.move_on_after(rng.choice([None, 0.001, 0.1, 1])),
        ):
            await client.accounts.retrieve(account)

    async with (
        serve(sandbox) as server,
        AsyncClient(
            sandbox.api_key, base_url=server.url, rate_limit=rate, timeout=0.3
        ) as client,
    ):
        kinds = ["unavailable", "rate_limited", "reset", "response_lost"]
        for _ in range(40):
            sandbox.inject(
                Fault(rng.choice(kinds)),
                Fault("latency", seconds=rng.choice([0.05, 0.2, 0.5])),
                Fault("slow_body", seconds=rng.choice([0.05, 0.2, 0.5])),
                Fault("latency", times=3),
            )
        async with anyio.create_task_group() as tasks:
            for _ in range(400):
                tasks.start_soon(call, client)
                await anyio.sleep(rng.choice([0, 0, 0.1]))

    total = sandbox.traffic.total
    assert total.received > 100
    assert total.peak_received <= rate
