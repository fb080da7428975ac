"""Decoding keeps everything that was sent, even if it does not match the schema."""

import json
import pickle
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from financial_connections._decoding import ContentError, Model, decode, parse_json
from financial_connections.models import (
    Account,
    AccountList,
    AccountOwnership,
    Session,
    Transaction,
    TransactionList,
)
from tests.support.decoding import EXAMPLES, copies_of, decode_json, json_values
from tests.support.samples import (
    ACCOUNT,
    FULL_ACCOUNT,
    OWNER,
    OWNERSHIP,
    REFRESHED_ACCOUNT,
    SESSION,
    TRANSACTION,
    list_of,
)


@pytest.mark.parametrize(("cls", "example"), EXAMPLES)
def test_decoding_pickling_and_copying_are_lossless(cls, example):
    for model in copies_of(decode_json(cls, example)):
        assert example == model.to_dict()
        assert {} == model.extra
        assert "req_1" == model.request_id
    assert decode_json(cls, example) == cls.from_dict(example)


@pytest.mark.parametrize(("cls", "example"), EXAMPLES)
def test_attributes_have_the_values_that_were_sent(cls, example):
    assert_attributes(decode_json(cls, example), example)


def assert_attributes(model, sent):
    for name, value in sent.items():
        attribute = model.extra[name] if name in model.extra else getattr(model, name)
        if isinstance(attribute, Model):
            assert_attributes(attribute, value)
        elif (
            isinstance(attribute, list)
            and attribute
            and isinstance(attribute[0], Model)
        ):
            for item, part in zip(attribute, value, strict=True):
                assert_attributes(item, part)
        else:
            assert value == attribute


@pytest.mark.parametrize(("cls", "example"), EXAMPLES)
def test_an_unknown_field_is_kept(cls, example):
    for model in copies_of(decode_json(cls, example | {"brand_new": {"a": [1, None]}})):
        assert {"brand_new": {"a": [1, None]}} == model.extra


def test_a_nested_object_keeps_its_own_unknown_fields():
    sent = FULL_ACCOUNT | {"balance": FULL_ACCOUNT["balance"] | {"brand_new": 1}}
    for account in copies_of(decode_json(Account, sent)):
        for balance in copies_of(account.balance):
            assert {"brand_new": 1} == balance.extra
            assert sent["balance"] == balance.to_dict()
            assert "req_1" == balance.request_id
    owner = decode_json(Account, FULL_ACCOUNT).ownership.owners.data[0]
    assert OWNER == owner.to_dict()


def test_to_dict_distinguishes_an_absent_field_from_null():
    account = decode_json(Account, {"id": "fca_1", "balance": None})
    assert account.balance is None
    assert account.created is None
    assert {"id": "fca_1", "balance": None} == account.to_dict()


@pytest.mark.parametrize(
    ("cls", "sent", "attribute"),
    [
        (Account, ACCOUNT | {"status": "brand_new"}, "status"),
        (Account, ACCOUNT | {"object": "linked_account"}, "object"),
        (AccountOwnership, OWNERSHIP | {"owners": None}, "owners"),
        (Session, {"id": "fcsess_1"}, "accounts"),
        (AccountList, list_of(url=""), "url"),
        (TransactionList, {"data": []}, "has_more"),
        (Account, REFRESHED_ACCOUNT, "balance_refresh"),
    ],
)
def test_a_response_that_violates_the_schema_is_decoded(cls, sent, attribute):
    model = decode_json(cls, sent)
    assert sent == model.to_dict()
    value = getattr(model, attribute)
    assert sent.get(attribute) == (
        value.to_dict() if isinstance(value, Model) else value
    )


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("created", "yesterday"),
        ("created", 1.5),
        ("created", True),
        ("created", {"at": 1}),
        ("created", 10**30),
        ("display_name", 7),
        ("display_name", ["a"]),
        ("livemode", "false"),
        ("livemode", 0),
        ("status", 3),
        ("balance", "none"),
        ("balance", []),
        ("permissions", "balances"),
        ("permissions", {"balances": True}),
        ("ownership", 5),
        ("account_holder", [1]),
    ],
)
def test_a_value_of_the_wrong_type_is_none_and_kept_in_to_dict(field, value):
    sent = ACCOUNT | {field: value}
    for account in copies_of(decode_json(Account, sent)):
        expected = value if field == "created" and type(value) is int else None
        assert expected == getattr(account, field)
        assert sent == account.to_dict()
        assert "StripeBank" == account.institution_name


def test_a_deeply_nested_wrong_value_does_not_affect_others():
    balance = {
        "as_of": "x",
        "type": "cash",
        "current": {"usd": 5, "undefined": None},
        "cash": {"available": 3},
    }
    account = decode_json(
        Account, ACCOUNT | {"balance": balance, "permissions": ["balances", 5, "new"]}
    )
    assert (None, "cash", {"usd": 5}) == (
        account.balance.as_of,
        account.balance.type,
        account.balance.current,
    )
    assert account.balance.cash.available is None
    assert ["balances", "new"] == account.permissions
    assert balance == account.balance.to_dict()
    assert {"available": 3} == account.balance.cash.to_dict()


def test_an_invalid_item_does_not_affect_the_others():
    odd = TRANSACTION | {"amount": "12.50"}
    page = decode_json(TransactionList, list_of(TRANSACTION, odd, None, 5, TRANSACTION))
    assert [-1000, None, -1000] == [item.amount for item in page.data]
    assert [TRANSACTION, odd, TRANSACTION] == [item.to_dict() for item in page.data]
    assert list_of(TRANSACTION, odd, None, 5, TRANSACTION) == page.to_dict()


def test_an_item_does_not_keep_its_page_alive():
    odd = TRANSACTION | {"brand_new": 1}
    page = decode_json(TransactionList, list_of(*[odd] * 100))
    assert len(json.dumps(odd)) == len(page.data[0]._raw)


DEEP = b'{"id": "fca_1", "x": ' + b"[" * 100_000 + b"]" * 100_000 + b"}"


@pytest.mark.parametrize(
    ("content", "attribute", "expected"),
    [
        (b'{"id": "\\ud800"}', "id", "\ufffd"),
        (b'{"id": "a", "x": "\\ud800"}', "id", "a"),
        (b'\xef\xbb\xbf{"id": "a"}', "id", "a"),
        (b'{"id": 1, "id": "b"}', "id", "b"),
        (b'{"id": "a", "id": "b"}', "id", "b"),
        (b'{"created": ' + b"9" * 5000 + b"}", "created", None),
        (b'{"id": "a", "x": ' + b"9" * 5000 + b"}", "id", "a"),
        (b'{"id": "a", "x": NaN, "y": -Infinity}', "id", "a"),
        (b'{"id": "a", "x": 1e999}', "id", "a"),
        (
            (
                b'{"__class__": "x", "__dict__": {}, "_raw": 5, "_path": [1],'
                b' "_request_id": "no", "id": "a"}'
            ),
            "id",
            "a",
        ),
        (
            (
                b'{"to_dict": 1, "extra": 2, "request_id": "no", "from_dict": 3,'
                b' "id": "a"}'
            ),
            "id",
            "a",
        ),
        (b'{"": 1, "id": "a"}', "id", "a"),
    ],
)
def test_a_hostile_body_is_decoded_without_side_effects(content, attribute, expected):
    for model in copies_of(decode(Account, content, "req_1")):
        assert expected == getattr(model, attribute)
        assert "req_1" == model.request_id
        assert str(parse_json(content)) == str(model.to_dict())
        assert callable(model.to_dict)
        assert Account is type(model)
        repr(model)


@pytest.mark.parametrize("cls", [Account, TransactionList])
@pytest.mark.parametrize(
    "content",
    [
        b'{"id": "\xff"}',
        b'{"x": "\xff"}',
        b'{"\xff": 1}',
        b"",
        b"null",
        b"[]",
        b"5",
        b'"{}"',
        b"<html>",
        b"{",
        b'{"id": "a"} x',
        DEEP,
    ],
)
def test_content_that_is_not_a_json_object_is_rejected_unquoted(cls, content):
    with pytest.raises(ContentError) as caught:
        decode(cls, content, None)
    assert caught.value.__cause__ is None
    assert len(str(caught.value)) < 50


@pytest.mark.parametrize(
    "content",
    [b"{}", b'{"data": null}', b'{"data": {}}', b'{"data": 5, "has_more": false}'],
)
def test_a_list_without_data_is_rejected(content):
    with pytest.raises(ContentError, match="list without data"):
        decode(TransactionList, content, None)


def mutations(value):
    """Draw a value in which fields are dropped, added or replaced at any depth."""
    if isinstance(value, dict):
        return st.fixed_dictionaries(
            {},
            optional={
                name: json_values | mutations(item) | st.just(item)
                for name, item in value.items()
            }
            | {"brand_new": json_values},
        )
    if isinstance(value, list):
        return st.lists(st.one_of([json_values, *map(mutations, value)]), max_size=3)
    return st.just(value) | json_values


@pytest.mark.parametrize(
    ("cls", "example"),
    [(Account, FULL_ACCOUNT), (Session, SESSION), (Transaction, TRANSACTION)],
)
@given(data=st.data())
def test_any_mutation_of_an_object_round_trips(cls, example, data):
    sent = data.draw(mutations(example))
    model = decode_json(cls, sent)
    assert sent == model.to_dict()
    assert sent == pickle.loads(pickle.dumps(model)).to_dict()
    assert {
        name: value for name, value in sent.items() if not hasattr(cls, name)
    } == model.extra
    for name in set(sent) & {field.name for field in cls.__attrs_attrs__}:
        child = getattr(model, name)
        if isinstance(child, Model):
            assert sent[name] == child.to_dict()


@given(st.dictionaries(st.text(), json_values))
def test_any_json_object_is_decoded(sent):
    assert sent == decode_json(Account, sent).to_dict()


@given(st.lists(mutations(TRANSACTION) | json_values, max_size=4))
def test_any_list_is_decoded(items):
    page = decode_json(TransactionList, list_of(*items))
    assert list_of(*items) == page.to_dict()
    assert [item for item in items if isinstance(item, dict)] == [
        item.to_dict() for item in page.data
    ]


@given(st.binary())
def test_any_bytes_are_decoded_or_rejected(content):
    with suppress(ContentError):
        decode(Account, content, None)
