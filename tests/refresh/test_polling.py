"""Delays between polls: their length, their number, and what ends them."""

import math

import anyio
import pytest

from financial_connections import InvalidArgumentError
from financial_connections._refresh.polling import Wakeup, poll_schedule
from tests.support.refresh import sleep_until_cancelled


async def test_delays_grow_up_to_30_seconds(no_waiting):
    schedule = poll_schedule(None, 1, None)
    for _ in range(12):
        assert await schedule.wait()
    assert [1, 1.5, 2.25] == no_waiting[:3]
    assert [30.0, 30.0] == no_waiting[-2:]


async def test_a_first_delay_above_30_seconds_stays_constant(no_waiting):
    schedule = poll_schedule(None, 45, None)
    for _ in range(3):
        await schedule.wait()
    assert [45, 45, 45] == no_waiting


async def test_the_timeout_is_reached_although_no_time_passes(no_waiting):
    schedule = poll_schedule(10, 4, None)
    while await schedule.wait():
        assert len(no_waiting) < 10
    assert [4, 6] == no_waiting
    assert 0 == schedule.remaining


async def test_a_delay_can_be_extended(no_waiting):
    schedule = poll_schedule(100, 1, None)
    await schedule.wait(at_least=50)
    await schedule.wait(at_least=0.1)
    assert [50, 1.5] == no_waiting


async def test_a_delay_that_a_wakeup_ends_does_not_count(monkeypatch):
    wakeup = Wakeup()
    monkeypatch.setattr(anyio, "sleep", sleep_until_cancelled)
    schedule = poll_schedule(10, 5, wakeup)
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(schedule.wait)
        await anyio.wait_all_tasks_blocked()
        wakeup.set()
    assert 10 == schedule.remaining


async def test_an_early_wakeup_ends_only_the_next_delay(monkeypatch):
    wakeup = Wakeup()
    wakeup.set()
    wakeup.set()
    monkeypatch.setattr(anyio, "sleep", sleep_until_cancelled)
    schedule = poll_schedule(10, 5, wakeup)
    assert await schedule.wait()
    with anyio.move_on_after(0.01) as scope:
        await schedule.wait()
    assert scope.cancelled_caught


async def test_many_events_cause_four_polls_per_poll_interval(monkeypatch):
    wakeup = Wakeup()
    slept = []

    async def sleep(seconds):
        slept.append(seconds)
        wakeup.set()  # another event during every delay
        await anyio.lowlevel.checkpoint()

    monkeypatch.setattr(anyio, "sleep", sleep)
    schedule = poll_schedule(10, 1, wakeup)
    wakeup.set()
    polls = 0
    while await schedule.wait():
        polls += 1
        assert polls <= 41
    assert {0.25} == set(slept)
    assert (41, 10) == (polls, schedule.elapsed)


async def test_events_during_the_minimum_delay_cause_one_poll_at_its_end(monkeypatch):
    wakeup, slept = Wakeup(), []

    async def sleep(seconds):
        slept.append(seconds)
        if len(slept) == 1:
            wakeup.set()
            wakeup.set()
        await anyio.lowlevel.checkpoint()

    monkeypatch.setattr(anyio, "sleep", sleep)
    schedule = poll_schedule(100, 8, wakeup)
    wakeup.set()
    assert await schedule.wait()
    assert [] == slept
    assert await schedule.wait()
    assert [2] == slept
    assert await schedule.wait()
    assert [2, 2, 18] == slept


async def test_the_first_event_after_a_full_delay_causes_an_immediate_poll(no_waiting):
    wakeup = Wakeup()
    schedule = poll_schedule(100, 8, wakeup)
    await schedule.wait()
    wakeup.set()
    await schedule.wait()
    assert [8] == no_waiting


async def test_the_minimum_delay_ends_with_the_timeout(no_waiting):
    wakeup = Wakeup()
    schedule = poll_schedule(1, 8, wakeup)
    wakeup.set()
    assert [True, True, False] == [await schedule.wait() for _ in range(3)]
    assert [1] == no_waiting


async def test_a_wakeup_that_is_never_set_changes_nothing(no_waiting):
    schedule = poll_schedule(4, 4, Wakeup())
    assert [True, False] == [await schedule.wait(), await schedule.wait()]
    assert [4] == no_waiting


@pytest.mark.parametrize("name", ["timeout", "poll"])
@pytest.mark.parametrize("value", [0, -1, math.inf, math.nan, True, "5"])
def test_times_must_be_positive_numbers(name, value):
    with pytest.raises(
        InvalidArgumentError, match=f"^{name} must be a positive number of seconds$"
    ):
        poll_schedule(**{"timeout": 1, "poll": 1, name: value}, wakeup=None)
