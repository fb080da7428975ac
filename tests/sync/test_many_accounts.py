"""The sync of many accounts: several at once, errors apart, nothing left behind."""

import gc
import logging
import random
from collections import Counter, defaultdict
from contextlib import asynccontextmanager

import anyio
import httpx
import pytest

from financial_connections import (
    APIConnectionError,
    AsyncClient,
    AuthenticationError,
    ConfigurationError,
    InvalidArgumentError,
    NotFoundError,
    PermissionDeniedError,
)
from financial_connections._concurrency import BackgroundTasks, fan_out
from financial_connections.models import Transaction
from financial_connections.sandbox import Fault, RateLimit, Rules, Sandbox
from financial_connections.sync import Progress


@asynccontextmanager
async def client_of(sandbox, before=None, **settings):
    async def note(request):
        if before is not None:
            await before(request)

    async with (
        httpx.AsyncClient(
            transport=httpx.ASGITransport(sandbox.app), event_hooks={"request": [note]}
        ) as http,
        AsyncClient(
            sandbox.api_key, base_url="http://127.0.0.1", http_client=http, **settings
        ) as client,
    ):
        yield client


def account_in(request):
    return request.url.params.get("account") or request.url.path.rpartition("/")[2]


async def test_many_accounts_are_read_at_once_and_each_in_order():
    sandbox = Sandbox()
    accounts = [
        sandbox.add_account(transactions=count) for count in (0, 1, 100, 101, 350)
    ]
    seen = defaultdict(list)
    async with (
        client_of(sandbox) as client,
        client.transactions.sync_many(accounts, concurrency=3) as changes,
    ):
        async for batch in changes:
            seen[batch.account] += [
                transaction.id for transaction in batch.transactions
            ]
        assert {} == changes.errors
        for account in accounts[1:]:
            assert seen[account] == [
                item.id async for item in client.transactions.list(account=account)
            ]
    assert set(accounts[1:]) == set(seen)


async def test_cursors_go_in_by_account_and_lead_on():
    sandbox = Sandbox()
    accounts = [sandbox.add_account(transactions=3) for _ in range(4)]
    cursors = dict.fromkeys(accounts)
    async with client_of(sandbox) as client:
        for expected in (12, 0, 4):
            if expected == 4:
                [sandbox.add_transactions(account) for account in accounts]
            async with client.transactions.sync_many(cursors) as changes:
                async for batch in changes:
                    cursors[batch.account] = batch.cursor
            assert expected == changes.progress.transactions


async def test_an_error_of_one_account_stops_no_other(caplog):
    sandbox = Sandbox()
    good = [sandbox.add_account(transactions=2) for _ in range(5)]
    accounts = {
        "fca_nowhere": None,
        good[0]: None,
        good[1]: "fcs1.damaged",
        **dict.fromkeys(good[2:]),
    }
    with caplog.at_level(logging.WARNING):
        async with (
            client_of(sandbox) as client,
            client.transactions.sync_many(accounts, concurrency=1) as changes,
        ):
            seen = [batch.account async for batch in changes]
    assert [good[0], *good[2:]] == seen
    assert {"fca_nowhere": NotFoundError, good[1]: InvalidArgumentError} == {
        account: type(error) for account, error in changes.errors.items()
    }
    assert [None, None] == [error.__traceback__ for error in changes.errors.values()]
    assert (
        Progress(accounts=6, done=4, failed=2, batches=4, transactions=8)
        == changes.progress
    )
    assert "the sync of fca_nowhere failed: NotFoundError" in caplog.text


async def test_no_more_accounts_than_asked_for_are_read_at_once():
    sandbox = Sandbox()
    accounts = [sandbox.add_account(transactions=5) for _ in range(8)]
    running, most = set(), []

    async def before(request):
        running.add(account_in(request))
        most.append(len(running))
        await anyio.wait_all_tasks_blocked()
        running.remove(account_in(request))

    async with (
        client_of(sandbox, before) as client,
        client.transactions.sync_many(accounts, concurrency=3) as changes,
    ):
        assert 8 == len([batch async for batch in changes])
    assert 3 == max(most)


async def test_a_slow_consumer_slows_the_reading_down():
    sandbox = Sandbox()
    accounts = [sandbox.add_account(transactions=500) for _ in range(6)]
    asked = []

    async def before(request):
        asked.append(account_in(request))

    async with (
        client_of(sandbox, before) as client,
        client.transactions.sync_many(accounts, concurrency=3, limit=10) as changes,
    ):
        await anext(changes)
        await anyio.wait_all_tasks_blocked()
        # Of three accounts the state and a page, and one page more of the one that was
        # taken.
        assert 7 == len(asked)


async def test_no_task_outlives_the_block():
    sandbox = Sandbox()
    accounts = [sandbox.add_account(transactions=500) for _ in range(6)]
    asked = []

    async def before(request):
        asked.append(account_in(request))

    async with client_of(sandbox, before) as client:
        async with client.transactions.sync_many(
            accounts, concurrency=3, limit=10
        ) as changes:
            await anext(changes)
        ended = len(asked)
        await anyio.wait_all_tasks_blocked()
        assert ended == len(asked)


async def test_an_error_of_the_block_comes_out_as_it_is():
    sandbox = Sandbox()
    accounts = [sandbox.add_account(transactions=500) for _ in range(3)]
    async with client_of(sandbox) as client:
        with pytest.raises(ZeroDivisionError):
            async with client.transactions.sync_many(accounts) as changes:
                async for batch in changes:
                    _ = len(batch.transactions) / 0


async def test_cancelling_the_block_ends_it():
    async def never(request):
        await anyio.sleep_forever()

    sandbox = Sandbox()
    accounts = [sandbox.add_account(transactions=5) for _ in range(3)]
    async with client_of(sandbox, never) as client:
        with anyio.move_on_after(0.01) as scope:
            async with client.transactions.sync_many(accounts) as changes:
                await anext(changes)
    assert scope.cancelled_caught


async def test_progress_is_told_after_each_batch_and_each_account_and_its_errors_stop_nothing(
    caplog,
):
    sandbox = Sandbox()
    accounts = [sandbox.add_account(transactions=150), sandbox.add_account()]
    told = []

    def on_progress(progress):
        told.append(progress)
        raise OSError("the terminal is gone")

    async with client_of(sandbox) as client:
        settings = {"concurrency": 1, "on_progress": on_progress}
        async with client.transactions.sync_many(accounts, **settings) as changes:
            assert 2 == len([batch async for batch in changes])
    assert Progress(accounts=2, batches=1, transactions=100) == told[0]
    assert (
        Progress(accounts=2, done=2, batches=2, transactions=150)
        == told[-1]
        == changes.progress
    )
    assert 4 == len(told)
    assert "on_progress raised an error; the sync continues" in caplog.text


async def test_an_account_named_twice_is_read_once():
    sandbox = Sandbox()
    account = sandbox.add_account(transactions=1)
    async with (
        client_of(sandbox) as client,
        client.transactions.sync_many([account, account]) as changes,
    ):
        assert [account] == [batch.account async for batch in changes]


@pytest.mark.parametrize("accounts", [[], {}, iter(())])
async def test_no_accounts_give_no_batches(accounts):
    async with (
        client_of(Sandbox()) as client,
        client.transactions.sync_many(accounts) as changes,
    ):
        assert [] == [batch async for batch in changes]


async def test_arguments_that_cannot_be_meant_are_refused_before_anything_is_sent():
    async with client_of(Sandbox()) as client:
        with pytest.raises(InvalidArgumentError, match="a list of IDs"):
            client.transactions.sync_many("fca_1")
        for concurrency in (0, True, 1.5):
            with pytest.raises(
                InvalidArgumentError,
                match="concurrency must be an integer of at least 1",
            ):
                client.transactions.sync_many(["fca_1"], concurrency=concurrency)
        with pytest.raises(TypeError, match="must be entered before iterating"):
            async for _ in client.transactions.sync_many(["fca_1"]):
                pass


@pytest.mark.parametrize(
    "accounts", [{None: None}, [""], [5], {"fca_1": 5}, {"fca_1": b"fcs1.W10"}]
)
async def test_ids_and_cursors_that_are_not_strings_are_rejected_before_anything_is_sent(
    accounts,
):
    async with client_of(Sandbox()) as client:
        with pytest.raises(
            InvalidArgumentError, match="account must be|must be a string or None"
        ):
            client.transactions.sync_many(accounts)


def refusal(status):
    def answer(request):
        error = {"type": "invalid_request_error", "message": "no"}
        return httpx.Response(
            status, json={"error": error}, headers={"Stripe-Should-Retry": "false"}
        )

    return answer


@pytest.mark.parametrize(
    ("status", "expected"), [(401, AuthenticationError), (403, PermissionDeniedError)]
)
async def test_an_error_of_the_key_ends_the_iteration_and_no_further_account_is_read(
    status, expected
):
    sent = []

    def answer(request):
        sent.append(request)
        return refusal(status)(request)

    async with (
        httpx.AsyncClient(transport=httpx.MockTransport(answer)) as http,
        AsyncClient("sk_test_1", http_client=http) as client,
        client.transactions.sync_many(
            [f"fca_{number}" for number in range(1_000)], concurrency=16
        ) as changes,
    ):
        for _ in range(2):
            with pytest.raises(expected):
                await anext(changes)
        assert {} == changes.errors
    assert len(sent) <= 16


async def test_a_closed_client_ends_the_iteration():
    sandbox = Sandbox()
    accounts = [sandbox.add_account(transactions=5) for _ in range(3)]
    async with client_of(sandbox) as client:
        async with client.transactions.sync_many(accounts, concurrency=1) as changes:
            await anext(changes)
            await client.aclose()
            with pytest.raises(
                (ConfigurationError, APIConnectionError), match="closed"
            ):
                while True:
                    await anext(changes)


async def test_a_client_that_is_closed_while_all_accounts_wait_ends_the_iteration():
    arrived = []

    async def never(request):
        arrived.append(request)
        await anyio.sleep_forever()

    sandbox = Sandbox()
    async with client_of(sandbox, never) as client, anyio.create_task_group() as tasks:

        async def close():
            while len(arrived) < 2:
                await anyio.lowlevel.checkpoint()
            await client.aclose()

        tasks.start_soon(close)
        async with client.transactions.sync_many(["fca_1", "fca_2"]) as changes:
            with pytest.raises(APIConnectionError, match="closed"):
                await anext(changes)


async def test_errors_that_nobody_reads_are_logged_at_the_end_of_the_block(caplog):
    async with client_of(Sandbox()) as client:
        async with client.transactions.sync_many(["fca_1", "fca_2"]) as changes:
            assert [] == [batch async for batch in changes]
        assert (
            "2 of 2 accounts could not be synced: read `errors`, or call `raise_for_errors()`"
            in caplog.text
        )
        caplog.clear()
        async with client.transactions.sync_many(["fca_1"]) as changes:
            assert [] == [batch async for batch in changes]
            assert ["fca_1"] == list(changes.errors)
        assert "could not be synced" not in caplog.text


async def test_errors_can_be_raised_together():
    sandbox = Sandbox()
    good = sandbox.add_account(transactions=1)
    async with client_of(sandbox) as client:
        async with client.transactions.sync_many([good, "fca_1", "fca_2"]) as changes:
            changes.raise_for_errors()
            assert 1 == len([batch async for batch in changes])
        with pytest.raises(
            ExceptionGroup, match="2 of 3 accounts could not be synced"
        ) as caught:
            changes.raise_for_errors()
    assert {"account fca_1", "account fca_2"} == {
        error.__notes__[-1] for error in caught.value.exceptions
    }
    assert {NotFoundError} == {type(error) for error in caught.value.exceptions}


async def test_an_error_that_is_a_mistake_is_raised_where_results_are_taken_and_again():
    async def broken(emit):
        await emit(1)
        raise ZeroDivisionError

    async with BackgroundTasks() as tasks:
        results = fan_out(tasks, iter([broken]), 1, "sync")
        assert 1 == await anext(results)
        for _ in range(2):
            with pytest.raises(ZeroDivisionError):
                await anext(results)


# -- in the large ----------------------------------------------------------------------


class VirtualTime:
    """Waiting takes no time: it advances the clock of the sandbox, and with it what its
    rate limit allows.
    """

    def __init__(self, sandbox, monkeypatch):
        self.sandbox = sandbox
        monkeypatch.setattr(anyio, "current_time", sandbox.clock.now)
        monkeypatch.setattr(anyio, "sleep", self.sleep)

    async def sleep(self, seconds):
        self.sandbox.advance(seconds)
        await anyio.lowlevel.checkpoint()


ACCOUNTS, EACH, RATE = 200, 500, 100


@pytest.mark.parametrize("anyio_backend", ["asyncio"])  # trio is among the long tests
async def test_a_hundred_thousand_transactions_arrive_complete_in_bounded_memory_and_within_the_limit(
    monkeypatch, anyio_backend
):
    """One answer in twenty is a fault, the sandbox counts requests, and what still
    fails is taken up again.
    """
    sandbox = Sandbox(rules=Rules(rate_limit=RateLimit(reads=RATE)))
    accounts = [sandbox.add_account(transactions=EACH) for _ in range(ACCOUNTS)]
    kinds = (
        "server_error",
        "unavailable",
        "bad_gateway",
        "answer_lost",
        "reset",
        "truncated_json",
    )
    dice, cursors, faults = random.Random(7), dict.fromkeys(accounts), Counter()
    counted, limited, alive = defaultdict(set), [], []

    async def before(request):
        if dice.random() < 0.05:
            faults[kind := dice.choice(kinds)] += 1
            sandbox.inject(Fault(kind))

    async with client_of(
        sandbox,
        before,
        rate_limit=RATE,
        on_event=lambda event: limited.append(getattr(event, "status", None)),
    ) as client:
        VirtualTime(sandbox, monkeypatch)
        while cursors:
            async with client.transactions.sync_many(cursors) as changes:
                async for batch in changes:
                    counted[batch.account].update(
                        int(item.id[-15:], 16) for item in batch.transactions
                    )
                    cursors[batch.account] = batch.cursor
                    if changes.progress.batches % 50 == 0:
                        alive.append(
                            sum(
                                type(thing) is Transaction for thing in gc.get_objects()
                            )
                        )
            cursors = {account: cursors[account] for account in changes.errors}
    known = sandbox._state.platform.transactions
    assert ACCOUNTS * EACH == len(known) == sum(map(len, counted.values()))
    assert dict.fromkeys(accounts, EACH) == {
        account: len(ids) for account, ids in counted.items()
    }
    assert (0, True) == (limited.count(429), sum(faults.values()) > 50)
    # The page in hand, and 16 accounts' next.
    assert 100 <= max(alive) <= 17 * 100
