"""The first sync of an account with many transactions reads several pages at once.

Except for the time that it takes, it must not differ from one that reads page by page.
"""

import asyncio
import math

import anyio
import httpx
import pytest

from financial_connections import AsyncClient, InvalidArgumentError, ServerError
from financial_connections._request import Request
from financial_connections.transactions import Transactions
from tests.support.samples import ACCOUNT
from tests.support.sync.history import SECONDS, History, dates_of
from tests.support.virtual_time import run_in_virtual_time

ROWS, SIZE = 500, 5
SEQUENTIAL = 3 + 2 * ROWS // SIZE
"""Requests of a first sync page by page."""


def sync_in_virtual_time(backend, history, **settings):
    """Return the seconds that a sync takes, and its batches."""

    async def run():
        started_at = anyio.current_time()
        batches = [batch async for batch in sync_of(history, **settings)]
        return anyio.current_time() - started_at, facts_of(batches)

    return run_in_virtual_time(backend, run)


def sync_of(history, **settings):
    return Transactions(history).sync("fca_1", **({"limit": SIZE} | settings))


def facts_of(batches):
    return [
        ([item.id for item in batch.transactions], batch.cursor) for batch in batches
    ]


def expected(times, **settings):
    seconds, batches = sync_in_virtual_time(
        "asyncio", History(times, **settings), concurrency=1
    )
    assert math.isclose(SEQUENTIAL * SECONDS, seconds)
    return batches


@pytest.mark.parametrize(
    "shape",
    [
        "uniform",
        "dates without times",
        "weekly",
        "bursts",
        "half in one hour",
        "mostly recent",
        "mostly old",
        "on one day",
        "on five dates",
    ],
)
def test_a_first_sync_takes_a_quarter_of_the_time_and_returns_the_same(shape):
    history = History(dates_of(shape, ROWS))
    seconds, batches = sync_in_virtual_time("trio", history)
    assert expected(history.times) == batches
    ratio = seconds / (SEQUENTIAL * SECONDS)
    extra = len(history.requests) / SEQUENTIAL - 1
    assert ratio <= 0.25
    assert extra <= 0.5
    assert history.most <= 16


@pytest.mark.parametrize("shape", ["on two dates", "on one date"])
def test_transactions_of_the_same_time_cannot_be_divided(shape):
    """Only the second pass is then shorter."""
    history = History(dates_of(shape, ROWS))
    seconds, batches = sync_in_virtual_time("asyncio", history)
    assert expected(history.times) == batches
    assert 0.25 < seconds / (SEQUENTIAL * SECONDS) < 0.6


def test_the_order_of_the_list_does_not_matter():
    history = History(dates_of("uniform", ROWS), is_sorted=False)
    seconds, batches = sync_in_virtual_time("asyncio", history)
    assert expected(history.times, is_sorted=False) == batches
    assert SEQUENTIAL == len(history.requests)
    assert seconds <= 0.6 * SEQUENTIAL * SECONDS


def test_transactions_without_a_time_are_not_lost():
    class Undated(History):
        def page(self, params):
            page = super().page(params)
            for row in page["data"][::2]:
                row["transacted_at"] = None
            return page

    times = dates_of("uniform", ROWS)
    _, batches = sync_in_virtual_time("asyncio", Undated(times))
    ids = [key for batch, _ in batches for key in batch]
    assert [f"fctxn_{number}" for number in range(ROWS)] == ids


@pytest.mark.parametrize("concurrency", [1, 2, 5])
def test_there_are_at_most_as_many_concurrent_requests(concurrency):
    history = History(dates_of("uniform", ROWS))
    _, batches = sync_in_virtual_time("asyncio", history, concurrency=concurrency)
    assert expected(history.times) == batches
    assert concurrency == history.most


def test_a_list_of_four_pages_is_not_read_ahead():
    history = History(dates_of("uniform", 4 * SIZE))
    sync_in_virtual_time("asyncio", history)
    assert (3 + 2 * 4, 1) == (len(history.requests), history.most)


def test_a_later_sync_is_not_read_ahead():
    history = History(dates_of("uniform", ROWS))

    async def run():
        batches = [batch async for batch in sync_of(history)]
        del history.requests[:]
        history.most = 0
        rest = sync_of(history, cursor=batches[-1].cursor)
        return [batch async for batch in rest]

    assert [] == run_in_virtual_time("asyncio", run)
    assert (1, 1) == (len(history.requests), history.most)


def test_a_sync_that_is_resumed_reads_ahead_again():
    history = History(dates_of("uniform", ROWS))

    async def run():
        async with sync_of(history) as changes:
            for _ in range(7):
                batch = await anext(changes)
        return batch.cursor

    cursor = run_in_virtual_time("asyncio", run)
    sequential, batches = sync_in_virtual_time(
        "asyncio", history, cursor=cursor, concurrency=1
    )
    seconds, same = sync_in_virtual_time("asyncio", history, cursor=cursor)
    assert batches == same
    assert seconds <= 0.25 * sequential


@pytest.mark.parametrize("backend", ["asyncio", "trio"])
def test_requests_ahead_that_fail_do_not_fail_the_sync(backend):
    history = History(dates_of("uniform", ROWS))

    async def fail():
        raise ServerError("unavailable", status=503)

    history.before_ahead = fail
    seconds, batches = sync_in_virtual_time(backend, history)
    assert expected(history.times) == batches
    assert math.isclose(SEQUENTIAL * SECONDS, seconds)
    # After each error there are fewer of them.
    assert len(history.requests) <= 2.2 * SEQUENTIAL


@pytest.mark.parametrize("backend", ["asyncio", "trio"])
def test_requests_ahead_that_hang_are_cancelled(backend):
    history = History(dates_of("uniform", ROWS))
    history.before_ahead = anyio.sleep_forever
    seconds, batches = sync_in_virtual_time(backend, history)
    assert expected(history.times) == batches
    assert seconds <= (SEQUENTIAL + 10) * (SECONDS + 1)
    assert 0 == history.running


def test_nothing_is_read_ahead_without_room():
    history = History(dates_of("uniform", ROWS), room=False)
    seconds, batches = sync_in_virtual_time("asyncio", history)
    assert expected(history.times) == batches
    assert (SEQUENTIAL, 1) == (len(history.requests), history.most)
    assert math.isclose(SEQUENTIAL * SECONDS, seconds)


@pytest.mark.parametrize("seed", range(5))
def test_a_cancelled_iteration_continues_without_a_loss(seed):
    """Native cancellation at any time leaves no request running."""
    history = History(dates_of("uniform", ROWS // 2))

    async def run():
        batches, changes = [], aiter(sync_of(history))
        for step in range(10_000):
            try:
                async with asyncio.timeout(SECONDS * (0.3 + (step + seed) % 5 / 2)):
                    batches.append(await anext(changes))
            except TimeoutError:
                pass
            except StopAsyncIteration:
                return facts_of(batches)
            assert 0 == history.running
            assert {asyncio.current_task()} == asyncio.all_tasks()
        return None

    _, batches = sync_in_virtual_time("asyncio", History(history.times), concurrency=1)
    assert batches == run_in_virtual_time("asyncio", run)


@pytest.mark.parametrize("backend", ["asyncio", "trio"])
def test_leaving_the_block_early_leaves_no_request_running(backend):
    history = History(dates_of("uniform", ROWS))

    async def run():
        async with sync_of(history) as changes:
            for _ in range(9):
                await anext(changes)
        sent = len(history.requests)
        await anyio.sleep(60)
        return sent

    sent = run_in_virtual_time(backend, run)
    assert (sent, 0) == (len(history.requests), history.running)


def test_memory_is_bounded(monkeypatch):
    from financial_connections.sync.pieces import Pieces  # noqa: PLC0415

    held, add = [], Pieces.add

    def note(self, *args):
        add(self, *args)
        held.append(len(self))

    monkeypatch.setattr(Pieces, "add", note)
    history = History(dates_of("mostly recent", 5 * ROWS))
    sync_in_virtual_time("asyncio", history)
    assert 20 * SIZE <= max(held) <= (8 * 16 + 16) * SIZE


@pytest.mark.parametrize("concurrency", [0, True, "5", None])
def test_an_invalid_concurrency_is_rejected(concurrency):
    with pytest.raises(InvalidArgumentError, match="concurrency"):
        sync_of(History([]), concurrency=concurrency)


@pytest.mark.parametrize("backend", ["asyncio", "trio"])
def test_requests_ahead_leave_permits_of_the_adaptive_limit_to_other_calls(backend):
    history = History(dates_of("uniform", ROWS))

    async def respond(request):
        await anyio.sleep(SECONDS)
        query = dict(request.url.params)
        if "account" not in query:
            refresh = {"id": "fctxnref_1", "status": "succeeded"}
            return httpx.Response(200, json=ACCOUNT | {"transaction_refresh": refresh})
        until = query.get("transacted_at[lte]")
        params = {
            "starting_after": query.get("starting_after"),
            "transacted_at": None if until is None else {"lte": int(until)},
            "limit": int(query["limit"]),
        }
        return httpx.Response(200, json=history.page(params))

    async def other_calls(client, waits):
        while True:
            started_at = anyio.current_time()
            await client.transactions.list(account="fca_1", limit=1)
            waits.append(anyio.current_time() - started_at - SECONDS)
            await anyio.sleep(0.5)

    async def run():
        waits = []
        async with (
            httpx.AsyncClient(transport=httpx.MockTransport(respond)) as http,
            AsyncClient("sk_test_1", http_client=http) as client,
            anyio.create_task_group() as tasks,
        ):
            tasks.start_soon(other_calls, client, waits)
            sync = client.transactions.sync("fca_1", limit=SIZE)
            started_at = anyio.current_time()
            batches = [batch async for batch in sync]
            seconds = anyio.current_time() - started_at
            tasks.cancel_scope.cancel()
        return seconds, facts_of(batches), waits

    seconds, batches, waits = run_in_virtual_time(backend, run)
    assert expected(history.times) == batches
    assert seconds <= 0.4 * SEQUENTIAL * SECONDS
    # A permit is issued every 0.04 seconds.
    assert max(waits) <= 0.04


@pytest.mark.parametrize(
    ("settings", "has_room"),
    [({}, True), ({"rate_limit": None}, True), ({"rate_limit": 20}, False)],
)
async def test_only_a_limit_that_shows_its_room_has_some(settings, has_room):
    async with AsyncClient("sk_test_1", **settings) as client:
        sender = client.transactions._sender
        assert has_room == sender.has_room(Request("GET", "/v1/balance"), None)
