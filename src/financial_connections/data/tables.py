"""Convert models to records and to tables of other libraries."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import partial
from importlib.util import find_spec
from itertools import chain
from typing import TYPE_CHECKING, Any

from financial_connections.data.cells import fits, is_utf8, split
from financial_connections.data.jsontext import json_text
from financial_connections.data.kinds import Column, Kind
from financial_connections.data.money import decimal_amount
from financial_connections.errors import ConfigurationError, InvalidArgumentError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from decimal import Decimal

    import pandas as pd  # pyright: ignore[reportMissingImports]
    import polars as pl  # pyright: ignore[reportMissingImports]
    import pyarrow as pa

    from financial_connections._decoding import Model

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def records(
    items: Iterable[Model], *, model: type[Model] | None = None
) -> list[dict[str, Any]]:
    """Return a dict for each model, all with the same keys.

    Nested objects are flattened, times are `datetime`s in UTC, and each `amount` is
    followed by an `amount_decimal`. `extra` is a JSON object with everything else that
    the server sent, or None.

    Args:
        items: The models.
        model: Class that determines the columns. Defaults to the class of the first
            item.
    """
    items = list(items)
    if not items:
        return []
    columns = _columns_of(model or type(items[0]))
    return [record_from(item.to_dict(), columns) for item in items]


def schema(model: type[Model]) -> pa.Schema:
    """Return the Arrow schema of a table of models.

    Args:
        model: Class of the models.

    Raises:
        ConfigurationError: pyarrow is not installed.
    """
    _require("pyarrow", "pip install 'path/to/financial-connections[data]'")
    return _arrow_schema(_columns_of(model))


def to_arrow(items: Iterable[Model], *, model: type[Model] | None = None) -> pa.Table:
    """Return a `pyarrow.Table` of models, which DuckDB and other tools can read.

    Args:
        items: The models.
        model: Class that determines the columns. Defaults to the class of the first
            item, and is required if there may be none.

    Raises:
        ConfigurationError: pyarrow is not installed.
        InvalidArgumentError: There are no items, and `model` is not given.
    """
    items = list(items)
    if model is None:
        if not items:
            raise InvalidArgumentError("an empty table needs model=")
        model = type(items[0])
    return table_from((item.to_dict() for item in items), model)


def table_from(objects: Iterable[Mapping[str, Any]], model: type[Model]) -> pa.Table:
    """Return a `pyarrow.Table` of objects, as parsed JSON.

    Args:
        objects: The objects, as returned by `to_dict()`.
        model: Their class.

    Raises:
        ConfigurationError: pyarrow is not installed.
    """
    table_schema = schema(model)
    import pyarrow as pa  # noqa: PLC0415 - optional and slow to import

    columns = _columns_of(model)
    rows = [record_from(data, columns) for data in objects]
    return pa.Table.from_pylist(rows, schema=table_schema)


def to_pandas(
    items: Iterable[Model], *, model: type[Model] | None = None
) -> pd.DataFrame:
    """Return a `pandas.DataFrame` of models.

    Integers and booleans have pandas' nullable types, so a column has the same type
    whether or not values are missing. Decimals are Python objects.

    Args:
        items: The models.
        model: Class that determines the columns. Defaults to the class of the first
            item, and is required if there may be none.

    Raises:
        ConfigurationError: pyarrow or pandas is not installed.
        InvalidArgumentError: There are no items, and `model` is not given.
    """
    _require("pandas", "pip install pandas")
    table = to_arrow(items, model=model)
    import pandas as pd  # noqa: PLC0415 # pyright: ignore[reportMissingImports]
    import pyarrow as pa  # noqa: PLC0415

    types = {
        pa.bool_(): pd.BooleanDtype(),
        pa.int64(): pd.Int64Dtype(),
        pa.string(): pd.StringDtype(),
    }
    return table.to_pandas(types_mapper=types.get)


def to_polars(
    items: Iterable[Model], *, model: type[Model] | None = None
) -> pl.DataFrame:
    """Return a `polars.DataFrame` of models.

    Args:
        items: The models.
        model: Class that determines the columns. Defaults to the class of the first
            item, and is required if there may be none.

    Raises:
        ConfigurationError: pyarrow or polars is not installed.
        InvalidArgumentError: There are no items, and `model` is not given.
    """
    _require("polars", "pip install polars")
    table = to_arrow(items, model=model)
    import polars as pl  # noqa: PLC0415 # pyright: ignore[reportMissingImports]

    return pl.from_arrow(table)


def record_from(data: Mapping[str, Any], columns: tuple[Column, ...]) -> dict[str, Any]:
    """Convert an object, as parsed JSON, to a record.

    Args:
        data: The object.
        columns: The columns of its class.
    """
    kinds = {column.name: column.kind for column in columns}
    cells, rest = split(
        data,
        {column.name: column.path for column in columns},
        lambda name, value: fits(kinds[name], value),
    )
    values = partial(_values, cells, data)
    record = dict(chain.from_iterable(map(values, columns)))
    record["extra"] = json_text(rest, sort_keys=True) if rest else None
    return record


def _columns_of(model: type[Model]) -> tuple[Column, ...]:
    # Imported lazily because it needs msgspec, which the help of fincon does not.
    from financial_connections.data.columns import columns_of  # noqa: PLC0415

    return columns_of(model)


def _values(
    cells: Mapping[str, Any], data: Mapping[str, Any], column: Column
) -> Iterator[tuple[str, Any]]:
    """Yield the name and the value of each cell that a column has in a record."""
    name, value = column.name, cells[column.name]
    match column.kind:
        case Kind.REFERENCE if value is None:
            yield name, _expanded_id(data, column.path)
        case Kind.TIME if value is not None:
            yield name, _EPOCH + timedelta(seconds=value)
        case Kind.AMOUNTS if value is not None:
            yield name, [_money(amount, code) for code, amount in value.items()]
        case Kind.AMOUNT:
            currency = cells.get("_".join((*column.path[:-1], "currency")))
            yield name, value
            yield f"{name}_decimal", _decimal_or_none(value, currency)
        case _:
            yield name, value


def _decimal_or_none(amount: int | None, currency: str | None) -> Decimal | None:
    if amount is None or currency is None:
        return None
    return decimal_amount(amount, currency)


def _money(amount: int, currency: str) -> dict[str, Any]:
    return {
        "currency": currency,
        "amount": amount,
        "amount_decimal": decimal_amount(amount, currency),
    }


def _expanded_id(data: Any, path: tuple[str, ...]) -> str | None:
    for name in (*path, "id"):
        data = data.get(name) if isinstance(data, dict) else None
    return data if isinstance(data, str) and is_utf8(data) else None


def _arrow_schema(columns: tuple[Column, ...]) -> pa.Schema:
    import pyarrow as pa  # noqa: PLC0415 - optional and slow to import

    # All amounts that fit into an int64, with up to three decimals.
    decimal = pa.decimal128(22, 3)
    money = pa.struct(
        {"currency": pa.string(), "amount": pa.int64(), "amount_decimal": decimal}
    )
    types = {
        Kind.TEXTS: pa.list_(pa.string()),
        Kind.INTEGER: pa.int64(),
        Kind.BOOLEAN: pa.bool_(),
        # Polars, DuckDB and Parquet do not have times in seconds.
        Kind.TIME: pa.timestamp("us", tz="UTC"),
        Kind.AMOUNT: pa.int64(),
        Kind.AMOUNTS: pa.list_(money),
    }
    fields: list[tuple[str, Any]] = []
    for column in columns:
        fields.append((column.name, types.get(column.kind, pa.string())))
        if column.kind is Kind.AMOUNT:
            fields.append((f"{column.name}_decimal", decimal))
    return pa.schema([*fields, ("extra", pa.string())])


def _require(package: str, command: str) -> None:
    if find_spec(package) is None:
        raise ConfigurationError(f"{package} is not installed: {command}")
