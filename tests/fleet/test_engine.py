"""Parts that the workers of all engines share."""

import anyio
import pytest

from financial_connections.fleet.engine import SliceRunner, repeat, run_until_stopped
from tests.support.fleet.stores import open_store


async def drain(log):
    """Work until cancelled, and take a while to end."""
    try:
        await anyio.sleep_forever()
    finally:
        with anyio.CancelScope(shield=True):
            for _ in range(50):
                await anyio.lowlevel.checkpoint()
        log.append("drained")


async def fail():
    await anyio.lowlevel.checkpoint()
    raise OSError("the part has failed")


@pytest.mark.parametrize("way", ["stop", "cancel"])
async def test_a_worker_waits_until_its_parts_have_ended(way):
    runner, stop, log = SliceRunner(None, None, 1), anyio.Event(), []
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(run_until_stopped, runner, stop, [drain(log), drain(log)])
        await anyio.wait_all_tasks_blocked()
        assert not runner.is_stopping
        stop.set() if way == "stop" else tasks.cancel_scope.cancel()
    assert runner.is_stopping
    assert ["drained", "drained"] == log


async def test_the_error_of_a_part_ends_the_worker():
    log = []
    with pytest.raises(OSError, match="the part has failed"):
        await run_until_stopped(SliceRunner(None, None, 1), None, [drain(log), fail()])
    assert ["drained"] == log


async def test_an_error_is_logged_and_the_call_is_repeated(caplog):
    calls = []

    async def run():
        calls.append(1)
        if len(calls) == 3:
            tasks.cancel_scope.cancel()
        raise OSError("a password")

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(repeat, "reading", run, 0.001)
    assert 3 == len(calls)
    assert "reading failed: OSError" in caplog.text
    assert "a password" not in caplog.text


async def test_an_error_of_the_store_does_not_end_the_runner(database, caplog):
    async with open_store(database) as store:
        pass
    # The store is closed.
    assert await SliceRunner(None, store, 1).run("fca_1") is None
    assert "syncing fca_1 failed: RuntimeError" in caplog.text
