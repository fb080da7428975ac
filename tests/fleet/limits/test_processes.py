"""Processes that share a limit: the API never sees more requests than allowed."""

import signal
import subprocess
import sys
from contextlib import ExitStack, contextmanager

import pytest

from tests.support.databases import RedisProcess, postgres_server, redis_server
from tests.support.fleet.recorder import recorder
from tests.support.fleet.stores import migrate

TOTAL, PER_ENDPOINT = 40, 25
SKEWS = (0, 5, -5, 0)


@contextmanager
def servers(kind):
    """Run a server for limits, and yield its address."""
    with redis_server() if kind == "redis" else postgres_server() as address:
        if kind == "postgres":
            migrate(address)
        yield address


@contextmanager
def worker(kind, address, url, skew, total=TOTAL, per_endpoint=PER_ENDPOINT):
    """Run a process that sends requests, and end it with the block."""
    arguments = [kind, address, url, str(total), str(per_endpoint), str(skew)]
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.support.fleet.limit_worker", *arguments],
        stdin=subprocess.PIPE,
    )
    with process:
        try:
            yield process
        finally:
            process.send_signal(signal.SIGCONT)
            process.stdin.close()
            try:
                process.wait(180)
            finally:
                process.kill()


def check_limits(api):
    assert {"accounts", "transactions"} == set(api.endpoints)
    assert api.peak() <= TOTAL
    for endpoint in api.endpoints:
        assert api.peak(endpoint) <= PER_ENDPOINT


@pytest.mark.parametrize("kind", ["redis", "postgres"])
def test_processes_use_the_limit_and_never_exceed_it(kind):
    with servers(kind) as address, recorder() as (api, url), ExitStack() as workers:
        for skew in SKEWS:
            workers.enter_context(worker(kind, address, url, skew))
        api.wait_for(2 * TOTAL)
        rates = []
        # A loaded machine may slow down a measurement, but not all of them.
        while len(rates) < 3 and max(rates, default=0) < 0.85 * TOTAL:
            api.wait_for(3 * TOTAL)
            rates.append(api.rate(3 * TOTAL))

    assert max(rates) >= 0.85 * TOTAL
    check_limits(api)


@pytest.mark.parametrize("kind", ["redis", "postgres"])
def test_killed_and_stopped_processes_do_not_exceed_the_limit(kind):
    with servers(kind) as address, recorder() as (api, url), ExitStack() as workers:
        first, second, *_ = (
            workers.enter_context(worker(kind, address, url, skew)) for skew in SKEWS
        )
        api.wait_for(TOTAL)
        first.kill()
        second.send_signal(signal.SIGSTOP)
        # At this limit, it takes at least three seconds.
        api.wait_for(3 * TOTAL)
        second.send_signal(signal.SIGCONT)
        api.wait_for(TOTAL)

    check_limits(api)


def test_a_restart_of_redis_does_not_exceed_the_limit():
    with (
        RedisProcess() as redis,
        recorder() as (api, url),
        ExitStack() as workers,
    ):
        for skew in SKEWS:
            workers.enter_context(worker("redis", redis.url, url, skew))
        api.wait_for(2 * TOTAL)
        redis.restart()
        api.wait_for(2 * TOTAL)

    check_limits(api)
