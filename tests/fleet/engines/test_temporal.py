"""Behaviour of the workers on Temporal that other engines do not have."""

import anyio
from temporalio.client import Client

from financial_connections.fleet import temporal
from tests.support.fleet.processes import STORE
from tests.support.fleet.stores import open_store


async def count_open(server, task_queue):
    query = f"TaskQueue = '{task_queue}' AND ExecutionStatus = 'Running'"
    return (await server.count_workflows(query)).count


async def test_the_number_of_open_workflows_is_bounded(database, temporal_server):
    server = await Client.connect(temporal_server)
    async with open_store(database, **STORE) as store:
        assert 0 == await temporal.feed(server, store, task_queue="bounded")
        for number in range(30):
            await store.want(f"fca_{number}")
        settings = {"bound": 12, "task_queue": "bounded"}
        assert 12 == await temporal.feed(server, store, **settings)
        with anyio.fail_after(180):
            # The list of open workflows is up to date only after a moment.
            while await count_open(server, "bounded") < 12:  # noqa: ASYNC110
                await anyio.sleep(0.01)
        assert 0 == await temporal.feed(server, store, **settings)
        # A smaller bound than the number of open workflows.
        assert 0 == await temporal.feed(server, store, bound=1, task_queue="bounded")


async def test_task_queues_in_a_namespace_are_independent(database, temporal_server):
    server = await Client.connect(temporal_server)
    async with open_store(database, **STORE) as store:
        await store.want("fca_1")
        counts = [
            await temporal.feed(server, store, task_queue=queue)
            for queue in ("first", "first", "second")
        ]
    assert [1, 0, 1] == counts


async def test_workflows_contain_only_the_account(database, temporal_server):
    server = await Client.connect(temporal_server)
    async with open_store(database, **STORE) as store:
        await store.want("fca_1")
        await temporal.feed(server, store, task_queue="inputs", stalled_after=7.0)
    history = await server.get_workflow_handle("inputs:fca_1").fetch_history()
    started = history.events[0].workflow_execution_started_event_attributes
    inputs = [payload.data for payload in started.input.payloads]
    assert [b'"fca_1"', b"7.0"] == inputs


async def test_all_of_many_tenants_are_fed(database, temporal_server, monkeypatch):
    """One look at the tenants covers 500 of them."""
    server = await Client.connect(temporal_server)
    started, start = [], server.start_workflow

    async def record(*args, id, **options):  # noqa: A002 - the name is Temporal's
        started.append(int(id.rpartition("_")[2]))
        return await start(*args, id=id, **options)

    monkeypatch.setattr(server, "start_workflow", record)
    async with open_store(database, **STORE) as store:
        for number in range(600):
            await store.want(f"fca_{number:03}", tenant=f"tenant_{number:03}")
        for queue in ("window_1", "window_2"):
            await temporal.feed(server, store, bound=4, task_queue=queue)
    assert [0, 1, 2, 3, 500, 501, 502, 503] == sorted(started)
