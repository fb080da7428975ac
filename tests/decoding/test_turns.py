"""Decoding in turns with other tasks, so that the event loop is never blocked."""

import json
import threading

import anyio
import pytest
from hypothesis import given
from hypothesis import strategies as st

from financial_connections._decoding import ContentError, decode, turns
from financial_connections._decoding.turns import decode_in_turns
from financial_connections.models import AccountList, SnapshotEventList, TransactionList
from tests.support.decoding import json_values
from tests.support.samples import FULL_ACCOUNT, TRANSACTION, list_of
from tests.support.turns import Work

HOSTILE = {key: {"unexpected": [1]} for key in TRANSACTION}
LARGE = "x" * turns._LARGE


FIT = turns.fit


@pytest.fixture
def work(monkeypatch):
    """The decoding of items, one by one."""
    work = Work(monkeypatch)
    monkeypatch.setattr(turns, "fit", work.spy(FIT))
    return work


@pytest.mark.parametrize(
    "item",
    [
        HOSTILE,
        {},
        TRANSACTION | {"amount": "x"},
        TRANSACTION | {"amount": 1e300},
        TRANSACTION | {"description": "\ud800"},
        TRANSACTION | {"status_transitions": {"posted_at": []}},
        TRANSACTION | {"amount": "x"} | {f"new_{n}": n for n in range(1000)},
    ],
    ids="hostile empty string fraction surrogate nested unknown".split(),  # noqa: SIM905
)
async def test_items_that_do_not_match_are_decoded_in_turns(work, item):
    content = json.dumps(list_of(*[item] * 100)).encode()
    page = await work.beside_another_task(
        decode_in_turns, TransactionList, content, None
    )
    assert [item] * 100 == page.to_dict()["data"]
    assert 100 == len(work.pieces)
    assert work.most_in_a_row <= 12


async def test_items_of_a_very_large_page_are_decoded_in_turns(work):
    items = [FULL_ACCOUNT | {"new": "x" * 6_000}] * 100
    content = json.dumps(list_of(*items)).encode()
    page = await work.beside_another_task(decode_in_turns, AccountList, content, None)
    assert items == [account.to_dict() for account in page.data]
    assert all(account.misfits == () for account in page.data)
    assert work.most_in_a_row <= 12


async def test_a_page_that_matches_is_decoded_at_once(work):
    content = json.dumps(list_of(*[TRANSACTION] * 100)).encode()
    page = await decode_in_turns(TransactionList, content, "req_1")
    assert 100 == len(page.data)
    assert [] == work.pieces


@given(items=st.lists(st.dictionaries(st.sampled_from([*TRANSACTION]), json_values)))
def test_decoding_in_turns_returns_the_same(items):
    content = json.dumps(list_of(*(TRANSACTION | item for item in items))).encode()
    reported = []
    expected = decode(TransactionList, content, "req_1", None, reported.append)
    page = anyio.run(
        decode_in_turns, TransactionList, content, "req_1", None, reported.append
    )
    assert expected == page
    assert expected.to_dict() == page.to_dict()
    assert expected.request_id == page.request_id == "req_1"
    for item, other in zip(expected.data, page.data, strict=True):
        assert item.misfits == other.misfits
        assert item.to_dict() == other.to_dict()
        assert item.request_id == other.request_id
    assert len(set(reported)) <= 1
    assert len(reported) in {0, 2}


@pytest.mark.parametrize("cls", [TransactionList, AccountList, SnapshotEventList])
@pytest.mark.parametrize(
    "data",
    [None, 1, {}, [1], [None, {}], [[]], "x", [{"id": 1}], [LARGE], {LARGE: LARGE}],
    ids=lambda data: str(data)[:20],
)
async def test_data_of_any_form_is_decoded_the_same_in_turns(cls, data):
    content = json.dumps(list_of() | {"data": data, "has_more": "x"}).encode()
    try:
        expected = decode(cls, content, "req_1")
    except ContentError as error:
        with pytest.raises(ContentError, match=str(error)):
            await decode_in_turns(cls, content, "req_1")
    else:
        page = await decode_in_turns(cls, content, "req_1")
        assert expected == page
        assert expected.misfits == page.misfits


@pytest.mark.parametrize(
    "content", [b"", b"[]", b"1", b'{"data": [', b'{"data": ' + 10_000 * b"["]
)
@pytest.mark.parametrize("padding", [b"", 20_000 * b" "])
async def test_unusable_content_raises_the_same_error_in_turns(content, padding):
    with pytest.raises(ContentError) as expected:
        decode(TransactionList, content + padding, None)
    with pytest.raises(ContentError) as caught:
        await decode_in_turns(TransactionList, content + padding, None)
    assert str(expected.value) == str(caught.value)


async def test_a_large_item_that_does_not_match_is_decoded_in_a_thread(monkeypatch):
    threads = []

    def fit(*args):
        threads.append(threading.current_thread())
        return FIT(*args)

    monkeypatch.setattr(turns, "fit", fit)
    items = [HOSTILE, HOSTILE | {"new": LARGE}]
    content = json.dumps(list_of(*items)).encode()
    await decode_in_turns(TransactionList, content, None)
    assert [True, False] == [t is threading.main_thread() for t in threads]


async def test_decoding_in_turns_can_be_cancelled(work):
    content = json.dumps(list_of(*[HOSTILE] * 100)).encode()
    with anyio.CancelScope() as scope:
        scope.cancel()
        # A response that matches is returned even so.
        await decode_in_turns(TransactionList, json.dumps(list_of()).encode(), None)
        await decode_in_turns(TransactionList, content, None)
    assert scope.cancelled_caught
    assert len(work.pieces) <= 6
