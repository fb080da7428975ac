"""Values that do not match the schema, and how they are reported."""

import copy
import json
import logging
import pickle
from decimal import Decimal

import pytest
from attrs import define
from hypothesis import given
from hypothesis import strategies as st

from financial_connections import AsyncClient
from financial_connections._decoding import (
    REQUIRED,
    Model,
    OpenEnum,
    decode,
    misfits,
)
from financial_connections.events import ContractMismatch
from financial_connections.models import (
    Account,
    Balance,
    Session,
    Transaction,
    TransactionList,
)
from tests.support.decoding import decode_json
from tests.support.samples import ACCOUNT, FULL_ACCOUNT, SESSION, TRANSACTION, list_of


@pytest.fixture(autouse=True)
def _forget_logged_fields(monkeypatch):
    monkeypatch.setattr(misfits, "_logged", set())


def transaction(text):
    """Decode a transaction with the given JSON text as its amount."""
    return decode_json(
        Transaction,
        json.dumps(TRANSACTION | {"amount": "@"}).replace('"@"', text).encode(),
    )


@pytest.mark.parametrize(
    ("text", "amount"),
    [
        ("100", 100),
        ("100.0", 100),
        ("1e2", 100),
        ("-12.50E1", -125),
        ("-0.0", 0),
        ("9007199254740993.0", 9007199254740993),
        ("123456789012345678901234567890.0", 123456789012345678901234567890),
        ("1e400", 10**400),
    ],
)
def test_a_whole_number_is_an_integer_in_any_notation(text, amount):
    decoded = transaction(text)
    assert (int, amount, ()) == (type(decoded.amount), decoded.amount, decoded.misfits)


@pytest.mark.parametrize(
    "text",
    [
        *(
            '"100"',
            "100.5",
            "1e-2",
            "true",
            "{}",
            "[100]",
            "NaN",
            "Infinity",
            "-Infinity",
            "9007199254740993.5",
        ),
        *(
            "1e5000",
            "1e999999999",
            "1e99999999999999999999",
            "1e-99999999999999999999",
            "9" * 5000,
        ),
    ],
)
def test_a_value_that_is_not_an_integer_is_a_misfit(text):
    decoded = transaction(text)
    assert (None, ("amount",)) == (decoded.amount, decoded.misfits)
    assert TRANSACTION["currency"] == decoded.currency


def test_a_valid_object_has_no_misfits():
    account = decode_json(
        Account, FULL_ACCOUNT | {"brand_new": 1, "balance": None, "status": "brand_new"}
    )
    assert () == account.misfits
    assert () == Account(id="fca_1").misfits


@pytest.mark.parametrize("copy_of", [copy.copy, copy.deepcopy])
def test_a_copy_of_a_constructed_object_has_no_misfits_either(copy_of):
    account = Account(id="fca_1", balance=Balance(current={"usd": 1}))
    copied = copy_of(account)
    assert account == copied
    assert ((), ()) == (copied.misfits, copied.balance.misfits)
    assert copied.balance.current is not account.balance.current


@pytest.mark.parametrize(
    ("sent", "names"),
    [
        ({"created": "yesterday"}, ("created",)),
        (
            {"created": "yesterday", "status": 5, "livemode": 1},
            ("created", "livemode", "status"),
        ),
        ({"permissions": ["balances", 5]}, ("permissions",)),
        ({"permissions": [None]}, ("permissions",)),
        ({"balance": "none"}, ("balance",)),
        ({"display_name": "\ud800"}, ("display_name",)),
        ({"status": "\ud800"}, ("status",)),
    ],
)
def test_misfits_lists_the_fields_that_do_not_match(sent, names):
    account = decode_json(Account, ACCOUNT | sent)
    for duplicate in (
        account,
        pickle.loads(pickle.dumps(account)),
        copy.copy(account),
        copy.deepcopy(account),
    ):
        assert names == duplicate.misfits
        assert ACCOUNT | sent == duplicate.to_dict()


def test_an_object_lists_only_its_own_misfits():
    balance = {
        "as_of": "x",
        "current": {"usd": 5, "eur": None},
        "cash": {"available": 3},
        "type": "cash",
    }
    account = decode_json(Account, ACCOUNT | {"balance": balance})
    assert () == account.misfits
    assert ("as_of", "current") == account.balance.misfits
    assert ("available",) == account.balance.cash.misfits
    assert {"usd": 5} == account.balance.current


def test_a_list_with_omitted_items_has_a_misfit():
    sent = list_of(
        TRANSACTION, None, [1], TRANSACTION | {"id": 5}, TRANSACTION | {"amount": 12.0}
    )
    page = decode_json(TransactionList, sent)
    assert ("data",) == page.misfits
    assert [(TRANSACTION["id"], ()), (None, ("id",)), (TRANSACTION["id"], ())] == [
        (item.id, item.misfits) for item in page.data
    ]
    assert 12 == page.data[2].amount
    assert sent == page.to_dict()
    # An item with its own misfits is not dropped.
    assert () == decode_json(TransactionList, list_of(TRANSACTION | {"id": 5})).misfits


def test_a_nested_list_with_omitted_items_has_a_misfit():
    session = decode_json(Session, SESSION | {"accounts": list_of(ACCOUNT, 5)})
    assert ((), ("data",), 1) == (
        session.misfits,
        session.accounts.misfits,
        len(session.accounts.data),
    )


@define(frozen=True, kw_only=True, eq=False)
class Payout(Model):
    """A model declared like the generated ones."""

    id: str = REQUIRED
    amount: int = REQUIRED
    note: str | None = None


@define(frozen=True, kw_only=True, eq=False)
class PayoutList(Model):
    data: list[Payout] = REQUIRED
    has_more: bool = REQUIRED
    url: str | None = None


@pytest.mark.parametrize(
    ("sent", "names"),
    [
        ({"id": "po_1", "amount": 5}, ()),
        ({"id": "po_1", "amount": 5, "note": None}, ()),
        ({"id": "po_1", "amount": None}, ("amount",)),
        ({"amount": 5}, ("id",)),
        ({}, ("id", "amount")),
    ],
)
def test_a_required_field_that_is_null_or_absent_is_a_misfit(sent, names):
    payout = decode_json(Payout, sent)
    assert names == payout.misfits
    assert [sent.get(name) for name in ("id", "amount", "note")] == [
        payout.id,
        payout.amount,
        payout.note,
    ]
    page = decode_json(PayoutList, {"data": [sent]})
    assert (("has_more",), None, names) == (
        page.misfits,
        page.has_more,
        page.data[0].misfits,
    )


def test_each_field_is_logged_once_without_its_value(caplog):
    for _ in range(3):
        decode_json(
            TransactionList, list_of(TRANSACTION | {"amount": "tops3cret"}, "tops3cret")
        )
    decode_json(
        Transaction, TRANSACTION | {"amount": "tops3cret", "created": "tops3cret"}
    )
    assert [logging.WARNING] * 2 == [record.levelno for record in caplog.records]
    assert ["Transaction.amount", "TransactionList.data"] == [
        record.args[0] for record in caplog.records
    ]
    assert "req_1" in caplog.text
    assert "tops3cret" not in caplog.text


def test_unknown_fields_are_not_remembered_as_logged():
    for number in range(100):
        decode_json(
            Account,
            FULL_ACCOUNT
            | {
                f"brand_new_{number}": number,
                "balance": FULL_ACCOUNT["balance"] | {"current": {f"c{number}": "x"}},
            },
        )
    assert {"Balance.current"} == misfits._logged


def test_misfits_of_models_that_were_not_received_are_not_logged(caplog):
    account = Account.from_dict(ACCOUNT | {"created": "yesterday"})
    pickle.loads(pickle.dumps(account))
    assert ("created",) == account.misfits
    assert not caplog.records


async def test_a_response_with_misfits_emits_one_event(httpx_mock):
    content = list_of(
        TRANSACTION | {"amount": "1"}, TRANSACTION | {"amount": "2"}, None, TRANSACTION
    )
    httpx_mock.add_response(
        json=content, headers={"Request-Id": "req_1"}, is_reusable=True
    )
    events = []
    async with AsyncClient("sk_test_1", on_event=events.append) as client:
        for _ in range(2):
            page = await client.transactions.list(account="fca_1")
            assert [None, None, TRANSACTION["amount"]] == [
                item.amount for item in page.data
            ]
    events = [event for event in events if isinstance(event, ContractMismatch)]
    assert [("GET", "/v1/financial_connections/transactions", 1, "req_1")] * 2 == [
        (event.method, event.url_template, event.attempt, event.request_id)
        for event in events
    ]
    assert [
        ("TransactionList", ("Transaction.amount", "TransactionList.data"))
    ] * 2 == [(event.model, event.fields) for event in events]


async def test_a_valid_response_emits_no_event(httpx_mock):
    httpx_mock.add_response(json=ACCOUNT)
    events = []
    async with AsyncClient("sk_test_1", on_event=events.append) as client:
        await client.accounts.retrieve("fca_1")
    assert not [event for event in events if isinstance(event, ContractMismatch)]


async def test_iterating_yields_valid_items_and_the_page_keeps_the_rest(httpx_mock):
    sent = list_of(None, TRANSACTION, 5)
    httpx_mock.add_response(json=sent, is_reusable=True)
    async with AsyncClient("sk_test_1") as client:
        pager = client.transactions.list(account="fca_1")
        assert [TRANSACTION] == [item.to_dict() async for item in pager]
        assert sent == (await pager).to_dict()


def exact(content):
    """Parse JSON without rounding any number."""
    return json.loads(content, parse_float=Decimal)


def plain(value):
    if isinstance(value, Model):
        return exact(value._own_raw())
    if isinstance(value, list):
        return [plain(item) for item in value]
    return str(value) if isinstance(value, OpenEnum) else value


def assert_misfits(model, sent):
    differing = []
    for field in model.__attrs_attrs__:
        value, expected = getattr(model, field.name), sent.get(field.name)
        is_missing = field.default is REQUIRED and value is None
        if is_missing or plain(value) != expected:
            differing.append(field.name)
        children = value if isinstance(value, list) else [value]
        parts = [
            part
            for part in (expected if isinstance(value, list) else [expected])
            if isinstance(part, dict)
        ]
        for child, part in zip(
            [child for child in children if isinstance(child, Model)],
            parts,
            strict=False,
        ):
            assert_misfits(child, part)
    assert tuple(differing) == model.misfits


odd_values = st.sampled_from(
    [
        None,
        True,
        False,
        0,
        -1,
        1.5,
        1e2,
        -0.0,
        1e30,
        2**70,
        "",
        "a",
        "\ud800",
        "a\udfff",
        [],
        [None],
        {},
        {"a": 1},
    ]
)


def odd_mutations(value):
    """Draw a value in which fields are dropped or replaced at any depth."""
    if isinstance(value, dict):
        return st.fixed_dictionaries(
            {}, optional={key: odd_mutations(item) for key, item in value.items()}
        )
    if isinstance(value, list):
        return st.lists(st.one_of([odd_values, *map(odd_mutations, value)]), max_size=3)
    return st.just(value) | odd_values


@pytest.mark.parametrize(
    ("cls", "example"),
    [
        (Account, FULL_ACCOUNT),
        (Session, SESSION),
        (TransactionList, list_of(TRANSACTION)),
    ],
)
@given(data=st.data())
def test_misfits_lists_exactly_the_attributes_that_differ(cls, example, data):
    sent = data.draw(odd_mutations(example))
    if cls is TransactionList:
        sent["data"] = data.draw(odd_mutations([TRANSACTION]))
    content = json.dumps(sent).encode()
    reports = []
    model = decode(cls, content, None, on_misfits=reports.append)
    assert_misfits(model, exact(content))
    assert json.loads(content) == model.to_dict()
    assert len(reports) <= 1
    assert not model.misfits or f"{cls.__name__}.{model.misfits[0]}" in reports[0]
