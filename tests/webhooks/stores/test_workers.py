"""Endpoints in several tasks and processes that share a store."""

import asyncio
import json
import subprocess
import sys
from pathlib import Path

import anyio
import pytest

from financial_connections.webhooks import webhook_endpoint
from tests.support.event_stores import SHARED_STORES, StoreBackend, empty_backend
from tests.support.webhook_worker import SECRET, STORES, post

ROOT = Path(__file__).parents[3]


async def test_an_event_in_progress_gets_a_409_until_it_is_confirmed(backend):
    handling, go_on, handled = anyio.Event(), anyio.Event(), []

    async def slow(event):
        handling.set()
        await go_on.wait()
        handled.append("slow")

    async def quick(event):
        handled.append("quick")

    first = webhook_endpoint(
        SECRET, slow, store=backend.open(), clock=lambda: backend.now
    )
    other = webhook_endpoint(
        SECRET, quick, store=backend.open(), clock=lambda: backend.now
    )
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(post, first, "evt_1", round(backend.now))
        await handling.wait()
        assert 409 == await post(other, "evt_1", round(backend.now))
        go_on.set()
    assert (200, ["slow"]) == (await post(other, "evt_1", round(backend.now)), handled)


@pytest.mark.asyncio
async def test_after_a_cancelled_claim_the_next_delivery_is_handled(
    backend, monkeypatch
):
    claimed, go_on, handled = asyncio.Event(), asyncio.Event(), []
    store = backend.open()
    claim = store.claim

    async def slow(*call):
        result = await claim(*call)
        claimed.set()
        await go_on.wait()
        return result

    async def handler(event):
        handled.append(event.id)

    monkeypatch.setattr(store, "claim", slow)
    first = webhook_endpoint(SECRET, handler, store=store, clock=lambda: backend.now)
    other = webhook_endpoint(
        SECRET, handler, store=backend.open(), clock=lambda: backend.now
    )
    delivery = asyncio.create_task(post(first, "evt_1", round(backend.now)))
    await claimed.wait()
    delivery.cancel()
    await anyio.wait_all_tasks_blocked()
    go_on.set()
    with pytest.raises(asyncio.CancelledError):
        await delivery
    monkeypatch.undo()
    assert (200, ["evt_1"]) == (await post(other, "evt_1", round(backend.now)), handled)


async def test_a_handler_that_outlives_its_claim_does_not_end_the_next_claim(backend):
    """The first two endpoints share a store object."""
    handling, fail, go_on, handled = anyio.Event(), anyio.Event(), anyio.Event(), []

    async def too_slow(event):
        handling.set()
        await fail.wait()
        raise OSError("the disk is full")

    async def next_one(event):
        fail.set()
        await go_on.wait()
        handled.append(event.id)

    store = backend.open()
    first = webhook_endpoint(
        SECRET, too_slow, store=store, claim_timeout=60, clock=lambda: backend.now
    )
    second = webhook_endpoint(
        SECRET, next_one, store=store, claim_timeout=60, clock=lambda: backend.now
    )
    third = webhook_endpoint(
        SECRET, next_one, store=backend.open(), clock=lambda: backend.now
    )

    async def deliver_to_first():
        with pytest.raises(OSError, match="disk"):
            await post(first, "evt_1", round(backend.now))
        statuses.append(await post(third, "evt_1", round(backend.now)))
        go_on.set()

    statuses = []
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(deliver_to_first)
        await handling.wait()
        backend.advance(61)
        statuses.append(await post(second, "evt_1", round(backend.now)))
    assert ([409, 200], ["evt_1"]) == (statuses, handled)


def start_worker(name, address, **job):
    job = {
        "store": name,
        "address": str(address),
        "events": 1,
        "seed": 1,
        "tasks": 1,
        "backend": "asyncio",
    } | job
    command = [
        sys.executable,
        "-W",
        "error",
        str(ROOT / "tests/support/webhook_worker.py"),
        json.dumps(job),
    ]
    process = subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert "ready\n" == process.stdout.readline()
    return process


def run_workers(processes):
    """Start all workers at the same time, and return the results they print."""
    for process in processes:
        process.stdin.write("go\n")
        process.stdin.flush()
    outputs = [process.communicate()[0] for process in processes]
    assert [0] * len(processes) == [process.returncode for process in processes]
    return [json.loads(output) for output in outputs]


def handle_in_four_processes(name, servers, folder, events):
    with empty_backend(name, servers, folder) as address:
        backends = ["asyncio", "trio"] * 2
        workers = [
            # Each pair of workers uses the same order, so the two often claim the same
            # event.
            start_worker(
                name, address, events=events, seed=number // 2, tasks=8, backend=backend
            )
            for number, backend in enumerate(backends)
        ]
        return run_workers(workers)


@pytest.mark.parametrize("name", SHARED_STORES)
def test_four_processes_handle_each_event_once(name, servers, tmp_path):
    results = handle_in_four_processes(name, servers, tmp_path, 50)
    handled = [event for result in results for event in result["handled"]]
    assert sorted(f"evt_{n}" for n in range(50)) == sorted(handled)
    assert [100] * 4 == [result["statuses"]["200"] for result in results]


@pytest.mark.parametrize("name", SHARED_STORES)
def test_the_event_of_a_killed_worker_is_handled_when_its_claim_expires(
    name, servers, tmp_path
):
    with empty_backend(name, servers, tmp_path) as address:
        worker = start_worker(name, address, dies=True)
        output, _ = worker.communicate("go\n")
        assert ("handling\n", -9) == (output, worker.returncode)
        backend, handled = StoreBackend(name, address), []

        async def handler(event):
            handled.append(event.id)

        async def redeliver():
            store = STORES[name](address, clock=lambda: backend.now)
            app = webhook_endpoint(
                SECRET, handler, store=store, clock=lambda: backend.now
            )
            statuses = [await post(app, "evt_0", round(backend.now))]
            backend.advance(301, keys="*")
            statuses += [await post(app, "evt_0", round(backend.now)) for _ in range(2)]
            await store.aclose()
            return statuses

        assert ([409, 200, 200], ["evt_0"]) == (anyio.run(redeliver), handled)
