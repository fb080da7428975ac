import copy
import json
import pickle
import subprocess
import sys
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from financial_connections._decoding.decode import decode
from financial_connections._decoding.json import ContentError, parse_json
from financial_connections._decoding.model import Model
from financial_connections.models import (
    Account,
    AccountList,
    AccountOwner,
    AccountOwnerList,
    AccountOwnership,
    AccountStatus,
    Balance,
    ErrorResponse,
    Session,
    Transaction,
    TransactionList,
    TransactionStatus,
)
from financial_connections.webhooks import UnknownEventData
from tests.support.samples import (
    ACCOUNT,
    DISCONNECTED_ACCOUNT,
    ERROR,
    FULL_ACCOUNT,
    OWNER,
    OWNER_LIST,
    OWNERSHIP,
    REFRESHED_ACCOUNT,
    SESSION,
    SUBSCRIBED_ACCOUNT,
    TRANSACTION,
    list_of,
)

EXAMPLES = [
    (Account, ACCOUNT),
    (Account, REFRESHED_ACCOUNT),
    (Account, SUBSCRIBED_ACCOUNT),
    (Account, DISCONNECTED_ACCOUNT),
    (Account, FULL_ACCOUNT),
    (AccountOwner, OWNER),
    (AccountOwnership, OWNERSHIP),
    (AccountOwnerList, OWNER_LIST),
    (AccountList, list_of(ACCOUNT, FULL_ACCOUNT)),
    (Session, SESSION),
    (Transaction, TRANSACTION),
    (TransactionList, list_of(TRANSACTION)),
    (ErrorResponse, ERROR),
]


def decoded(cls, value, request_id="req_1"):
    content = value if isinstance(value, bytes) else json.dumps(value).encode()
    return decode(cls, content, request_id)


def twins(model):
    return [
        model,
        pickle.loads(pickle.dumps(model)),
        copy.copy(model),
        copy.deepcopy(model),
    ]


@pytest.mark.parametrize(("cls", "example"), EXAMPLES)
def test_nothing_of_an_example_is_lost_by_decoding_pickling_or_copying(cls, example):
    for model in twins(decoded(cls, example)):
        assert example == model.to_dict()
        assert {} == model.extra
        assert "req_1" == model.request_id
    assert decoded(cls, example) == cls.from_dict(example)


@pytest.mark.parametrize(("cls", "example"), EXAMPLES)
def test_attributes_hold_what_was_sent(cls, example):
    assert_attributes(decoded(cls, example), example)


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
def test_an_unknown_field_survives(cls, example):
    for model in twins(decoded(cls, example | {"brand_new": {"a": [1, None]}})):
        assert {"brand_new": {"a": [1, None]}} == model.extra


def test_a_nested_object_keeps_its_own_unknown_fields():
    sent = FULL_ACCOUNT | {"balance": FULL_ACCOUNT["balance"] | {"brand_new": 1}}
    for account in twins(decoded(Account, sent)):
        for balance in twins(account.balance):
            assert {"brand_new": 1} == balance.extra
            assert sent["balance"] == balance.to_dict()
            assert "req_1" == balance.request_id
    owner = decoded(Account, FULL_ACCOUNT).ownership.owners.data[0]
    assert OWNER == owner.to_dict()


def test_an_absent_field_and_null_are_none_and_to_dict_tells_them_apart():
    account = decoded(Account, {"id": "fca_1", "balance": None})
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
def test_answers_that_break_the_contract_decode(cls, sent, attribute):
    model = decoded(cls, sent)
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
def test_a_value_of_the_wrong_type_is_none_and_kept(field, value):
    sent = ACCOUNT | {field: value}
    for account in twins(decoded(Account, sent)):
        expected = value if field == "created" and type(value) is int else None
        assert expected == getattr(account, field)
        assert sent == account.to_dict()
        assert "StripeBank" == account.institution_name


def test_one_wrong_value_deep_inside_costs_no_other():
    balance = {
        "as_of": "x",
        "type": "cash",
        "current": {"usd": 5, "undefined": None},
        "cash": {"available": 3},
    }
    account = decoded(
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


def test_one_odd_item_leaves_the_others_of_its_page_alone():
    odd = TRANSACTION | {"amount": "12.50"}
    page = decoded(TransactionList, list_of(TRANSACTION, odd, None, 5, TRANSACTION))
    assert [-1000, None, -1000] == [item.amount for item in page.data]
    assert [TRANSACTION, odd, TRANSACTION] == [item.to_dict() for item in page.data]
    assert list_of(TRANSACTION, odd, None, 5, TRANSACTION) == page.to_dict()


def test_an_item_does_not_hold_its_page():
    page = decoded(TransactionList, list_of(*[TRANSACTION] * 100))
    assert len(json.dumps(TRANSACTION)) == len(page.data[0]._raw)


def test_an_unknown_enum_value_is_its_string_in_every_way():
    status = decoded(Account, ACCOUNT | {"status": "brand_new"}).status
    for twin in (status, pickle.loads(pickle.dumps(status)), copy.deepcopy(status)):
        assert AccountStatus is type(twin)
        assert "brand_new" == twin == twin.value == twin.name == str(twin) == f"{twin}"
        assert hash("brand_new") == hash(twin)
        assert not twin.is_known
    assert "<AccountStatus: 'brand_new' (unknown)>" == repr(status)
    assert '"brand_new"' == json.dumps(status)
    assert AccountStatus.ACTIVE.is_known
    assert AccountStatus.ACTIVE is decoded(Account, ACCOUNT).status
    assert "brand_new" not in list(AccountStatus)


def test_an_unknown_enum_value_is_not_remembered():
    AccountStatus("only_once")
    assert "only_once" not in AccountStatus._value2member_map_


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
            b'{"__class__": "x", "__dict__": {}, "_raw": 5, "_path": [1], "_request_id": "no", "id": "a"}',
            "id",
            "a",
        ),
        (
            b'{"to_dict": 1, "extra": 2, "request_id": "no", "from_dict": 3, "id": "a"}',
            "id",
            "a",
        ),
        (b'{"": 1, "id": "a"}', "id", "a"),
    ],
)
def test_a_hostile_body_decodes_and_touches_nothing_else(content, attribute, expected):
    for model in twins(decode(Account, content, "req_1")):
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
def test_what_is_no_json_object_is_refused_and_not_quoted(cls, content):
    with pytest.raises(ContentError) as caught:
        decode(cls, content, None)
    assert caught.value.__cause__ is None
    assert len(str(caught.value)) < 50


@pytest.mark.parametrize(
    "content",
    [b"{}", b'{"data": null}', b'{"data": {}}', b'{"data": 5, "has_more": false}'],
)
def test_a_list_without_data_is_refused(content):
    with pytest.raises(ContentError, match="list without data"):
        decode(TransactionList, content, None)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda values: (
        st.lists(values, max_size=3) | st.dictionaries(st.text(), values, max_size=3)
    ),
    max_leaves=8,
)


def mutations(value):
    """`value` with any field dropped, nulled, retyped or extended, at any depth."""
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
def test_any_mutation_of_an_answer_decodes_and_round_trips(cls, example, data):
    sent = data.draw(mutations(example))
    model = decoded(cls, sent)
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
def test_any_json_object_decodes(sent):
    assert sent == decoded(Account, sent).to_dict()


@given(st.lists(mutations(TRANSACTION) | json_values, max_size=4))
def test_any_list_decodes(items):
    page = decoded(TransactionList, list_of(*items))
    assert list_of(*items) == page.to_dict()
    assert [item for item in items if isinstance(item, dict)] == [
        item.to_dict() for item in page.data
    ]


@given(st.binary())
def test_any_bytes_decode_or_are_refused(content):
    with suppress(ContentError):
        decode(Account, content, None)


def test_models_compare_by_what_they_hold():
    assert decoded(Account, ACCOUNT) == decoded(Account, ACCOUNT, "req_2")
    assert decoded(Account, ACCOUNT) != decoded(Account, REFRESHED_ACCOUNT)
    assert decoded(Account, ACCOUNT) != decoded(Session, ACCOUNT)
    assert 1 == len({decoded(Account, FULL_ACCOUNT), decoded(Account, FULL_ACCOUNT)})


def test_models_are_frozen():
    with pytest.raises(AttributeError):
        decoded(Account, ACCOUNT).status = "active"


def test_a_nested_object_pickles_to_the_digit():
    content = b'{"account_holder": {"type": "customer", "n": ' + b"9" * 5000 + b"}}"
    holder = decode(Account, content, "req_1").account_holder
    for twin in twins(holder):
        assert holder.to_dict() == twin.to_dict()
        assert ("customer", "req_1") == (twin.type, twin.request_id)


def test_what_is_no_json_makes_no_model():
    with pytest.raises(TypeError):
        Account.from_dict({"created": object()})


def test_a_model_made_by_hand_is_a_dict_of_what_it_was_given():
    made = Transaction(id="fctxn_1", amount=5, status=TransactionStatus.POSTED)
    assert {"id": "fctxn_1", "amount": 5, "status": "posted"} == made.to_dict()
    assert made == pickle.loads(pickle.dumps(made))
    assert made.request_id is None


def test_a_repr_shows_no_bank_data():
    secrets = [
        *(
            "Ada",
            "Lovelace",
            "ada@",
            "555",
            "Example Street",
            "tops3cret",
            "Sample Checking",
            "6789",
        ),
        *("123456", "120000", "Rocket", "-1000", "example.com"),
    ]
    shown = "".join(repr(decoded(cls, example)) for cls, example in EXAMPLES)
    assert not [secret for secret in secrets if secret in shown]
    assert "AccountStatus.ACTIVE" in shown
    assert "fca_1MwVK82eZvKYlo2Cjw8FMxXf" in shown


def test_a_pickle_crosses_processes():
    program = "import pickle, sys; print(pickle.load(sys.stdin.buffer).to_dict() == pickle.load(sys.stdin.buffer))"
    sent = ACCOUNT | {"status": "brand_new", "x": 1}
    pickles = pickle.dumps(decoded(Account, sent)) + pickle.dumps(sent)
    done = subprocess.run(
        [sys.executable, "-c", program], input=pickles, capture_output=True, check=True
    )
    assert b"True" == done.stdout.strip()


def balances(count):
    return [
        decoded(Balance, {"current": {"usd": n}, "cash": {"available": {"usd": n}}})
        for n in range(count)
    ]


@pytest.mark.parametrize(
    "models", [balances(1000), [balance.cash for balance in balances(1000)]]
)
def test_a_set_of_models_without_an_id_compares_few_of_them(models, monkeypatch):
    compared = []
    equal = Model.__eq__

    def spy(self, other):
        compared.append(self)
        return equal(self, other)

    monkeypatch.setattr(Model, "__eq__", spy)
    assert 1000 == len(set(models))
    assert len(compared) < 100


@given(json_values, json_values)
def test_equal_models_have_equal_hashes(first, second):
    sent = {
        "object": first,
        "previous_attributes": {"x": second, "y": [second, {"z": first}]},
    }
    data = decoded(UnknownEventData, sent)
    assert hash(data) == hash(decoded(UnknownEventData, sent))
    assert hash(decoded(Account, FULL_ACCOUNT)) == hash(
        decoded(Account, FULL_ACCOUNT | {"x": first})
    )


def test_deep_json_in_a_model_can_be_hashed():
    deep = b'{"previous_attributes": {"x": ' + b"[" * 400 + b"]" * 400 + b"}}"
    assert hash(decode(UnknownEventData, deep, None)) == hash(
        decode(UnknownEventData, deep, None)
    )
