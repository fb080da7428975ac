"""Models and enums: comparison, hashes, pickles and reprs."""

import copy
import json
import pickle
import subprocess
import sys
from decimal import Decimal

import pytest
from hypothesis import given

from financial_connections._decoding import Model, decode
from financial_connections.models import (
    Account,
    AccountStatus,
    Balance,
    Session,
    Transaction,
    TransactionStatus,
)
from financial_connections.webhooks import UnknownEventData
from tests.support.decoding import EXAMPLES, copies_of, decode_json, json_values
from tests.support.samples import (
    ACCOUNT,
    FULL_ACCOUNT,
    REFRESHED_ACCOUNT,
)


def test_an_unknown_enum_value_behaves_like_its_string():
    status = decode_json(Account, ACCOUNT | {"status": "brand_new"}).status
    for duplicate in (
        status,
        pickle.loads(pickle.dumps(status)),
        copy.deepcopy(status),
    ):
        assert AccountStatus is type(duplicate)
        assert "brand_new" == duplicate == duplicate.value == duplicate.name
        assert "brand_new" == str(duplicate) == f"{duplicate}"
        assert hash("brand_new") == hash(duplicate)
        assert not duplicate.is_known
    assert "<AccountStatus: 'brand_new' (unknown)>" == repr(status)
    assert '"brand_new"' == json.dumps(status)
    assert AccountStatus.ACTIVE.is_known
    assert AccountStatus.ACTIVE is decode_json(Account, ACCOUNT).status
    assert "brand_new" not in list(AccountStatus)


def test_an_unknown_enum_value_is_not_registered():
    AccountStatus("only_once")
    assert "only_once" not in AccountStatus._value2member_map_


def test_models_compare_by_class_and_attributes():
    assert decode_json(Account, ACCOUNT) == decode_json(Account, ACCOUNT, "req_2")
    assert decode_json(Account, ACCOUNT) != decode_json(Account, REFRESHED_ACCOUNT)
    assert decode_json(Account, ACCOUNT) != decode_json(Session, ACCOUNT)
    assert 1 == len(
        {decode_json(Account, FULL_ACCOUNT), decode_json(Account, FULL_ACCOUNT)}
    )


def test_models_are_frozen():
    with pytest.raises(AttributeError):
        decode_json(Account, ACCOUNT).status = "active"


def test_a_pickled_nested_object_keeps_every_digit():
    content = b'{"account_holder": {"type": "customer", "n": ' + b"9" * 5000 + b"}}"
    holder = decode(Account, content, "req_1").account_holder
    for duplicate in copies_of(holder):
        assert holder.to_dict() == duplicate.to_dict()
        assert ("customer", "req_1") == (duplicate.type, duplicate.request_id)


def test_from_dict_rejects_an_object_that_is_not_json():
    with pytest.raises(TypeError):
        Account.from_dict({"created": object()})


@pytest.mark.parametrize("number", [1, Decimal(1)])
def test_from_dict_rejects_circular_and_deeply_nested_data(number):
    deep, circular = [], {"n": number}
    for _ in range(100_000):
        deep = [deep]
    circular["self"] = circular
    for data in (circular, {"n": number, "deep": deep}):
        with pytest.raises(ValueError, match="Circular|too deeply") as caught:
            Account.from_dict(data)
        assert caught.value.__context__ is None


def test_to_dict_of_a_constructed_model_returns_its_arguments():
    transaction = Transaction(id="fctxn_1", amount=5, status=TransactionStatus.POSTED)
    assert {"id": "fctxn_1", "amount": 5, "status": "posted"} == transaction.to_dict()
    assert transaction == pickle.loads(pickle.dumps(transaction))
    assert transaction.request_id is None


def test_the_repr_of_a_model_has_no_bank_data():
    names = ["Ada", "Lovelace", "ada@", "555", "Example Street", "example.com"]
    accounts = ["tops3cret", "Sample Checking", "6789", "123456", "120000"]
    secrets = [*names, *accounts, "Rocket", "-1000"]
    shown = "".join(repr(decode_json(cls, example)) for cls, example in EXAMPLES)
    assert not [secret for secret in secrets if secret in shown]
    assert "AccountStatus.ACTIVE" in shown
    assert "fca_1MwVK82eZvKYlo2Cjw8FMxXf" in shown


def test_a_pickle_can_be_read_by_another_process():
    program = (
        "import pickle, sys; from_pickle = lambda: pickle.load(sys.stdin.buffer); "
        "print(from_pickle().to_dict() == from_pickle())"
    )
    sent = ACCOUNT | {"status": "brand_new", "x": 1}
    pickles = pickle.dumps(decode_json(Account, sent)) + pickle.dumps(sent)
    done = subprocess.run(
        [sys.executable, "-c", program], input=pickles, capture_output=True, check=True
    )
    assert b"True" == done.stdout.strip()


def balances(count):
    return [
        decode_json(Balance, {"current": {"usd": n}, "cash": {"available": {"usd": n}}})
        for n in range(count)
    ]


@pytest.mark.parametrize(
    "models", [balances(1000), [balance.cash for balance in balances(1000)]]
)
def test_models_without_an_id_rarely_collide_in_a_set(models, monkeypatch):
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
    data = decode_json(UnknownEventData, sent)
    assert hash(data) == hash(decode_json(UnknownEventData, sent))
    assert hash(decode_json(Account, FULL_ACCOUNT)) == hash(
        decode_json(Account, FULL_ACCOUNT | {"x": first})
    )


def test_a_model_with_deeply_nested_json_is_hashable():
    deep = b'{"previous_attributes": {"x": ' + b"[" * 400 + b"]" * 400 + b"}}"
    assert hash(decode(UnknownEventData, deep, None)) == hash(
        decode(UnknownEventData, deep, None)
    )
