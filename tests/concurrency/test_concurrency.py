"""Background work: one owner per item, whoever is cancelled, and nothing left behind."""

import asyncio
import gc
import random
import subprocess
import sys
from contextlib import aclosing, asynccontextmanager, contextmanager, suppress
from functools import partial
from itertools import repeat
from pathlib import Path

import anyio
import pytest

from financial_connections import APIConnectionError
from financial_connections._concurrency import BackgroundTasks, fan_out
from financial_connections.models import Account, TransactionList
from financial_connections.pagination import Pager
from financial_connections.transactions import Transactions

ROOT = Path(__file__).parents[2]
ACCOUNTS = ("fca_1", "fca_2", "fca_3")
SIZE, PAGES = 2, 3


class Api:
    """Answers after as many steps of the event loop as `pause` says: a sender, and a
    list of nine pages.
    """

    def __init__(self, pause):
        self.pause = pause

    async def send(self, request, result_type, options):
        await self.steps()
        account = request.params.get("account")
        if account is None:
            refresh = {"id": "fctxnref_1", "status": "succeeded"}
            return Account.from_dict(
                {"id": request.ids["account"], "transaction_refresh": refresh}
            )
        names = [f"{account}_{number}" for number in range(SIZE * PAGES)]
        return TransactionList.from_dict(
            page_of(names, request.params["starting_after"])
        )

    async def fetch(self, *, starting_after, **_):
        await self.steps()
        names = [
            f"{account}_{number}"
            for account in ACCOUNTS
            for number in range(SIZE * PAGES)
        ]
        return TransactionList.from_dict(page_of(names, starting_after))

    async def steps(self):
        for _ in range(self.pause()):
            await anyio.lowlevel.checkpoint()


def page_of(names, after):
    start = names.index(after) + 1 if after else 0
    data = [{"id": name} for name in names[start : start + SIZE]]
    return {
        "object": "list",
        "data": data,
        "has_more": start + SIZE < len(names),
        "url": "/",
    }


# Each source gives lists of ids, and together every id once.


class Chained:
    """The batches of one sync after the other; a class, because a cancelled generator
    is over.
    """

    def __init__(self, api):
        self.left = [
            aiter(Transactions(api).sync(account, limit=SIZE)) for account in ACCOUNTS
        ]

    async def __anext__(self):
        while self.left:
            try:
                batch = await anext(self.left[0])
            except StopAsyncIteration:
                self.left.pop(0)
            else:
                return [transaction.id for transaction in batch.transactions]
        raise StopAsyncIteration


class Named:
    def __init__(self, items, names):
        self.items, self.names = items, names

    async def __anext__(self):
        return self.names(await anext(self.items))


def names_of(batch):
    return [transaction.id for transaction in batch.transactions]


@asynccontextmanager
async def one_account(api):
    yield Chained(api)


@asynccontextmanager
async def many_accounts(api):
    async with Transactions(api).sync_many(
        ACCOUNTS, concurrency=2, limit=SIZE
    ) as changes:
        yield Named(changes, names_of)


@asynccontextmanager
async def prefetch(api):
    async with Pager(api.fetch, limit=SIZE).prefetch(pages=2) as items:
        yield Named(items, lambda item: [item.id])


@asynccontextmanager
async def pages(api):
    yield Named(
        Pager(api.fetch, limit=SIZE).pages(),
        lambda page: [item.id for item in page.data],
    )


SOURCES = [one_account, many_accounts, prefetch, pages]
EVERYTHING = sorted(
    f"{account}_{number}" for account in ACCOUNTS for number in range(SIZE * PAGES)
)
END = object()


async def taken(iterator):
    try:
        return await anext(iterator)
    except StopAsyncIteration:
        return END


# -- cancelled after 0, 1, 2, … steps --------------------------------------------------


class Interrupter:
    """Calls a function after some steps of the event loop.

    An event loop runs tasks in the order in which they were started. One interrupter is
    started before the tasks of the source and one after them, so that a cancellation
    can come on either side of the step that hands an item over."""

    def __init__(self):
        self.steps, self.function = 0, None

    async def run(self):
        while True:
            if self.function is not None and self.steps <= 0:
                function, self.function = self.function, None
                function()
            self.steps -= 1
            await anyio.lowlevel.checkpoint()

    @contextmanager
    def armed(self, steps, function):
        self.steps, self.function = steps, function
        try:
            yield
        finally:
            self.function = None


async def by_scope(iterator, interrupter, steps):
    """Cancel the wait by a cancel scope."""
    with anyio.CancelScope() as scope, interrupter.armed(steps, scope.cancel):
        return await taken(iterator)
    return None


async def by_task(iterator, interrupter, steps):
    """Cancel a task that waits."""
    task = asyncio.create_task(taken(iterator))
    with interrupter.armed(steps, task.cancel):
        return await outcome(task)


async def by_timeout(iterator, interrupter, steps):
    """Cancel the wait as `asyncio.timeout` does."""
    with suppress(TimeoutError):
        async with asyncio.timeout(None) as limit:
            with interrupter.armed(steps, partial(limit.reschedule, 0)):
                return await taken(iterator)
    return None


async def by_cancelling_oneself(iterator, interrupter, steps):
    """Cancel the task that the caller runs in."""
    task = asyncio.current_task()
    try:
        with interrupter.armed(steps, task.cancel):
            return await taken(iterator)
    except asyncio.CancelledError:
        task.uncancel()
        return None


async def by_wait_for(iterator, interrupter, steps):
    """Cancel a task that waits with `asyncio.wait_for`."""

    async def wait():
        return await asyncio.wait_for(taken(iterator), 3600)

    task = asyncio.create_task(wait())
    with interrupter.armed(steps, task.cancel):
        return await outcome(task)


async def outcome(task):
    try:
        return await task
    except asyncio.CancelledError:
        return None


async def consume(source, api, interrupt, steps):
    """Return all ids; of three interrupted waits the third may finish."""
    found, interruptions = [], 0
    early, late = Interrupter(), Interrupter()
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(early.run)
        await anyio.lowlevel.checkpoint()
        async with source(api) as iterator:
            tasks.start_soon(late.run)
            while True:
                interrupter, count = (early, late)[next(steps) % 2], next(steps) // 2
                result = await interrupt(iterator, interrupter, count)
                if result is None:
                    interruptions += 1
                    result = await taken(iterator) if interruptions % 3 == 0 else None
                if result is END:
                    break
                found += result or []
        tasks.cancel_scope.cancel()
    return found


NATIVE = [by_task, by_timeout, by_cancelling_oneself, by_wait_for]


@pytest.mark.parametrize("source", SOURCES)
@pytest.mark.parametrize("steps", range(32))
async def test_a_scope_that_ends_a_wait_loses_nothing(source, steps):
    found = await consume(source, Api(lambda: 2), by_scope, repeat(steps))
    assert EVERYTHING == sorted(found)


@pytest.mark.parametrize("anyio_backend", ["asyncio"])
@pytest.mark.parametrize("source", SOURCES)
@pytest.mark.parametrize("interrupt", NATIVE)
@pytest.mark.parametrize("steps", range(32))
async def test_a_native_cancellation_loses_nothing(
    source, interrupt, steps, anyio_backend
):
    found = await consume(source, Api(lambda: 2), interrupt, repeat(steps))
    assert EVERYTHING == sorted(found)


@pytest.mark.parametrize("anyio_backend", ["asyncio"])
async def test_a_thousand_random_schedules_lose_nothing(anyio_backend):
    dice = random.Random(3)

    def heartbeats():
        while True:
            yield dice.randrange(24)

    for _ in range(1_000):
        source, interrupt = dice.choice(SOURCES), dice.choice([by_scope, *NATIVE])
        found = await consume(
            source, Api(lambda: dice.randrange(5)), interrupt, heartbeats()
        )
        assert EVERYTHING == sorted(found), (source, interrupt)
    await anyio.lowlevel.checkpoint()
    assert [asyncio.current_task()] == [
        task for task in asyncio.all_tasks() if "test" in repr(task.get_coro())
    ]


# -- the block's own error -------------------------------------------------------------


@asynccontextmanager
async def failing_prefetch():
    async def fetch(*, starting_after, **_):
        if starting_after:
            raise APIConnectionError("gone")
        return TransactionList.from_dict(page_of(["a", "b", "c"], None))

    async with Pager(fetch).prefetch() as items:
        await anext(items)
        yield items


@asynccontextmanager
async def failing_jobs():
    async def broken(emit):
        await emit(1)
        raise ZeroDivisionError("a bug")

    async with BackgroundTasks() as tasks:
        results = fan_out(tasks, iter([broken, broken, broken]), 3, "sync")
        await anext(results)
        yield results


@pytest.mark.parametrize("block", [failing_prefetch, failing_jobs])
async def test_a_block_whose_tasks_have_failed_can_be_left(block):
    async with block():
        await anyio.wait_all_tasks_blocked()


@pytest.mark.parametrize("block", [failing_prefetch, failing_jobs])
async def test_the_error_of_a_block_is_never_replaced(block):
    with pytest.raises(LookupError) as caught:
        async with block():
            await anyio.wait_all_tasks_blocked()
            raise LookupError
    assert caught.value.__context__ is None


async def test_an_error_of_a_job_comes_out_as_it_is_again_and_again():
    async with failing_jobs() as results:
        seen = []
        for _ in range(4):
            try:
                seen.append(await anext(results))
            except ZeroDivisionError as error:
                seen.append(error)
                depth = len(list(frames(error)))
    assert [1, 1] == seen[:2]
    assert seen[2] is seen[3]
    assert depth < 5  # raising it again does not make its traceback longer


def frames(error):
    traceback = error.__traceback__
    while traceback is not None:
        yield traceback
        traceback = traceback.tb_next


async def test_after_an_error_prefetching_goes_on_with_the_page_that_failed():
    failures = [2]

    async def fetch(*, starting_after, **_):
        if starting_after == "b" and failures[0]:
            failures[0] -= 1
            raise APIConnectionError("gone")
        return TransactionList.from_dict(page_of(["a", "b", "c", "d"], starting_after))

    seen = []
    async with Pager(fetch).prefetch(pages=3) as items:
        while True:
            try:
                seen.append((await anext(items)).id)
            except APIConnectionError:
                seen.append("error")
            except StopAsyncIteration:
                break
    assert ["a", "b", "error", "error", "c", "d"] == seen


async def test_a_page_that_failed_is_requested_again_only_when_it_is_due():
    requests = []

    async def fetch(*, starting_after, **_):
        requests.append(starting_after)
        if starting_after:
            raise APIConnectionError("gone")
        return TransactionList.from_dict(page_of(["a", "b", "c"], None))

    async with Pager(fetch).prefetch(pages=3) as items:
        await anext(items)
        await anyio.wait_all_tasks_blocked()
        assert [None, "b"] == requests
        await anext(items)
        for count in (2, 3):
            with pytest.raises(APIConnectionError):
                await anext(items)
            await anyio.wait_all_tasks_blocked()
            assert count == len(requests)


# -- leaving a block -------------------------------------------------------------------


async def test_a_block_that_is_left_ends_its_iterator():
    async with Transactions(Api(lambda: 1)).sync_many(ACCOUNTS) as changes:
        await anext(changes)
    with pytest.raises(RuntimeError, match="the sync is over"):
        await anext(changes)
    async with Pager(Api(lambda: 1).fetch).prefetch() as items:
        pass
    with pytest.raises(RuntimeError, match="the prefetch is over"):
        await anext(items)


async def test_a_block_that_is_open_cannot_be_entered_again():
    for block in (
        Transactions(Api(lambda: 1)).sync_many(ACCOUNTS),
        Pager(Api(lambda: 1).fetch).prefetch(),
    ):
        async with block:
            with pytest.raises(RuntimeError, match="already open"):
                async with block:
                    raise AssertionError("it was entered")
        async with block as items:
            await anext(items)


async def wrapped(api, requests):
    """The obvious wrapper of a block in an async generator."""
    async with many_accounts(api) as batches:
        requests.append(api)
        while True:
            yield await anext(batches)


async def test_a_generator_that_is_closed_ends_its_tasks():
    api, requests = Counting(), []
    async with aclosing(wrapped(api, requests)) as batches:
        async for _ in batches:
            break
    sent = api.sent
    await anyio.wait_all_tasks_blocked()
    assert sent == api.sent


class Counting(Api):
    def __init__(self):
        super().__init__(lambda: 1)
        self.sent = 0

    async def steps(self):
        self.sent += 1
        await super().steps()


@pytest.mark.filterwarnings(
    "ignore::ResourceWarning"
)  # Trio's own, about the generator
async def test_a_generator_that_is_left_early_cancels_nothing_of_the_callers():
    api, reached = Counting(), []
    async for _ in wrapped(api, reached):
        break
    gc.collect()
    for _ in range(20):  # the event loop finalises the generator in a task of its own
        await anyio.lowlevel.checkpoint()
    await anyio.wait_all_tasks_blocked()
    sent = api.sent
    with anyio.CancelScope():
        await anyio.lowlevel.checkpoint()
    await anyio.wait_all_tasks_blocked()
    assert sent == api.sent
    async with many_accounts(api) as batches:  # and others work
        assert await anext(batches)


@pytest.mark.parametrize("source", [many_accounts, prefetch])
async def test_a_block_can_be_left_in_another_task(source):
    block = source(Api(lambda: 1))
    entered, left = anyio.Event(), anyio.Event()

    async def enter():
        items = await block.__aenter__()
        await anext(items)
        entered.set()
        await left.wait()
        await anyio.lowlevel.checkpoint()  # this task is not cancelled

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(enter)
        await entered.wait()
        await block.__aexit__(None, None, None)
        left.set()


async def slow_to_end():
    """A task that takes some steps of the event loop to end."""
    try:
        await anyio.sleep_forever()
    finally:
        with anyio.CancelScope(shield=True):
            for _ in range(5):
                await anyio.lowlevel.checkpoint()


@pytest.mark.parametrize("anyio_backend", ["asyncio"])
async def test_a_native_cancellation_while_a_block_ends_comes_after_its_tasks(
    anyio_backend,
):
    ended = []

    async def block():
        async with BackgroundTasks() as tasks:
            tasks.start(slow_to_end, ended.append)
            await anyio.lowlevel.checkpoint()

    task = asyncio.create_task(block())
    for _ in range(4):
        await anyio.lowlevel.checkpoint()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert [None] == ended


@pytest.mark.parametrize("anyio_backend", ["asyncio"])
@pytest.mark.parametrize(
    "steps", [0, 1, 2]
)  # before the first step of its task, and after it
async def test_results_that_broke_off_do_not_look_complete(steps, anyio_backend):
    """Whoever cancels all tasks of a loop cancels those of a block too."""

    async def stuck(emit):
        await anyio.sleep_forever()

    async with BackgroundTasks() as tasks:
        results = fan_out(tasks, iter([stuck]), 1, "sync")
        for _ in range(steps):
            await anyio.lowlevel.checkpoint()
        for task in asyncio.all_tasks():
            if "stuck" in repr(task.get_coro()) or "BackgroundTasks" in repr(
                task.get_coro()
            ):
                task.cancel()
        with pytest.raises(
            RuntimeError, match="a background task of the sync was cancelled"
        ):
            await anext(results)


@pytest.mark.parametrize("anyio_backend", ["asyncio"])
@pytest.mark.parametrize("source", [many_accounts, prefetch])
async def test_a_block_whose_tasks_are_cancelled_before_they_begin_can_be_left(
    source, anyio_backend
):
    """As `asyncio.run` does when it is interrupted."""
    async with source(Api(lambda: 1)) as items:
        for task in asyncio.all_tasks() - {asyncio.current_task()}:
            if "BackgroundTasks" in repr(task.get_coro()):
                task.cancel()
        with pytest.raises(RuntimeError, match="was cancelled"):
            await anext(items)


@pytest.mark.parametrize("anyio_backend", ["asyncio"])
async def test_a_cancellation_that_yields_to_the_error_of_a_block_comes_at_the_next_await(
    anyio_backend,
):
    seen = []

    async def block():
        try:
            async with BackgroundTasks() as tasks:
                tasks.start(slow_to_end, lambda _: None)
                await anyio.lowlevel.checkpoint()
                {}["the block's own"]
        except LookupError:
            seen.append("the error first")
            await asyncio.sleep(0)
            seen.append("not reached")

    task = asyncio.create_task(block())
    for _ in range(4):
        await anyio.lowlevel.checkpoint()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert ["the error first"] == seen
    assert 1 == task.cancelling()


@pytest.mark.parametrize("mistake", [SystemExit, KeyboardInterrupt, ZeroDivisionError])
async def test_whatever_a_job_raises_reaches_the_consumer(mistake):
    async def broken(emit):
        raise mistake

    async with BackgroundTasks() as tasks:
        results = fan_out(tasks, iter([broken]), 1, "sync")
        with pytest.raises(mistake):
            await anext(results)


PROGRAM = """
import sys
import anyio
sys.path[:0] = {paths!r}
from tests.concurrency.test_concurrency import ACCOUNTS, Api, Transactions

async def wrapped():
    async with Transactions(Api(lambda: 1)).sync_many(ACCOUNTS) as changes:
        async for batch in changes:
            yield batch

async def main():
    generator = wrapped()
    await anext(generator)
    main.kept = generator  # open until the event loop ends

anyio.run(main, backend={backend!r})
"""


@pytest.mark.parametrize("backend", ["asyncio", "trio"])
def test_a_generator_that_is_open_when_the_event_loop_ends_makes_no_noise(backend):
    program = PROGRAM.format(backend=backend, paths=[path for path in sys.path if path])
    done = subprocess.run(
        [sys.executable, "-c", program],
        capture_output=True,
        text=True,
        check=False,
        cwd=ROOT,
    )
    assert (0, "", "") == (done.returncode, done.stdout, done.stderr)


@pytest.mark.skipif(
    sys.version_info < (3, 12), reason="eager tasks are new in Python 3.12"
)
@pytest.mark.parametrize("anyio_backend", ["asyncio"])
@pytest.mark.parametrize("source", SOURCES)
async def test_eager_tasks_lose_nothing(source, anyio_backend):
    loop = asyncio.get_running_loop()
    loop.set_task_factory(asyncio.eager_task_factory)
    try:
        for steps in range(12):
            found = await consume(source, Api(lambda: 1), by_task, repeat(steps))
            assert EVERYTHING == sorted(found)
    finally:
        loop.set_task_factory(None)
