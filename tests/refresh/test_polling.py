"""Pauses: how long, how many, and what ends them."""

import math

import anyio
import pytest

from financial_connections import InvalidArgumentError
from financial_connections._refresh.polling import Bell, patience_from


async def never(seconds):
    await anyio.sleep_forever()


def counted():
    waited = []

    async def sleep(seconds):
        waited.append(seconds)
        await anyio.lowlevel.checkpoint()

    return sleep, waited


async def test_pauses_grow_up_to_half_a_minute():
    sleep, waited = counted()
    patience = patience_from(None, 1, sleep, None)
    for _ in range(12):
        assert await patience.pause()
    assert [1, 1.5, 2.25] == waited[:3]
    assert [30.0, 30.0] == waited[-2:]


async def test_a_first_pause_of_more_than_half_a_minute_stays_as_it_is():
    sleep, waited = counted()
    patience = patience_from(None, 45, sleep, None)
    for _ in range(3):
        await patience.pause()
    assert [45, 45, 45] == waited


async def test_pauses_end_with_the_timeout_even_when_no_time_passes():
    sleep, waited = counted()
    patience = patience_from(10, 4, sleep, None)
    while await patience.pause():
        assert len(waited) < 10
    assert [4, 6] == waited
    assert 0 == patience.left


async def test_a_pause_can_be_asked_to_be_longer():
    sleep, waited = counted()
    patience = patience_from(100, 1, sleep, None)
    await patience.pause(at_least=50)
    await patience.pause(at_least=0.1)
    assert [50, 1.5] == waited


async def test_a_bell_ends_a_pause_and_its_time_does_not_count():
    bell = Bell()
    patience = patience_from(10, 5, never, bell)
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(patience.pause)
        await anyio.wait_all_tasks_blocked()
        bell.ring()
    assert 10 == patience.left


async def test_a_bell_that_rang_before_ends_the_next_pause_and_no_other():
    bell = Bell()
    bell.ring()
    bell.ring()
    patience = patience_from(10, 5, never, bell)
    assert await patience.pause()
    with anyio.move_on_after(0.01) as scope:
        await patience.pause()
    assert scope.cancelled_caught


async def test_a_storm_of_events_makes_four_looks_in_the_time_of_poll():
    bell = Bell()
    slept = []

    async def sleep(seconds):
        slept.append(seconds)
        bell.ring()  # another event, again and again
        await anyio.lowlevel.checkpoint()

    patience = patience_from(10, 1, sleep, bell)
    bell.ring()
    looks = 0
    while await patience.pause():
        looks += 1
        assert looks <= 41
    assert {0.25} == set(slept)
    assert (41, 10) == (looks, patience.waited)


async def test_an_event_during_the_floor_makes_one_look_when_it_ends():
    bell, slept = Bell(), []

    async def sleep(seconds):
        slept.append(seconds)
        if len(slept) == 1:
            bell.ring()
            bell.ring()
        await anyio.lowlevel.checkpoint()

    patience = patience_from(100, 8, sleep, bell)
    bell.ring()
    assert await patience.pause()
    assert [] == slept
    assert await patience.pause()
    assert [2] == slept
    assert await patience.pause()
    assert [2, 2, 18] == slept


async def test_the_first_event_after_a_quiet_pause_is_not_delayed():
    bell, (sleep, slept) = Bell(), counted()
    patience = patience_from(100, 8, sleep, bell)
    await patience.pause()
    bell.ring()
    await patience.pause()
    assert [8] == slept


async def test_the_floor_ends_with_the_timeout():
    bell, (sleep, slept) = Bell(), counted()
    patience = patience_from(1, 8, sleep, bell)
    bell.ring()
    assert [True, True, False] == [await patience.pause() for _ in range(3)]
    assert [1] == slept


async def test_a_bell_that_does_not_ring_changes_nothing():
    sleep, waited = counted()
    patience = patience_from(4, 4, sleep, Bell())
    assert [True, False] == [await patience.pause(), await patience.pause()]
    assert [4] == waited


async def test_without_a_sleep_it_is_that_of_anyio_as_it_is_then(no_waiting):
    await patience_from(10, 3, None, None).pause()
    assert [3] == no_waiting


@pytest.mark.parametrize("name", ["timeout", "poll"])
@pytest.mark.parametrize("value", [0, -1, math.inf, math.nan, True, "5"])
def test_a_wait_takes_a_number_of_seconds_above_0(name, value):
    with pytest.raises(
        InvalidArgumentError, match=f"^{name} must be a number of seconds above 0$"
    ):
        patience_from(**{"timeout": 1, "poll": 1, name: value}, sleep=None, bell=None)
