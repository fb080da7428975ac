"""
Whatever happens between any two steps, the consumer's table ends equal to the bank's.

A script of random events runs beside the sync, one at each step: transactions arrive
and change, refreshes start, succeed and fail, the consumer crashes and goes on from the
cursor it saved. Two banks play: the sandbox, and one that is nastier than any API
should be."""

import json
from urllib.parse import parse_qs

import httpx
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from financial_connections import AsyncClient, PaginationError
from financial_connections.sandbox import Sandbox
from tests.support.samples import ACCOUNT, TRANSACTION, list_of
from tests.support.sandbox_calls import TRANSACTIONS, get


class Crash(BaseException):
    """The process of the consumer ends."""


class Consumer:
    """A table, a saved cursor, and nothing else that survives a crash."""

    def __init__(self, bank, script):
        self.bank = bank
        self.script = list(script)
        self.table = {}
        self.saved = None
        self.synced = 0

    async def step(self):
        if self.script:
            kind, number = self.script.pop(0)
            if kind == "crash":
                raise Crash
            getattr(self.bank, kind)(number)

    async def sync(self, client, limit):
        self.bank.begin_sync()
        async with client.transactions.sync(
            self.bank.account, cursor=self.saved, limit=limit
        ) as changes:
            async for batch in changes:
                assert batch.account == self.bank.account
                assert len(batch.cursor) < 255
                half = len(batch.transactions) // 2
                await self.store(batch.transactions[:half])
                await self.store(batch.transactions[half:])
                self.saved = batch.cursor
                await self.step()
        self.synced += 1

    async def store(self, transactions):
        await self.step()
        self.table |= {
            transaction.id: transaction.to_dict() for transaction in transactions
        }

    async def run(self, limit):
        """Sync until the script is played, crashes and all, and then once more."""
        async with (
            httpx.AsyncClient(transport=Wire(self.bank.transport, self.step)) as http,
            AsyncClient(
                self.bank.api_key, base_url="http://127.0.0.1", http_client=http
            ) as client,
        ):
            while self.script:
                try:
                    await self.sync(client, limit)
                    await self.step()
                except (Crash, PaginationError):
                    continue
            self.bank.settle()
            for _ in range(
                3
            ):  # in a list that is reordered while it is read, a walk can lead back, and says so
                try:
                    await self.sync(client, limit)
                    break
                except PaginationError:
                    continue
        assert self.synced


class Wire(httpx.AsyncBaseTransport):
    """Something happens before each request arrives, and before each answer does."""

    def __init__(self, transport, step):
        self.transport = transport
        self.step = step

    async def handle_async_request(self, request):
        await self.step()
        answer = await self.transport.handle_async_request(request)
        await answer.aread()
        await self.step()
        return answer


# -- the sandbox -----------------------------------------------------------------------


class SandboxBank:
    def __init__(self, *, transactions):
        self.sandbox = Sandbox()
        self.api_key = self.sandbox.api_key
        self.transport = httpx.ASGITransport(self.sandbox.app)
        self.account = self.sandbox.add_account(transactions=transactions)
        self.pending = []

    def arrive(self, number):
        status = "pending" if number % 2 else "posted"
        new = self.sandbox.add_transactions(
            self.account,
            1 + number // 4,
            status=status,
            at_next_refresh=bool(number & 2),
        )
        if status == "pending":
            self.pending += new

    def change(self, number):
        fetched = [
            transaction for transaction in self.pending if transaction in self.known
        ]
        if fetched:
            transaction = fetched[number % len(fetched)]
            self.pending.remove(transaction)
            change = self.sandbox.void if number % 2 else self.sandbox.post
            change(transaction, at_next_refresh=bool(number & 2))

    @property
    def known(self):
        return self.sandbox._state.platform.transactions

    def refresh(self, number):
        self.sandbox.advance(60)
        url = f"/v1/financial_connections/accounts/{self.account}/refresh"
        step = self.sandbox.api.admit(
            call("POST", url, self.api_key, body=b"features[0]=transactions")
        )
        assert 200 == self.sandbox.api.execute(step).status

    def advance(self, number):
        self.sandbox.advance(number)

    def fail(self, number):
        if number % 2:
            self.sandbox.fail_refreshes(self.account)
        else:
            self.sandbox.mend_refreshes(self.account)

    def begin_sync(self):
        """Tell the bank that a sync begins; the sandbox does not care."""

    def settle(self):
        self.sandbox.advance(3_600)

    @property
    def truth(self):
        found, after = {}, {}
        while True:
            reply = get(
                self.sandbox,
                TRANSACTIONS,
                {"account": self.account, "limit": 100, **after},
            ).json
            found |= {item["id"]: item for item in reply["data"]}
            if not reply["has_more"]:
                return found
            after = {"starting_after": reply["data"][-1]["id"]}


def call(method, path, key, body=b""):
    from financial_connections.sandbox.api.wire import Call  # noqa: PLC0415 - only this bank has an inside

    headers = {
        "authorization": f"Bearer {key}",
        "content-type": "application/x-www-form-urlencoded",
    }
    return Call(method=method, path=path, query="", headers=headers, body=body)


def scripts(*kinds):
    # A crash is as likely as all else together: it is what this is about.
    kind = st.sampled_from([*kinds, "crash"])
    return st.lists(st.tuples(kind, st.integers(0, 11)), max_size=60)


@settings(max_examples=150)
@given(
    scripts("arrive", "change", "refresh", "advance", "fail"),
    st.integers(0, 12),
    st.sampled_from([1, 2, 3, 7, 100]),
)
# The latest refresh has failed, and the place is in a walk that had no target.
@example(
    [("change", 0), *[("arrive", 0)] * 3, ("fail", 1), ("arrive", 0), ("crash", 0)],
    0,
    1,
)
async def test_the_table_ends_equal_to_the_sandbox(script, transactions, limit):
    bank = SandboxBank(transactions=transactions)
    consumer = Consumer(bank, script)
    await consumer.run(limit)
    assert bank.truth == consumer.table


# -- a nasty bank ----------------------------------------------------------------------


class NastyBank:
    """Its lists are in an order that changes, and what a refresh brings shows one by
    one while it still runs.

    All that it promises: what `transaction_refresh[after]` selects, that a refresh
    which has succeeded, or failed, changes nothing any more, and that one read of a
    sync at most is out of date."""

    api_key = "sk_test_1"
    account = "fca_1"

    def __init__(self, order):
        self.order = order
        self.statuses = []
        self.transactions = {}
        self.now = 0
        self.past = []
        self.lag = 0
        self.may_lag = False
        self.transport = httpx.MockTransport(self.answer)

    def begin_sync(self):
        self.may_lag = True

    def stale(self, number):
        """Let the next read of this sync be out of date, if none has been."""
        if self.may_lag:
            self.may_lag, self.lag = False, 1 + number

    def remember(self):
        self.past.append(
            (
                list(self.statuses),
                {name: dict(facts) for name, facts in self.transactions.items()},
            )
        )

    def refresh(self, number):
        if not self.is_pending:
            self.remember()
            self.statuses.append("pending")

    def finish(self, number):
        if self.is_pending:
            self.remember()
            self.statuses[-1] = "failed" if number == 0 else "succeeded"

    @property
    def is_pending(self):
        return self.statuses[-1:] == ["pending"]

    def arrive(self, number):
        if self.is_pending:
            self.touch(f"fctxn_{len(self.transactions)}", number)

    def change(self, number):
        if self.is_pending and self.transactions:
            self.touch(f"fctxn_{number % len(self.transactions)}", number)

    def touch(self, transaction, number):
        self.remember()
        self.now += 1
        refresh = len(self.statuses) - 1
        old = self.transactions.get(transaction, {"created": self.now})
        # The day can move as well, in either direction, as it does when a pending
        # transaction is posted.
        self.transactions[transaction] = old | {
            "updated": self.now,
            "refresh": refresh,
            "transacted_at": number,
        }

    def settle(self):
        self.finish(1)
        self.past = []

    @property
    def truth(self):
        return {name: self.shown(name) for name in self.transactions}

    def shown(self, name):
        facts = self.transactions[name]
        return TRANSACTION | {
            "id": name,
            "transaction_refresh": f"fctxnref_{facts['refresh']}",
            "updated": facts["updated"],
            "transacted_at": facts["transacted_at"],
        }

    def answer(self, request):
        query = {
            key: values[0]
            for key, values in parse_qs(request.url.query.decode()).items()
        }
        now = self.statuses, self.transactions
        if self.lag and self.past:
            self.statuses, self.transactions = self.past[-min(self.lag, len(self.past))]
        self.lag = 0
        try:
            if query.get("starting_after", next(iter(self.transactions), None)) not in {
                None,
                *self.transactions,
            }:
                return httpx.Response(
                    400,
                    json={
                        "error": {"code": "resource_missing", "param": "starting_after"}
                    },
                )
            body = self.page(query) if "account" in query else self.state()
        finally:
            self.statuses, self.transactions = now
        return httpx.Response(200, content=json.dumps(body))

    def state(self):
        latest = len(self.statuses) - 1
        refresh = (
            {"id": f"fctxnref_{latest}", "status": self.statuses[-1]}
            if self.statuses
            else None
        )
        return ACCOUNT | {"id": self.account, "transaction_refresh": refresh}

    def page(self, query):
        after = int(
            query.get("transaction_refresh[after]", "fctxnref_-1").removeprefix(
                "fctxnref_"
            )
        )
        everything = sorted(
            self.transactions,
            key=lambda name: (self.transactions[name][self.order], name),
            reverse=True,
        )
        start = (
            everything.index(query["starting_after"]) + 1
            if "starting_after" in query
            else 0
        )
        found = [
            name
            for name in everything[start:]
            if self.transactions[name]["refresh"] > after
        ]
        limit = int(query["limit"])
        return list_of(*map(self.shown, found[:limit]), has_more=len(found) > limit)


@settings(max_examples=400)
@given(
    scripts("arrive", "arrive", "change", "refresh", "finish", "stale"),
    st.sampled_from(["created", "transacted_at", "updated"]),
    st.sampled_from([1, 2, 3, 100]),
)
# A refresh that ends while a page is on its way; and one whose changes show before it
# has succeeded.
@example(
    [
        ("refresh", 1),
        ("arrive", 3),
        ("arrive", 1),
        ("finish", 1),
        ("refresh", 1),
        ("arrive", 2),
    ],
    "created",
    1,
)
@example(
    [("refresh", 1), ("arrive", 3), ("crash", 0), ("change", 0), ("finish", 1)],
    "transacted_at",
    1,
)
async def test_the_table_ends_equal_to_a_bank_whose_lists_change_while_they_are_read(
    script, order, limit
):
    bank = NastyBank(order)
    consumer = Consumer(bank, script)
    await consumer.run(limit)
    assert bank.truth == consumer.table


@pytest.mark.parametrize("order", ["created", "transacted_at", "updated"])
async def test_the_nasty_bank_is_as_nasty_as_it_says(order):
    """Reading one page and moving on, as the example of Stripe's documentation does,
    loses most of it here.
    """
    bank = NastyBank(order)
    bank.refresh(0)
    for number in range(9):
        bank.arrive(number)
    bank.finish(1)
    assert 9 == len(bank.truth)
    assert 3 == len(bank.page({"limit": "3"})["data"])
    assert (
        []
        == bank.page({"limit": "3", "transaction_refresh[after]": "fctxnref_0"})["data"]
    )
