"""The sync of one account: its walks, its cursors, its errors."""

import json
import string
from contextlib import asynccontextmanager

import anyio
import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from objects import ACCOUNT, TRANSACTION, list_of

from financial_connections import AsyncClient, InvalidArgumentError, NotFoundError, PaginationError, ServerError
from financial_connections.sandbox import Fault, Rules, Sandbox
from financial_connections.sync.cursor import Place, cursor_of, place_of, walks_from

IDS = st.none() | st.text(string.ascii_letters + string.digits + "_", min_size=1, max_size=40)


# -- walks ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("place", "succeeded", "walks"),
    [
        # Between walks: from the base to what has succeeded; nothing when that is the base.
        (Place(), "r1", [Place(None, "r1")]),
        (Place("r1"), "r2", [Place("r1", "r2")]),
        (Place("r1"), "r1", []),
        # What is latest is pending or failed: read what there is, and stay.
        (Place(), None, [Place()]),
        (Place("r1"), None, [Place("r1")]),
        # In a walk: to its end, and on to what has succeeded since.
        (Place("r1", "r2", "t5"), "r2", [Place("r1", "r2", "t5")]),
        (Place("r1", "r2", "t5"), "r3", [Place("r1", "r2", "t5"), Place("r2", "r3")]),
        (Place("r1", "r2", "t5"), None, [Place("r1", "r2", "t5"), Place("r2")]),
        # In a walk without a target: to its end and once more, or from its beginning to a target.
        (Place("r1", None, "t5"), None, [Place("r1", None, "t5"), Place("r1")]),
        (Place("r1", None, "t5"), "r2", [Place("r1", "r2")]),
        (Place("r1", None, "t5"), "r1", [Place("r1", "r1")]),
    ],
)
def test_walks_lead_from_where_a_sync_is_to_what_has_succeeded(place, succeeded, walks):
    assert walks == walks_from(place, succeeded)


def test_a_walk_moves_on_to_its_target_only_at_its_end():
    walk = Place("r1", "r2")
    assert Place("r1", "r2", "t5") == walk.at("t5")
    assert Place("r1", "r2", "t5") == walk.at("t5").at(None)
    assert (Place("r2"), Place("r1")) == (walk.at("t5").at_end(), Place("r1", None, "t5").at_end())


# -- cursors ----------------------------------------------------------------------------------------------


@given(st.builds(Place, IDS, IDS, IDS), st.text(max_size=40))
def test_a_cursor_brings_back_the_place_it_was_made_of(place, account):
    cursor = cursor_of(account, place)
    assert place == place_of(account, cursor)
    assert set(cursor) <= {*string.ascii_letters, *string.digits, *"-_."}


def test_a_cursor_is_short_and_shows_no_id():
    ids = ("fctxnref_" + 24 * "a", "fctxnref_" + 24 * "b", "fctxn_" + 24 * "c")
    cursor = cursor_of("fca_123", Place(*ids))
    assert (169, 77) == (len(cursor), len(cursor_of("fca_123", Place(ids[0]))))
    assert "fca_" not in cursor
    assert "fctxn" not in cursor


@given(st.data())
def test_a_cursor_that_was_changed_anywhere_is_refused(data):
    cursor = cursor_of("fca_1", Place("r1", "r2", "t5"))
    index = data.draw(st.integers(0, len(cursor) - 1))
    other = data.draw(st.characters().filter(lambda character: character != cursor[index]))
    for changed in (
        cursor[:index] + other + cursor[index + 1 :],
        cursor[:index],
        cursor[:index] + other + cursor[index:],
    ):
        with pytest.raises(InvalidArgumentError, match="^cursor: it "):
            place_of("fca_1", changed)


@pytest.mark.parametrize(
    ("cursor", "why"),
    [
        (cursor_of("fca_2", Place("r1")), "belongs to another account"),
        (cursor_of("fca_1", Place("r1"))[:-1], "is damaged"),
        ("fcs2.abc", "made by another version"),
        ("fctxn_1", "not the cursor of a sync"),
        ("", "not the cursor of a sync"),
        (5, "not the cursor of a sync"),
    ],
)
async def test_a_foreign_or_damaged_cursor_is_refused_before_anything_is_sent(cursor, why):
    async with client_of(Sandbox()) as client:
        with pytest.raises(InvalidArgumentError, match=why):
            client.transactions.sync("fca_1", cursor=cursor)


@pytest.mark.parametrize("limit", [0, 101, "5"])
async def test_a_page_size_that_the_api_does_not_know_is_refused_before_anything_is_sent(limit):
    async with client_of(Sandbox()) as client:
        with pytest.raises(InvalidArgumentError, match="limit"):
            client.transactions.sync("fca_1", limit=limit)


# -- against the sandbox ----------------------------------------------------------------------------------


@asynccontextmanager
async def client_of(sandbox, asked=None, **settings):
    async def note(request):
        if asked is not None:
            asked.append(dict(request.url.params))

    async with (
        httpx.AsyncClient(transport=httpx.ASGITransport(sandbox.app), event_hooks={"request": [note]}) as http,
        AsyncClient(sandbox.api_key, base_url="http://127.0.0.1", http_client=http, **settings) as client,
    ):
        yield client


async def batches_of(client, account, cursor=None, **settings):
    async with client.transactions.sync(account, cursor=cursor, **settings) as changes:
        return [batch async for batch in changes]


async def test_the_first_sync_reads_everything_and_the_next_only_what_is_new():
    sandbox = Sandbox()
    account = sandbox.add_account(transactions=250)
    async with client_of(sandbox) as client:
        first = await batches_of(client, account)
        [pending] = sandbox.add_transactions(account, status="pending")
        second = await batches_of(client, account, first[-1].cursor)
        sandbox.post(pending)
        third = await batches_of(client, account, second[-1].cursor)
    assert [100, 100, 50] == [len(batch.transactions) for batch in first]
    assert [[(pending, "pending")], [(pending, "posted")]] == [
        [(transaction.id, transaction.status) for transaction in batch.transactions] for batch in (*second, *third)
    ]
    assert {account} == {batch.account for batch in first}


async def test_a_sync_with_nothing_new_asks_for_the_account_alone():
    sandbox, asked = Sandbox(), []
    account = sandbox.add_account(transactions=3)
    async with client_of(sandbox, asked) as client:
        [batch] = await batches_of(client, account)
        assert [] == await batches_of(client, account, batch.cursor)
    assert [{}, {"account": account, "limit": "100"}, {}] == asked


async def test_a_refresh_that_brought_nothing_moves_the_cursor_in_an_empty_batch():
    sandbox = Sandbox()
    account = sandbox.add_account(transactions=3)
    async with client_of(sandbox) as client:
        [batch] = await batches_of(client, account)
        await client.accounts.refresh(account, features=["transactions"])
        sandbox.advance(60)
        [empty] = await batches_of(client, account, batch.cursor)
        assert [] == await batches_of(client, account, empty.cursor)
    assert [] == empty.transactions
    assert batch.cursor != empty.cursor


async def test_an_account_without_a_refresh_gives_nothing():
    sandbox = Sandbox()
    account = sandbox.add_account()
    async with client_of(sandbox) as client, client.transactions.sync(account) as changes:
        assert [] == [batch async for batch in changes]
        assert changes.account.transaction_refresh is None
        assert Place() == place_of(account, changes.cursor)


@pytest.mark.parametrize("end", ["pending", "failed"])
async def test_while_the_latest_refresh_is_pending_or_failed_the_cursor_stays_and_the_data_comes(end):
    sandbox = Sandbox(rules=Rules(refresh_polls=None))
    account = sandbox.add_account(transactions=3)
    async with client_of(sandbox) as client:
        [batch] = await batches_of(client, account)
        [new] = sandbox.add_transactions(account)
        sandbox.fail_refreshes(account)
        await client.accounts.refresh(account, features=["transactions"])
        sandbox.advance(60 if end == "failed" else 0)
        for _ in range(2):
            async with client.transactions.sync(account, cursor=batch.cursor) as changes:
                [late] = [batch async for batch in changes]
            assert end == changes.account.transaction_refresh.status
            assert ([new], batch.cursor) == ([transaction.id for transaction in late.transactions], late.cursor)


async def test_a_cursor_from_the_middle_resumes_there_and_then_goes_on_to_what_came_since():
    sandbox, asked = Sandbox(), []
    account = sandbox.add_account(transactions=7)
    async with client_of(sandbox, asked) as client:
        async with client.transactions.sync(account, limit=3) as changes:
            middle = await anext(changes)
        late = sandbox.add_transactions(account, 2)
        del asked[:]
        rest = await batches_of(client, account, middle.cursor, limit=3)
    assert [3, 1, 2] == [len(batch.transactions) for batch in rest]
    assert late[::-1] == [transaction.id for transaction in rest[-1].transactions]
    assert middle.transactions[-1].id == asked[1]["starting_after"]
    assert 4 == len(asked)


async def test_what_arrives_during_a_walk_is_not_lost():
    sandbox = Sandbox()
    account = sandbox.add_account(transactions=5)
    [pending] = sandbox.add_transactions(account, status="pending")
    table = {}
    async with client_of(sandbox) as client:
        async with client.transactions.sync(account, limit=2) as changes:
            async for batch in changes:
                table |= {transaction.id: transaction.status for transaction in batch.transactions}
                if pending in sandbox._state.platform.transactions and len(table) == 4:
                    sandbox.void(pending)
                    sandbox.add_transactions(account, 3)
        assert (6, "pending") == (len(table), table[pending])
        for late in await batches_of(client, account, batch.cursor):
            table |= {transaction.id: transaction.status for transaction in late.transactions}
    assert (9, "void") == (len(table), table[pending])


async def test_after_an_error_iterating_goes_on_with_the_page_that_failed():
    sandbox = Sandbox()
    account = sandbox.add_account(transactions=5)
    async with client_of(sandbox, max_retries=0) as client, client.transactions.sync(account, limit=2) as changes:
        first = await anext(changes)
        sandbox.inject(Fault("server_error"))
        with pytest.raises(ServerError):
            await anext(changes)
        assert first.cursor == changes.cursor
        rest = [batch async for batch in changes]
    assert [2, 1] == [len(batch.transactions) for batch in rest]


async def test_a_cancelled_page_is_asked_for_again():
    stuck = [True]

    async def answer(request):
        if "account" in request.url.params and stuck.pop():
            await anyio.sleep_forever()
        body = list_of(TRANSACTION) if "account" in request.url.params else ACCOUNT
        return httpx.Response(200, json=body)

    async with (
        httpx.AsyncClient(transport=httpx.MockTransport(answer)) as http,
        AsyncClient("sk_test_1", http_client=http) as client,
        client.transactions.sync("fca_1") as changes,
    ):
        with anyio.move_on_after(0.01):
            await anext(changes)
        stuck.append(False)
        assert ["fctxn_1"] == [transaction.id for transaction in (await anext(changes)).transactions]


async def test_an_account_that_is_not_there_is_not_found_when_the_block_is_entered():
    async with client_of(Sandbox()) as client:
        with pytest.raises(NotFoundError):
            async with client.transactions.sync("fca_nowhere"):
                raise AssertionError("it was entered")


async def test_the_same_sync_can_be_entered_again_and_begins_where_it_began():
    sandbox = Sandbox()
    account = sandbox.add_account(transactions=5)
    async with client_of(sandbox) as client:
        sync = client.transactions.sync(account)
        for _ in range(2):
            async with sync as changes:
                assert [5] == [len(batch.transactions) async for batch in changes]


async def test_a_sync_is_iterated_inside_its_block_only():
    sandbox = Sandbox()
    account = sandbox.add_account(transactions=5)
    async with client_of(sandbox) as client:
        sync = client.transactions.sync(account)
        with pytest.raises(TypeError, match="begin the sync first"):
            async for _ in sync:
                pass
        async with sync as changes:
            pass
        with pytest.raises(RuntimeError, match="inside its"):
            await anext(changes)


async def test_a_batch_shows_no_bank_data():
    sandbox = Sandbox()
    account = sandbox.add_account(transactions=1)
    async with client_of(sandbox) as client:
        [batch] = await batches_of(client, account)
    assert f"Batch(account='{account}')" == repr(batch)


def answering(*pages, refresh=None):
    left = [json.dumps(page) for page in pages]

    def answer(request):
        if "account" in request.url.params:
            return httpx.Response(200, content=left.pop(0))
        return httpx.Response(200, json=ACCOUNT | {"transaction_refresh": refresh})

    return httpx.MockTransport(answer)


@asynccontextmanager
async def changes_of(*pages, refresh=None):
    async with (
        httpx.AsyncClient(transport=answering(*pages, refresh=refresh)) as http,
        AsyncClient("sk_test_1", http_client=http) as client,
        client.transactions.sync("fca_1") as changes,
    ):
        yield changes


async def test_a_list_that_does_not_say_whether_it_has_more_is_read_until_it_is_empty():
    page = list_of(TRANSACTION)
    del page["has_more"]
    refresh = {"id": "fctxnref_1", "status": "succeeded"}
    async with changes_of(page, {"data": []}, refresh=refresh) as changes:
        batches = [batch async for batch in changes]
    assert [1, 0] == [len(batch.transactions) for batch in batches]
    places = [place_of("fca_1", batch.cursor) for batch in batches]
    assert [Place(None, "fctxnref_1", "fctxn_1"), Place("fctxnref_1")] == places


@pytest.mark.parametrize("dead_end", [list_of(has_more=True), list_of(TRANSACTION | {"id": None}, has_more=True)])
async def test_a_list_that_has_more_and_no_way_on_is_an_error_and_the_cursor_stays(dead_end):
    refresh = {"id": "fctxnref_1", "status": "succeeded"}
    async with changes_of(list_of(TRANSACTION, has_more=True), dead_end, refresh=refresh) as changes:
        with pytest.raises(PaginationError):
            async for _ in changes:
                pass
        assert Place(None, "fctxnref_1", "fctxn_1") == place_of("fca_1", changes.cursor)


@pytest.mark.parametrize("refresh", [{"status": "succeeded"}, {"id": "r", "status": "odd"}, {"id": "r"}, "fctxnref_1"])
async def test_a_refresh_that_breaks_the_contract_does_not_move_the_cursor(refresh):
    async with changes_of(list_of(TRANSACTION), refresh=refresh) as changes:
        [batch] = [batch async for batch in changes]
    assert Place() == place_of("fca_1", batch.cursor)
