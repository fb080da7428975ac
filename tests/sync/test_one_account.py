"""The sync of one account: its batches, its cursors, its errors."""

import pickle
from contextlib import asynccontextmanager

import anyio
import httpx
import pytest

from financial_connections import (
    APIResponseError,
    AsyncClient,
    CursorExpiredError,
    InvalidArgumentError,
    InvalidRequestError,
    NotFoundError,
    PaginationError,
    ServerError,
)
from financial_connections.models import Account
from financial_connections.sandbox import Fault, Rules, Sandbox
from financial_connections.sync.cursor import Checkpoint, decode_cursor, encode_cursor
from tests.support.samples import ACCOUNT, TRANSACTION, list_of


@pytest.mark.parametrize(
    "cursor", [encode_cursor("fca_2", Checkpoint("r1")), "fcs2.abc", 5]
)
async def test_a_foreign_or_damaged_cursor_is_rejected_before_anything_is_sent(cursor):
    async with client_of(Sandbox()) as client:
        with pytest.raises(InvalidArgumentError, match="^cursor "):
            client.transactions.sync("fca_1", cursor=cursor)


@pytest.mark.parametrize("account", ["", " ", None, 5, Account()])
async def test_an_account_without_an_id_is_rejected_before_anything_is_sent(account):
    async with client_of(Sandbox()) as client:
        with pytest.raises(
            InvalidArgumentError, match="account must be an account or its ID"
        ):
            client.transactions.sync(account)


@pytest.mark.parametrize("limit", [0, 101, "5"])
async def test_a_page_size_that_the_api_does_not_know_is_refused_before_anything_is_sent(
    limit,
):
    async with client_of(Sandbox()) as client:
        with pytest.raises(InvalidArgumentError, match="limit"):
            client.transactions.sync("fca_1", limit=limit)


# -- against the sandbox ---------------------------------------------------------------


@asynccontextmanager
async def client_of(sandbox, asked=None, **settings):
    async def note(request):
        if asked is not None:
            asked.append(dict(request.url.params))

    async with (
        httpx.AsyncClient(
            transport=httpx.ASGITransport(sandbox.app), event_hooks={"request": [note]}
        ) as http,
        AsyncClient(
            sandbox.api_key, base_url="http://127.0.0.1", http_client=http, **settings
        ) as client,
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
        [(transaction.id, transaction.status) for transaction in batch.transactions]
        for batch in (*second, *third)
    ]
    assert {account} == {batch.account for batch in first}


async def test_a_sync_with_nothing_new_asks_for_the_account_alone():
    sandbox, asked = Sandbox(), []
    account = sandbox.add_account(transactions=3)
    async with client_of(sandbox, asked) as client:
        [batch] = await batches_of(client, account)
        assert [] == await batches_of(client, account, batch.cursor)
    page = {"account": account, "limit": "100"}
    assert [{}, page, page, {}] == asked


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
    async with (
        client_of(sandbox) as client,
        client.transactions.sync(account) as changes,
    ):
        assert [] == [batch async for batch in changes]
        assert changes.account.transaction_refresh is None
        assert Checkpoint() == decode_cursor(account, changes.cursor)


@pytest.mark.parametrize("end", ["pending", "failed"])
async def test_while_the_latest_refresh_is_pending_or_failed_the_cursor_stays_and_the_data_comes(
    end,
):
    sandbox = Sandbox(rules=Rules(refresh_polls=None))
    account = sandbox.add_account(transactions=3)
    async with client_of(sandbox) as client:
        [batch] = await batches_of(client, account)
        [new] = sandbox.add_transactions(account)
        sandbox.fail_refreshes(account)
        await client.accounts.refresh(account, features=["transactions"])
        sandbox.advance(60 if end == "failed" else 0)
        for _ in range(2):
            async with client.transactions.sync(
                account, cursor=batch.cursor
            ) as changes:
                [late] = [batch async for batch in changes]
            assert end == changes.account.transaction_refresh.status
            assert ([new], batch.cursor) == (
                [transaction.id for transaction in late.transactions],
                late.cursor,
            )


async def test_a_usual_update_takes_three_requests():
    sandbox, asked = Sandbox(), []
    account = sandbox.add_account(transactions=250)
    async with client_of(sandbox, asked) as client:
        first = await batches_of(client, account)
        new = sandbox.add_transactions(account, 99)
        del asked[:]
        [batch] = await batches_of(client, account, first[-1].cursor)
    assert new[::-1] == [transaction.id for transaction in batch.transactions]
    assert 3 == len(asked)


async def test_a_cursor_from_the_middle_resumes_there_while_no_refresh_has_come():
    sandbox, asked = Sandbox(), []
    account = sandbox.add_account(transactions=7)
    async with client_of(sandbox, asked) as client:
        async with client.transactions.sync(account, limit=3) as changes:
            middle = await anext(changes)
        del asked[:]
        rest = await batches_of(client, account, middle.cursor, limit=3)
    assert middle.transactions[-1].id == asked[1]["starting_after"]
    everything = {item.id for batch in (middle, *rest) for item in batch.transactions}
    assert everything == set(sandbox._state.platform.transactions)


async def test_a_cursor_from_the_middle_begins_again_when_a_refresh_has_come():
    """A refresh can move the transaction that the page ended with: what lies behind it
    now is anybody's guess.
    """
    sandbox, asked = Sandbox(), []
    account = sandbox.add_account(transactions=7)
    async with client_of(sandbox, asked) as client:
        async with client.transactions.sync(account, limit=3) as changes:
            middle = await anext(changes)
        sandbox.add_transactions(account, 2)
        del asked[:]
        rest = await batches_of(client, account, middle.cursor, limit=3)
    assert "starting_after" not in asked[1]
    assert [3, 3, 3] == [len(batch.transactions) for batch in rest]


async def test_a_batch_names_the_cursor_that_it_follows():
    sandbox = Sandbox()
    account = sandbox.add_account(transactions=250)
    async with client_of(sandbox) as client:
        first = await batches_of(client, account)
        sandbox.add_transactions(account, 3)
        later = await batches_of(client, account, first[-1].cursor)
    chain = [None, *(batch.cursor for batch in (*first, *later))]
    assert chain[:-1] == [batch.previous for batch in (*first, *later)]


async def test_a_batch_names_an_old_cursor_as_it_was_given():
    """The consumer compares it with what it has stored."""
    old = "fcs1.BTAcMypV.W10.eOltdSeVgV2F"
    async with changes_of(list_of(TRANSACTION), cursor=old) as changes:
        assert old == changes.cursor
        assert old == (await anext(changes)).previous


async def test_an_account_at_hand_saves_its_request():
    sandbox, asked = Sandbox(), []
    account = sandbox.add_account(transactions=3)
    async with client_of(sandbox, asked) as client:
        at_hand = await client.accounts.retrieve(account)
        del asked[:]
        [batch] = [batch async for batch in client.transactions.sync(at_hand)]
        assert [] == [
            batch
            async for batch in client.transactions.sync(at_hand, cursor=batch.cursor)
        ]
        async with client.transactions.sync(at_hand) as changes:
            assert at_hand is changes.account
    assert 3 == len(batch.transactions)
    assert [{"account": account, "limit": "100"}] * 2 == asked


async def test_an_old_account_at_hand_loses_nothing():
    """An event can arrive after the sync of a later one."""
    sandbox = Sandbox()
    account = sandbox.add_account(transactions=3)
    table = {}
    async with client_of(sandbox) as client:
        old, cursor = await client.accounts.retrieve(account), None
        for at_hand in (account, old, account, old, account):
            sandbox.add_transactions(account, 2)
            async for batch in client.transactions.sync(at_hand, cursor=cursor):
                table |= {
                    transaction.id: transaction for transaction in batch.transactions
                }
                assert cursor == batch.previous
                cursor = batch.cursor
    assert table.keys() == sandbox._state.platform.transactions.keys()


async def test_two_tasks_cannot_iterate_over_one_sync_at_once():
    arrived = anyio.Event()

    async def answer(request):
        arrived.set()
        await anyio.sleep_forever()

    async with (
        httpx.AsyncClient(transport=httpx.MockTransport(answer)) as http,
        AsyncClient("sk_test_1", http_client=http) as client,
        anyio.create_task_group() as tasks,
    ):
        changes = aiter(client.transactions.sync("fca_1"))
        tasks.start_soon(changes.__anext__)
        await arrived.wait()
        with pytest.raises(RuntimeError, match="another task"):
            await anext(changes)
        tasks.cancel_scope.cancel()


async def test_a_block_that_is_open_cannot_be_entered_again():
    sandbox = Sandbox()
    async with client_of(sandbox) as client:
        sync = client.transactions.sync(sandbox.add_account(transactions=5))
        async with sync as changes:
            with pytest.raises(RuntimeError, match="already open"):
                async with sync:
                    raise AssertionError("it was entered")
            assert [5] == [len(batch.transactions) async for batch in changes]


async def test_a_batch_without_transactions_saves_the_position_of_a_long_second_pass():
    sandbox = Sandbox()
    account = sandbox.add_account(transactions=25)
    async with client_of(sandbox) as client:
        batches = await batches_of(client, account, limit=1)
        assert [] == await batches_of(client, account, batches[-1].cursor, limit=1)
    assert [1] * 25 + [0, 0, 0] == [len(batch.transactions) for batch in batches]
    assert decode_cursor(account, batches[25].cursor).is_repeated


async def test_what_arrives_during_a_scan_is_not_lost():
    sandbox = Sandbox()
    account = sandbox.add_account(transactions=5)
    [pending] = sandbox.add_transactions(account, status="pending")
    table = {}
    async with client_of(sandbox) as client:
        async with client.transactions.sync(account, limit=2) as changes:
            async for batch in changes:
                table |= {
                    transaction.id: transaction.status
                    for transaction in batch.transactions
                }
                if pending in sandbox._state.platform.transactions and len(table) == 4:
                    sandbox.void(pending)
                    sandbox.add_transactions(account, 3)
        # The account tells that a refresh has come, so the sync has begun again.
        assert (9, "void") == (len(table), table[pending])
        assert [] == await batches_of(client, account, batch.cursor)


async def test_after_an_error_iterating_goes_on_with_the_page_that_failed():
    sandbox = Sandbox()
    account = sandbox.add_account(transactions=5)
    async with (
        client_of(sandbox, max_retries=0) as client,
        client.transactions.sync(account, limit=2) as changes,
    ):
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
        assert ["fctxn_1"] == [
            transaction.id for transaction in (await anext(changes)).transactions
        ]


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


async def test_a_sync_can_be_iterated_without_a_block():
    sandbox = Sandbox()
    account = sandbox.add_account(transactions=5)
    async with client_of(sandbox) as client:
        sync = client.transactions.sync(account, limit=2)
        async for batch in sync:
            assert 2 == len(batch.transactions)
            break
        assert [2, 2, 1] == [len(batch.transactions) async for batch in sync]


async def test_the_changes_of_a_block_end_with_it():
    sandbox = Sandbox()
    account = sandbox.add_account(transactions=5)
    async with client_of(sandbox) as client:
        async with client.transactions.sync(account) as changes:
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
    left = [
        page if isinstance(page, httpx.Response) else httpx.Response(200, json=page)
        for page in pages
    ]

    def answer(request):
        if "account" in request.url.params:
            return left.pop(0)
        return httpx.Response(200, json=ACCOUNT | {"transaction_refresh": refresh})

    return httpx.MockTransport(answer)


@asynccontextmanager
async def changes_of(*pages, refresh=None, cursor=None):
    async with (
        httpx.AsyncClient(transport=answering(*pages, refresh=refresh)) as http,
        AsyncClient("sk_test_1", http_client=http) as client,
        client.transactions.sync("fca_1", cursor=cursor) as changes,
    ):
        yield changes


SUCCEEDED = {"id": "fctxnref_1", "status": "succeeded"}


async def test_a_list_that_does_not_say_whether_it_has_more_is_read_until_it_is_empty():
    page = list_of(TRANSACTION)
    del page["has_more"]
    async with changes_of(*[page, {"data": []}] * 2, refresh=SUCCEEDED) as changes:
        batches = [batch async for batch in changes]
    assert [1, 0] == [len(batch.transactions) for batch in batches]
    assert [
        Checkpoint(target="fctxnref_1", position="fctxn_1"),
        Checkpoint("fctxnref_1", "fctxnref_1"),
    ] == [decode_cursor("fca_1", batch.cursor) for batch in batches]


@pytest.mark.parametrize(
    "dead_end",
    [
        list_of(has_more=True),
        *(
            list_of(TRANSACTION | {"id": odd}, has_more=True)
            for odd in (None, " ", "fctxn\n")
        ),
    ],
)
async def test_a_list_that_has_more_and_no_way_on_is_an_error_and_the_cursor_stays(
    dead_end,
):
    async with changes_of(
        list_of(TRANSACTION, has_more=True), dead_end, refresh=SUCCEEDED
    ) as changes:
        with pytest.raises(PaginationError):
            async for _ in changes:
                pass
        assert Checkpoint(target="fctxnref_1", position="fctxn_1") == decode_cursor(
            "fca_1", changes.cursor
        )


async def test_a_list_that_leads_back_is_an_error_and_the_cursor_stays():
    first, second = (
        list_of(TRANSACTION | {"id": name}, has_more=True)
        for name in ("fctxn_1", "fctxn_2")
    )
    async with changes_of(*[first, second, first] * 5, refresh=SUCCEEDED) as changes:
        with pytest.raises(PaginationError, match="leads back"):
            async for _ in changes:
                pass
        assert Checkpoint(target="fctxnref_1", position="fctxn_2") == decode_cursor(
            "fca_1", changes.cursor
        )


async def test_a_transaction_that_moves_behind_the_position_makes_the_scan_restart():
    one, two, three = (TRANSACTION | {"id": f"fctxn_{number}"} for number in (1, 2, 3))
    moved = [
        list_of(one, has_more=True),
        list_of(two, has_more=True),
        list_of(one, has_more=True),
    ]
    whole = list_of(two, one, three)
    async with changes_of(*moved, whole, whole, refresh=SUCCEEDED) as changes:
        batches = [batch async for batch in changes]
    assert [["fctxn_1"], ["fctxn_2"], ["fctxn_3"]] == [
        [item.id for item in batch.transactions] for batch in batches
    ]
    assert Checkpoint("fctxnref_1", "fctxnref_1") == decode_cursor(
        "fca_1", batches[-1].cursor
    )


@pytest.mark.parametrize(
    "item", [None, [1], "fctxn_2", TRANSACTION | {"id": None}, TRANSACTION | {"id": 5}]
)
async def test_the_cursor_does_not_move_past_what_is_not_a_transaction(item):
    odd, good = (
        list_of(TRANSACTION, item),
        list_of(TRANSACTION, TRANSACTION | {"id": "fctxn_2"}),
    )
    async with changes_of(odd, good, good, refresh=SUCCEEDED) as changes:
        with pytest.raises(APIResponseError, match="not an object or has no ID"):
            await anext(changes)
        assert Checkpoint() == decode_cursor("fca_1", changes.cursor)
        assert ["fctxn_1", "fctxn_2"] == [
            transaction.id for transaction in (await anext(changes)).transactions
        ]


@pytest.mark.parametrize(
    "refresh",
    [{"status": "succeeded"}, {"id": "r", "status": "odd"}, {"id": "r"}, "fctxnref_1"],
)
async def test_a_refresh_that_breaks_the_contract_does_not_move_the_cursor(refresh):
    async with changes_of(list_of(TRANSACTION), refresh=refresh) as changes:
        [batch] = [batch async for batch in changes]
    assert Checkpoint() == decode_cursor("fca_1", batch.cursor)


# -- what the API does not know any more -----------------------------------------------


def missing(param, status):
    error = {
        "type": "invalid_request_error",
        "code": "resource_missing",
        "param": param,
        "message": "No such thing",
    }
    return httpx.Response(status, json={"error": error})


@pytest.mark.parametrize("status", [400, 404])
async def test_a_position_that_is_gone_is_given_up(status):
    cursor = encode_cursor(
        "fca_1", Checkpoint("fctxnref_0", "fctxnref_0", "fctxnref_1", "fctxn_9")
    )
    good = list_of(TRANSACTION)
    async with changes_of(
        missing("starting_after", status), good, good, refresh=SUCCEEDED, cursor=cursor
    ) as changes:
        [batch] = [batch async for batch in changes]
    assert ["fctxn_1"] == [transaction.id for transaction in batch.transactions]
    assert Checkpoint("fctxnref_0", "fctxnref_1") == decode_cursor(
        "fca_1", batch.cursor
    )


async def test_positions_that_are_gone_again_and_again_end_in_the_error():
    page = list_of(TRANSACTION, has_more=True)
    answers = [
        answer for _ in range(9) for answer in (page, missing("starting_after", 400))
    ]
    async with changes_of(*answers, refresh=SUCCEEDED) as changes:
        with pytest.raises(InvalidRequestError):
            async for _ in changes:
                pass


@pytest.mark.parametrize("status", [400, 404])
@pytest.mark.parametrize("param", ["transaction_refresh[after]", "transaction_refresh"])
async def test_a_base_that_is_gone_is_an_error_that_says_what_to_do(param, status):
    cursor = encode_cursor("fca_1", Checkpoint("fctxnref_0", "fctxnref_0"))
    async with changes_of(
        missing(param, status), refresh=SUCCEEDED, cursor=cursor
    ) as changes:
        with pytest.raises(CursorExpiredError, match="cursor=None") as caught:
            await anext(changes)
    assert pickle.loads(pickle.dumps(caught.value)).args == caught.value.args


async def test_another_thing_that_is_missing_is_the_error_that_it_is():
    async with changes_of(missing("account", 404), refresh=SUCCEEDED) as changes:
        with pytest.raises(NotFoundError):
            await anext(changes)
