"""An object keeps its JSON text only if its attributes do not hold everything."""

import gc
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from financial_connections._decoding import Model, parse_json
from financial_connections.models import (
    AccountOwner,
    AccountOwnerList,
    StatusTransitions,
    Transaction,
    TransactionList,
)
from tests.support.decoding import copies_of, decode_json
from tests.support.samples import OWNER, TRANSACTION, list_of

UNKNOWN = TRANSACTION | {"brand_new": [1]}
NESTED = TRANSACTION | {"status_transitions": {"posted_at": 1, "x": 2}}


def texts_in(model):
    """Return the JSON texts that a model and the models inside it keep."""
    parts = [model]
    for part in parts:
        values = [getattr(part, field.name) for field in part.__attrs_attrs__]
        parts += [value for value in values if isinstance(value, Model)]
    return {
        value
        for part in parts
        for value in gc.get_referents(part)
        if isinstance(value, bytes)
    }


@pytest.mark.parametrize(
    ("cls", "list_class", "sent"),
    [
        (Transaction, TransactionList, TRANSACTION),
        (Transaction, TransactionList, TRANSACTION | {"status": "brand_new"}),
        (Transaction, TransactionList, TRANSACTION | {"amount": -(2**70)}),
        (Transaction, TransactionList, TRANSACTION | {"description": "Café \0"}),
        (AccountOwner, AccountOwnerList, OWNER),
        (AccountOwner, AccountOwnerList, OWNER | {"email": None}),
    ],
)
def test_an_object_with_the_fields_of_its_class_keeps_no_text(cls, list_class, sent):
    item = decode_json(list_class, list_of(sent)).data[0]
    for model in (*copies_of(item), *copies_of(decode_json(cls, sent))):
        assert sent == model.to_dict()
        assert set() == texts_in(model)
        assert ((), {}, "req_1") == (model.misfits, model.extra, model.request_id)
    assert list(sent) == list(item.to_dict())


@pytest.mark.parametrize(
    "sent",
    [
        UNKNOWN,
        NESTED,
        TRANSACTION | {"amount": "-1000"},
        TRANSACTION | {"amount": -1000.0},
        TRANSACTION | {"status_transitions": {"posted_at": 1}},
        TRANSACTION | {"status_transitions": None},
        {key: TRANSACTION[key] for key in list(TRANSACTION)[1:]},
    ],
)
def test_any_other_object_keeps_its_own_text(sent):
    page = decode_json(TransactionList, list_of(*[TRANSACTION] * 9, sent))
    for model in (page.data[-1], decode_json(Transaction, sent)):
        assert json.dumps(sent).encode() == model._raw
    for model in copies_of(page.data[-1]):
        assert repr(sent) == repr(model.to_dict())


@given(st.lists(st.sampled_from([TRANSACTION, UNKNOWN, NESTED]), max_size=5))
def test_objects_with_and_without_text_can_be_on_the_same_page(items):
    page = decode_json(TransactionList, list_of(*items))
    assert list_of(*items) == page.to_dict()
    assert items == [item.to_dict() for item in page.data]


@pytest.mark.parametrize(
    "content",
    [
        b'{"posted_at": 1, "posted_at": 2, "void_at": null}',
        b'{"posted_at": 1, "void_at": 3, "posted_at": null}',
        b'{"posted_at": "x", "posted_at": 2, "void_at": null}',
        b'{"posted_at": -0, "void_at": 1e2}',
        b'{"void_at": null, "posted_at": 1}',
        b'{"posted_at": 1}',
    ],
)
def test_to_dict_returns_what_a_parser_returns(content):
    for model in copies_of(decode_json(StatusTransitions, content)):
        expected, actual = parse_json(content), model.to_dict()
        # Unlike `==`, this distinguishes 100 and 100.0.
        assert repr(sorted(expected.items())) == repr(sorted(actual.items()))


def test_a_nested_object_without_text_can_be_copied_on_its_own():
    item = decode_json(TransactionList, list_of(TRANSACTION)).data[0]
    for transitions in copies_of(item.status_transitions):
        assert TRANSACTION["status_transitions"] == transitions.to_dict()
        assert "req_1" == transitions.request_id
        assert item.status_transitions == transitions


def test_a_constructed_object_still_omits_absent_values():
    assert {} == StatusTransitions().to_dict()
    transitions = decode_json(StatusTransitions, {"posted_at": None, "void_at": None})
    assert {"posted_at": None, "void_at": None} == transitions.to_dict()


def test_the_version_of_an_object_depends_only_on_what_was_sent():
    sent = [
        *[TRANSACTION | {"amount": amount} for amount in (-1, -2)],
        *[UNKNOWN | {"brand_new": value} for value in (1, 2)],
    ]
    versions = {decode_json(Transaction, part)._version() for part in sent}
    assert len(sent) == len(versions)
    for page in (sent, sent[:2]):
        items = decode_json(TransactionList, list_of(*page)).data
        assert versions >= {item._version() for item in items}
