"""Sources of items, and ways to cancel waiting for the next item."""

import asyncio
from contextlib import asynccontextmanager, contextmanager, suppress
from functools import partial

import anyio

from financial_connections.accounts import Accounts
from financial_connections.models import Account, TransactionList
from financial_connections.pagination import Pager
from financial_connections.transactions import Transactions

ACCOUNTS = ("fca_1", "fca_2", "fca_3")


SIZE, PAGES = 2, 3


class Api:
    """A sender and a list of nine pages that respond after some event loop steps.

    Args:
        pause: Returns the number of steps before a response.
    """

    def __init__(self, pause):
        self.pause = pause

    async def send(self, request, result_type, options):
        await self.steps()
        account = request.params.get("account")
        if request.method == "POST":
            refresh = {"last_attempted_at": 1, "status": "succeeded"}
            return Account.from_dict(
                {"id": request.ids["account"], "balance_refresh": refresh}
            )
        if account is None:
            refresh = {"id": "fctxnref_1", "status": "succeeded"}
            return Account.from_dict(
                {"id": request.ids["account"], "transaction_refresh": refresh}
            )
        names = [f"{account}_{number}" for number in range(SIZE * PAGES)]
        return TransactionList.from_dict(
            page_of(names, request.params["starting_after"])
        )

    def emit(self, event):
        """Ignore the events of operations."""

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


async def numbers(count):
    for number in range(count):
        yield number


def page_of(names, after):
    start = names.index(after) + 1 if after else 0
    data = [{"id": name} for name in names[start : start + SIZE]]
    return {
        "object": "list",
        "data": data,
        "has_more": start + SIZE < len(names),
        "url": "/",
    }


class Chained:
    """The batches of successive syncs, as lists of IDs.

    This is a class because a generator ends when it is cancelled.
    """

    def __init__(self, api):
        self.remaining = [
            aiter(Transactions(api).sync(account, limit=SIZE)) for account in ACCOUNTS
        ]

    async def __anext__(self):
        while self.remaining:
            try:
                batch = await anext(self.remaining[0])
            except StopAsyncIteration:
                self.remaining.pop(0)
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
async def streamed_accounts(api):
    async def accounts():
        for account in ACCOUNTS:
            await api.steps()
            yield account

    async def load_cursor(account):
        await api.steps()

    async with Transactions(api).sync_many(
        accounts(), load_cursor=load_cursor, concurrency=2, limit=SIZE
    ) as changes:
        yield Named(changes, names_of)


@asynccontextmanager
async def refreshed_accounts(api):
    async with Accounts(api).refresh_many(
        ACCOUNTS, features=["balance"], concurrency=2
    ) as refreshes:
        yield Named(
            refreshes,
            lambda account: [f"{account.id}_{n}" for n in range(SIZE * PAGES)],
        )


@asynccontextmanager
async def listed_accounts(api):
    async with Transactions(api).list_many(
        ACCOUNTS, concurrency=2, limit=SIZE
    ) as items:
        yield Named(items, lambda item: [item.id])


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


SOURCES = [
    one_account,
    many_accounts,
    streamed_accounts,
    listed_accounts,
    refreshed_accounts,
    prefetch,
    pages,
]


EVERYTHING = sorted(
    f"{account}_{number}" for account in ACCOUNTS for number in range(SIZE * PAGES)
)


END = object()


async def next_or_end(iterator):
    try:
        return await anext(iterator)
    except StopAsyncIteration:
        return END


class Interrupter:
    """Calls a function after some steps of the event loop.

    An event loop runs tasks in the order in which they were started. One interrupter is
    started before the source's tasks and one after them, so that cancellation can occur
    before or after the step that passes on an item.
    """

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
    """Cancel the wait with a cancel scope."""
    with anyio.CancelScope() as scope, interrupter.armed(steps, scope.cancel):
        return await next_or_end(iterator)
    return None


async def by_task(iterator, interrupter, steps):
    """Cancel the waiting task."""
    task = asyncio.create_task(next_or_end(iterator))
    with interrupter.armed(steps, task.cancel):
        return await outcome(task)


async def by_timeout(iterator, interrupter, steps):
    """Cancel the wait as `asyncio.timeout` does."""
    with suppress(TimeoutError):
        async with asyncio.timeout(None) as limit:
            with interrupter.armed(steps, partial(limit.reschedule, 0)):
                return await next_or_end(iterator)
    return None


async def by_current_task(iterator, interrupter, steps):
    """Cancel the current task."""
    task = asyncio.current_task()
    try:
        with interrupter.armed(steps, task.cancel):
            return await next_or_end(iterator)
    except asyncio.CancelledError:
        task.uncancel()
        return None


async def by_wait_for(iterator, interrupter, steps):
    """Cancel a task that waits with `asyncio.wait_for`."""

    async def wait():
        return await asyncio.wait_for(next_or_end(iterator), 3600)

    task = asyncio.create_task(wait())
    with interrupter.armed(steps, task.cancel):
        return await outcome(task)


async def outcome(task):
    try:
        return await task
    except asyncio.CancelledError:
        return None


async def consume(source, api, interrupt, steps):
    """Return all IDs. After every third interruption, one wait may finish."""
    received, interruptions = [], 0
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
                    result = (
                        await next_or_end(iterator) if interruptions % 3 == 0 else None
                    )
                if result is END:
                    break
                received += result or []
        tasks.cancel_scope.cancel()
    return received


NATIVE = [by_task, by_timeout, by_current_task, by_wait_for]
