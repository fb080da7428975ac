"""Pages that break the contract, change during a scan, or no longer exist."""

import pickle

import httpx
import pytest

from financial_connections import (
    APIResponseError,
    CursorExpiredError,
    InvalidRequestError,
    NotFoundError,
    PaginationError,
)
from financial_connections.sync.cursor import Checkpoint, decode_cursor, encode_cursor
from tests.support.samples import TRANSACTION, list_of
from tests.support.sync.clients import (
    SUCCEEDED,
    changes_of,
)


async def test_a_list_without_has_more_is_read_until_it_is_empty():
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
async def test_a_list_without_a_next_cursor_raises_and_keeps_the_cursor(dead_end):
    async with changes_of(
        list_of(TRANSACTION, has_more=True), dead_end, refresh=SUCCEEDED
    ) as changes:
        with pytest.raises(PaginationError):
            async for _ in changes:
                pass
        assert Checkpoint(target="fctxnref_1", position="fctxn_1") == decode_cursor(
            "fca_1", changes.cursor
        )


async def test_a_list_that_leads_back_raises_and_keeps_the_cursor():
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


async def test_a_transaction_that_moves_behind_the_position_restarts_the_scan():
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
async def test_an_invalid_item_raises_and_keeps_the_cursor(item):
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
async def test_a_refresh_that_breaks_the_contract_does_not_advance_the_cursor(refresh):
    async with changes_of(list_of(TRANSACTION), refresh=refresh) as changes:
        [batch] = [batch async for batch in changes]
    assert Checkpoint() == decode_cursor("fca_1", batch.cursor)


def missing(param, status):
    error = {
        "type": "invalid_request_error",
        "code": "resource_missing",
        "param": param,
        "message": "No such thing",
    }
    return httpx.Response(status, json={"error": error})


@pytest.mark.parametrize("status", [400, 404])
async def test_an_unknown_position_restarts_the_scan(status):
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


async def test_repeatedly_unknown_positions_raise():
    page = list_of(TRANSACTION, has_more=True)
    responses = 9 * [page, missing("starting_after", 400)]
    async with changes_of(*responses, refresh=SUCCEEDED) as changes:
        with pytest.raises(InvalidRequestError):
            async for _ in changes:
                pass


@pytest.mark.parametrize("status", [400, 404])
@pytest.mark.parametrize("param", ["transaction_refresh[after]", "transaction_refresh"])
async def test_an_unknown_base_raises_cursor_expired(param, status):
    cursor = encode_cursor("fca_1", Checkpoint("fctxnref_0", "fctxnref_0"))
    async with changes_of(
        missing(param, status), refresh=SUCCEEDED, cursor=cursor
    ) as changes:
        with pytest.raises(CursorExpiredError, match="cursor=None") as caught:
            await anext(changes)
    assert pickle.loads(pickle.dumps(caught.value)).args == caught.value.args


async def test_other_missing_resources_raise_not_found():
    async with changes_of(missing("account", 404), refresh=SUCCEEDED) as changes:
        with pytest.raises(NotFoundError):
            await anext(changes)
