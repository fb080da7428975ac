"""Tests of the worker example, with two processes and a real Redis server."""

import os
import signal
import socket
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path

from examples.ledger import Ledger
from financial_connections.sandbox import Clock, Fault, Sandbox, serve
from tests.support.databases import redis_server
from tests.test_examples import expected_totals

ROOT = Path(__file__).parents[1]
SECRET = "whsec_of_the_test"
EACH = 1_500


@contextmanager
def run_process(*command, **environment):
    """Run a process, and kill it and its children at the end of the block."""
    process = subprocess.Popen(
        command,
        cwd=ROOT,
        env=os.environ | environment,
        start_new_session=True,
        stdout=subprocess.DEVNULL,
    )
    try:
        yield process
    finally:
        kill(process)


def kill(process):
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def free_port():
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        return unused.getsockname()[1]


def wait_until_open(port, process):
    give_up = time.monotonic() + 120
    while True:
        assert process.poll() is None
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        assert time.monotonic() < give_up


@contextmanager
def receiver(redis_url):
    port = free_port()
    command = [
        sys.executable,
        "-m",
        "uvicorn",
        "--factory",
        "examples.worker:receiver",
        "--port",
        str(port),
    ]
    environment = {"REDIS_URL": redis_url, "STRIPE_WEBHOOK_SECRET": SECRET}
    with run_process(*command, "--log-level", "warning", **environment) as process:
        wait_until_open(port, process)
        yield f"http://127.0.0.1:{port}/stripe"


def worker(redis_url, sandbox, url, ledger):
    command = [
        sys.executable,
        "-m",
        "taskiq",
        "worker",
        "examples.worker:broker",
        "--workers",
        "1",
    ]
    return run_process(
        *command,
        *[
            "--ack-type",
            "when_executed",
            "--max-async-tasks",
            "1",
            "--max-prefetch",
            "1",
            "--log-level",
            "WARNING",
        ],
        REDIS_URL=redis_url,
        STRIPE_API_KEY=sandbox.api_key,
        STRIPE_BASE_URL=url,
        LEDGER=str(ledger.path),
        IDLE_MILLISECONDS="1500",
    )


def wait_until(condition, poke=lambda: None):
    """Poll until the condition holds, calling `poke` every two seconds."""
    now = last_poke = time.monotonic()
    give_up = now + 120
    while not condition():
        now = time.monotonic()
        assert now < give_up
        if now > last_poke + 2:
            last_poke = now
            poke()
        time.sleep(0.05)


def test_killing_a_worker_loses_and_duplicates_nothing(tmp_path):
    sandbox = Sandbox(clock=Clock.system())
    sandbox.inject(
        Fault("latency", operation="list_transactions", times=None, seconds=0.05)
    )
    accounts = [sandbox.add_account(transactions=EACH) for _ in range(4)]
    ledger = Ledger(tmp_path / "ledger.db")

    def half_stored():
        return [
            account for account, (count, _) in ledger.totals().items() if count < EACH
        ]

    with (
        redis_server() as redis_url,
        serve(sandbox) as server,
        receiver(redis_url) as hook,
        worker(redis_url, sandbox, server.url, ledger) as first,
        worker(redis_url, sandbox, server.url, ledger) as second,
    ):
        sandbox.add_webhook(hook, secret=SECRET, duplicated=True)
        for account in accounts:
            sandbox.add_transactions(account)
        # Wait until each worker is in the middle of one account.
        wait_until(lambda: len(half_stored()) == 2)
        kill(first)
        # A worker takes over abandoned tasks when it receives a new one.
        wait_until(
            lambda: expected_totals(sandbox) == ledger.totals(),
            poke=lambda: sandbox.add_transactions(accounts[0]),
        )
        assert second.poll() is None
    assert expected_totals(sandbox) == ledger.totals()
