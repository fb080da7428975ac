"""Nested models and page items keep and pickle only their own part."""

import io
import json
import pickle
import typing
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from financial_connections import models
from financial_connections._decoding import Model, OpenEnum, lenient
from financial_connections.models import (
    Account,
    AccountList,
    AccountStatus,
    Session,
    TransactionList,
)
from financial_connections.webhooks import parse_event
from tests.support.decoding import decode_json
from tests.support.samples import ACCOUNT, FULL_ACCOUNT, SESSION, TRANSACTION, list_of

SECRET = b"fcsess_client_secret_tops3cret"
OTHER = ACCOUNT | {"id": "fca_other", "display_name": "Another account"}
EVENT = {
    "id": "evt_1",
    "type": "financial_connections.account.created",
    "data": {"object": FULL_ACCOUNT},
    "request": {"id": "req_1", "idempotency_key": "tops3cret"},
}


def models_in(value):
    if isinstance(value, Model):
        yield value
        for field in value.__attrs_attrs__:
            yield from models_in(getattr(value, field.name))
    elif isinstance(value, list):
        for item in value:
            yield from models_in(item)


def session():
    return decode_json(
        Session,
        SESSION
        | {"client_secret": SECRET.decode(), "accounts": list_of(FULL_ACCOUNT, OTHER)},
    )


@pytest.mark.parametrize(
    ("model", "foreign"),
    [
        (session().accounts.data[0], [SECRET, b"fca_other", b"Another account"]),
        (session().account_holder, [SECRET, b"fca_"]),
        (session().accounts.data[0].balance, [SECRET, b"fca_", b"Sample Checking"]),
        (decode_json(Account, FULL_ACCOUNT).balance, [b"fca_", b"Sample Checking"]),
        (
            decode_json(Account, FULL_ACCOUNT).ownership.owners.data[0],
            [b"fca_", b"has_more"],
        ),
        (parse_event(json.dumps(EVENT).encode()).data.object, [b"tops3cret", b"evt_1"]),
        (parse_event(json.dumps(EVENT).encode()).request, [b"evt_1", b"fca_"]),
    ],
)
def test_a_nested_model_keeps_and_pickles_only_its_own_part(model, foreign):
    assert not [
        text for text in foreign if text in model._raw or text in pickle.dumps(model)
    ]
    assert len(model._raw) == len(json.dumps(model.to_dict()))


@pytest.mark.parametrize(
    "accounts", [{}, {"data": None}, {"data": 5}, {"data": [], "has_more": "no"}]
)
def test_a_nested_list_can_be_pickled_with_any_content(accounts):
    model = decode_json(Session, SESSION | {"accounts": accounts}).accounts
    for duplicate in (
        model,
        pickle.loads(pickle.dumps(model)),
        AccountList.from_dict(model.to_dict()),
    ):
        assert (accounts, model.misfits) == (duplicate.to_dict(), duplicate.misfits)


PAGE = json.dumps(list_of(FULL_ACCOUNT, OTHER)).encode()
OBJECT = b'"object": "list"'
ODD_PAGES = [
    json.dumps(list_of(FULL_ACCOUNT, OTHER) | {"has_more": "no"}).encode(),
    *(
        PAGE.replace(OBJECT, odd, 1)
        for odd in (b'"object": 5', b'"object": "\\ud800"', b'"x": NaN', b'"x": 1e999')
    ),
    b"\xef\xbb\xbf" + PAGE,
]


@pytest.mark.parametrize("content", [PAGE, *ODD_PAGES])
def test_a_page_item_keeps_and_pickles_only_its_own_part(content):
    page = decode_json(AccountList, content)
    item = page.data[0]
    assert len(json.dumps(FULL_ACCOUNT)) == len(item._raw)
    assert FULL_ACCOUNT == pickle.loads(pickle.dumps(item)).to_dict()
    for model in models_in(item):
        assert b"Another account" not in model._raw
    for model in models_in(item.balance):
        assert b"Sample Checking" not in pickle.dumps(model)
        assert model == pickle.loads(pickle.dumps(model))
    assert FULL_ACCOUNT["balance"]["cash"] == item.balance.cash.to_dict()


@pytest.fixture
def decoded_slowly(monkeypatch):
    """The classes of the objects that were decoded one field at a time."""
    classes = []
    decode_fields = lenient.decode_fields

    def spy(cls, *args):
        classes.append(cls)
        return decode_fields(cls, *args)

    monkeypatch.setattr(lenient, "decode_fields", spy)
    return classes


@pytest.mark.parametrize("content", ODD_PAGES)
def test_an_invalid_list_field_does_not_slow_down_the_items(content, decoded_slowly):
    decode_json(AccountList, content)
    assert [] == decoded_slowly


def test_only_the_invalid_item_is_decoded_slowly(decoded_slowly):
    decode_json(
        TransactionList,
        list_of(
            *[TRANSACTION] * 50,
            TRANSACTION | {"amount": "1"},
            None,
            *[TRANSACTION] * 50,
        ),
    )
    assert [models.Transaction] == decoded_slowly


NUMBERS = (
    '{"a": 1.10, "b": 1180591620717411303424, "c": 1e400, "d": -0.0, "e": 1E+2, '
    f'"f": {"9" * 5000}}}'
)


@pytest.mark.parametrize("other", ["1", "NaN", '"\\ud800"', "1e999"])
def test_a_nested_model_keeps_the_text_of_its_numbers(other):
    balance = decode_json(
        Account, f'{{"balance": {NUMBERS}, "x": {other}}}'.encode()
    ).balance
    for duplicate in (
        balance,
        pickle.loads(pickle.dumps(balance)),
        models.Balance.from_dict(balance.to_dict()),
    ):
        assert 1.1 == duplicate.to_dict()["a"]
        assert 2**70 == duplicate.to_dict()["b"]
        assert Decimal("1e400") == duplicate.to_dict()["c"]
        assert Decimal("9" * 5000) == duplicate.to_dict()["f"]
    assert NUMBERS == balance._own_raw().decode()


@given(
    st.recursive(
        st.decimals(allow_nan=False, allow_infinity=False) | st.integers() | st.text(),
        st.lists,
    )
)
def test_from_dict_accepts_the_result_of_to_dict(value):
    # The first `to_dict` turns numbers that a float can represent into floats.
    sent = Account.from_dict({"x": value}).to_dict()
    assert sent == Account.from_dict(sent).to_dict()


@pytest.mark.parametrize(
    "data", [{"x": object()}, {"x": Decimal(1), "y": object()}, {("a",): Decimal(1)}]
)
def test_from_dict_rejects_values_that_are_not_json(data):
    with pytest.raises(TypeError):
        Account.from_dict(data)


class Recorder(pickle.Unpickler):
    def find_class(self, module, name):
        self.names = {*getattr(self, "names", ()), f"{module}.{name}"}
        return super().find_class(module, name)


def test_a_pickle_refers_only_to_public_modules():
    known = [
        decode_json(Account, FULL_ACCOUNT),
        AccountStatus.ACTIVE,
        AccountStatus("brand_new"),
    ]
    recorder = Recorder(io.BytesIO(pickle.dumps(known)))
    assert known == recorder.load()
    assert recorder.names == {
        "financial_connections.models.restore_model",
        "financial_connections.models.Account",
        "financial_connections.models.AccountStatus",
    }


@pytest.mark.parametrize(
    "name", [name for name in models.__all__ if name not in {"Model", "OpenEnum"}]
)
def test_a_public_class_is_in_the_public_module(name):
    cls = getattr(models, name)
    assert "financial_connections.models" == cls.__module__
    assert cls is pickle.loads(pickle.dumps(cls))
    if issubclass(cls, Model):
        assert {field.name for field in cls.__attrs_attrs__} <= set(
            typing.get_type_hints(cls)
        )
        assert repr(cls()).startswith(f"{cls.__name__}(")
    else:
        assert issubclass(cls, OpenEnum)


# Written by the first version with stable pickles. Do not change it.
STABLE = (
    b"cfinancial_connections.models\nrestore_model\n(cfinancial_connections.models\nAccount\n"
    b'c_codecs\nencode\n(V{"id": "fca_1", "brand_new": 1}\nVlatin1\ntRVreq_1\ntR.'
)


def test_a_pickle_from_an_earlier_version_can_be_read():
    account = pickle.loads(STABLE)
    assert ("fca_1", {"brand_new": 1}, "req_1") == (
        account.id,
        account.extra,
        account.request_id,
    )
