"""Records and Arrow tables keep everything, and their columns do not vary."""

import json
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from financial_connections import (
    ConfigurationError,
    InvalidArgumentError,
    data,
)
from financial_connections.data import tables
from financial_connections.data.columns import columns_of
from financial_connections.data.kinds import Kind
from financial_connections.models import Account, Transaction

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
TEXTS = st.text(max_size=3) | st.sampled_from(["usd", "jpy", "\ud800"])
JSON_VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | TEXTS,
    lambda inner: (
        st.lists(inner, max_size=2) | st.dictionaries(TEXTS, inner, max_size=2)
    ),
    max_leaves=4,
)


def objects_of(model):
    """Return a strategy for objects with values of any type in any known field."""
    paths = [column.path for column in columns_of(model)]
    prefixes = {path[:length] for path in paths for length in range(1, len(path) + 1)}
    return st.lists(
        st.tuples(st.sampled_from(sorted(prefixes)) | st.tuples(TEXTS), JSON_VALUES),
        max_size=8,
    ).map(nest)


def nest(pairs):
    result = {}
    for (*parents, name), value in pairs:
        target = result
        for parent in parents:
            if not isinstance(target.get(parent), dict):
                target[parent] = {}
            target = target[parent]
        target[name] = value
    return result


def without_empty(value):
    """Remove nulls and empty objects, as tables do not distinguish them from absent."""
    if not isinstance(value, dict):
        return value
    inner = {name: without_empty(item) for name, item in value.items()}
    return {name: item for name, item in inner.items() if item not in (None, {})}


def object_from(record, model):
    """Convert a record back to the object that the server sent."""
    pairs = []
    for column in columns_of(model):
        value = record[column.name]
        if value is None:
            continue
        if column.kind is Kind.TIME:
            value = (value - EPOCH) // timedelta(seconds=1)
        elif column.kind is Kind.AMOUNTS:
            value = {money["currency"]: money["amount"] for money in value}
        pairs.append((column.path, value))
    return merge(nest(pairs), json.loads(record["extra"] or "{}"))


def merge(target, extra):
    for name, value in extra.items():
        both = isinstance(value, dict) and isinstance(target.get(name), dict)
        target[name] = merge(target[name], value) if both else value
    return target


@pytest.mark.parametrize("model", [Account, Transaction])
def test_a_table_keeps_whole_objects_and_has_the_same_schema(model):
    @given(st.lists(objects_of(model), max_size=3))
    def check(values):
        items = [model.from_dict(value) for value in values]
        table = data.to_arrow(items, model=model)
        assert data.schema(model) == table.schema
        for record in (data.records(items), table.to_pylist()):
            assert [without_empty(value) for value in values] == [
                without_empty(object_from(row, model)) for row in record
            ]

    check()


@pytest.mark.parametrize(
    ("amount", "currency", "expected"),
    [
        (-950, "usd", "-9.50"),
        (5_000, "jpy", "5000"),
        (1_234, "kwd", "1.234"),
        (2**63 - 1, "jpy", "9223372036854775807"),
        (-(2**63), "kwd", "-9223372036854775.808"),
        (100, "zzz", "1.00"),
        (100, None, None),
        (None, "usd", None),
    ],
)
def test_an_amount_is_also_a_decimal_of_its_currency(amount, currency, expected):
    transaction = Transaction(id="fctxn_1", amount=amount, currency=currency)
    [record] = data.records([transaction])
    decimal = record["amount_decimal"]
    assert (amount, expected) == (record["amount"], decimal and str(decimal))
    [cell] = data.to_arrow([transaction])["amount_decimal"].to_pylist()
    assert cell == decimal


def test_a_balance_is_a_list_of_amounts():
    account = Account.from_dict({"balance": {"current": {"usd": 1_50, "jpy": 7}}})
    [record] = data.records([account])
    assert [
        {"currency": "usd", "amount": 150, "amount_decimal": Decimal("1.50")},
        {"currency": "jpy", "amount": 7, "amount_decimal": Decimal(7)},
    ] == record["balance_current"]


@pytest.mark.parametrize(
    "field",
    [
        {"amount": True},
        {"amount": 12.5},
        {"amount": 2**63},
        {"description": "\ud800"},
        {"transacted_at": 10**12},
        {"transacted_at": "soon"},
        {"status_transitions": "soon"},
        {"status_transitions": {"returned_at": 1}},
        {"brand_new": [1]},
        {"brand_new": None},
    ],
)
def test_a_value_that_no_column_can_hold_is_moved_to_extra(field):
    [record] = data.records([Transaction.from_dict({"id": "fctxn_1", **field})])
    assert field == json.loads(record.pop("extra"))
    assert {"id": "fctxn_1"} == {
        name: value for name, value in record.items() if value is not None
    }


def test_an_expanded_object_is_its_id_and_is_kept_in_extra():
    ownership = {"id": "fcaowns_1", "created": 1}
    account = Account.from_dict({"ownership": ownership})
    [record] = data.records([account])
    assert "fcaowns_1" == record["ownership"]
    assert {"ownership": ownership} == json.loads(record["extra"])


def test_times_are_in_utc():
    transaction = Transaction(transacted_at=1_700_000_000)
    [record] = data.records([transaction])
    expected = datetime(2023, 11, 14, 22, 13, 20, tzinfo=UTC)
    assert expected == record["transacted_at"]
    assert [expected] == data.to_arrow([transaction])["transacted_at"].to_pylist()


def test_an_empty_table_needs_a_class():
    assert [] == data.records([])
    assert data.schema(Account) == data.to_arrow([], model=Account).schema
    with pytest.raises(InvalidArgumentError, match="model="):
        data.to_arrow([])


def test_duckdb_reads_a_table():
    duckdb = pytest.importorskip("duckdb", reason="only .envs/dev has DuckDB")
    transactions = data.to_arrow([Transaction(amount=250, currency="usd")] * 2)
    assert 2 == transactions.num_rows
    query = duckdb.sql("SELECT sum(amount_decimal) FROM transactions")
    assert [(Decimal(5),)] == query.fetchall()


@pytest.mark.parametrize(
    ("function", "missing", "command"),
    [
        (data.to_arrow, "pyarrow", "pip install 'path/to/financial-connections[data]'"),
        (data.to_pandas, "pandas", "pip install pandas"),
        (data.to_polars, "polars", "pip install polars"),
    ],
)
def test_a_missing_package_is_named(monkeypatch, function, missing, command):
    monkeypatch.setattr(
        tables, "find_spec", lambda name: None if name == missing else 1
    )
    with pytest.raises(ConfigurationError, match=missing) as caught:
        function([Transaction(id="fctxn_1")])
    assert command in str(caught.value)


@given(st.integers(-(10**40), 10**40), st.sampled_from(["usd", "JPY", "kwd"]))
def test_a_decimal_amount_is_exact(amount, currency):
    decimal = data.decimal_amount(amount, currency)
    assert -data.currency_decimals(currency) == decimal.as_tuple().exponent
    assert str(abs(amount)).lstrip("0") == str(decimal.copy_abs()).replace(
        ".", ""
    ).lstrip("0")
