"""The columns of each class."""

import inspect
import re
import sys

import pytest

from financial_connections import data, models
from financial_connections.data.columns import columns_of
from financial_connections.data.kinds import Kind
from financial_connections.models import Account, Model, Transaction

MODELS = [
    value
    for name in models.__all__
    if isinstance(value := getattr(models, name), type)
    and issubclass(value, Model)
    and value is not Model
]
# An attribute that is an integer, and its docstring.
NUMBERS = re.compile(r'^    (\w+): int\b.*\n    """([^"]*)"""', re.MULTILINE)


assert len(MODELS) > 30


def test_the_columns_of_transactions():
    assert {
        "id": "string",
        "object": "string",
        "account": "string",
        "amount": "int64",
        "amount_decimal": "decimal128(22, 3)",
        "currency": "string",
        "description": "string",
        "livemode": "bool",
        "status": "string",
        "status_transitions_posted_at": "timestamp[us, tz=UTC]",
        "status_transitions_void_at": "timestamp[us, tz=UTC]",
        "transacted_at": "timestamp[us, tz=UTC]",
        "transaction_refresh": "string",
        "updated": "timestamp[us, tz=UTC]",
        "extra": "string",
    } == {field.name: str(field.type) for field in data.schema(Transaction)}


def test_the_kinds_of_columns_of_accounts():
    kinds = {column.name: column.kind for column in columns_of(Account)}
    assert (Kind.AMOUNTS, Kind.REFERENCE, Kind.TEXTS, Kind.TIME) == (
        kinds["balance_cash_available"],
        kinds["account_holder_customer"],
        kinds["permissions"],
        kinds["status_details_active_expected_deactivation_date"],
    )
    assert "account_numbers" not in kinds  # a list of objects


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.__name__)
def test_the_columns_of_a_class_have_different_names(model):
    names = data.schema(model).names
    assert len(set(names)) == len(names)


def test_a_column_has_times_if_its_field_is_documented_as_a_time():
    documented, times = set(), set()
    for model in MODELS:
        source = inspect.getsource(sys.modules[model._source_module])
        documented |= {
            (model, name)
            for name, text in NUMBERS.findall(source)
            if "since the epoch" in " ".join(text.split())
        }
        times |= {
            (model, column.name)
            for column in columns_of(model)
            if column.kind is Kind.TIME and len(column.path) == 1
        }
    assert len(documented) > 10
    assert documented == times
