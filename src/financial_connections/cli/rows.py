"""
Transactions as rows of a table. Pure.

The columns are fixed. What its cell cannot hold is in the column `extra`, as a JSON object: fields that this version
does not know, values of another type than expected, empty strings (an empty cell is null, or nothing).
"""

import csv
import io
import json
from collections.abc import Iterable, Mapping
from typing import Any

COLUMNS: Mapping[str, type[str] | type[int] | type[bool]] = {
    "id": str,
    "object": str,
    "account": str,
    "amount": int,
    "currency": str,
    "description": str,
    "livemode": bool,
    "status": str,
    "status_transitions.posted_at": int,
    "status_transitions.void_at": int,
    "transacted_at": int,
    "transaction_refresh": str,
    "updated": int,
    "extra": str,
}
"""The columns in their order, with the type of what is in them; a dot leads into a nested object."""

# What makes a spreadsheet run a text; the apostrophe itself is among them so that each one that was added can be told.
_FORMULA_STARTS = frozenset("=+-@\t\r\n'＝＋－＠")  # noqa: RUF001 - full-width signs start formulas too
_WHOLE = range(-(2**63), 2**63)


def row_from(transaction: Mapping[str, Any]) -> dict[str, Any]:
    """Return a transaction, as `to_dict()` has it, as a row; None is an empty cell."""
    rest = {name: dict(value) if isinstance(value, dict) else value for name, value in transaction.items()}
    row = {column: _taken(rest, column, kind) for column, kind in COLUMNS.items() if column != "extra"}
    if rest.get("status_transitions") in (None, {}):
        rest.pop("status_transitions", None)
    # As a line of JSON has it: a `Decimal` is an integer that Python refuses to spell.
    extra = json.dumps(rest, separators=(",", ":"), sort_keys=True, default=str) if rest else None
    return {**row, "extra": extra}


def _taken(rest: dict[str, Any], column: str, kind: type) -> Any:
    """Return a column's value and take it out of `rest`; None when the cell cannot hold it."""
    name, _, inner = column.partition(".")
    place, key = (rest.get(name), inner) if inner else (rest, name)
    if not isinstance(place, dict) or not _fits(place.get(key), kind):
        return None
    return place.pop(key, None)


def _fits(value: Any, kind: type) -> bool:
    if value is None:
        return True
    if type(value) is not kind:  # not isinstance: True is no amount
        return False
    return value in _WHOLE if kind is int else kind is bool or _is_text(value)


def _is_text(value: Any) -> bool:
    try:
        return bool(value.encode())
    except UnicodeEncodeError:  # half of a pair of surrogates: JSON can spell it, UTF-8 cannot
        return False


def csv_lines(rows: Iterable[Iterable[Any]]) -> bytes:
    """
    Return rows as CSV, as RFC 4180 has it, in UTF-8.

    A text that a spreadsheet would take for a formula has an apostrophe put before it, and so has one that starts
    with an apostrophe: whoever strips one apostrophe off the front of a cell has what the bank said.
    """
    written = io.StringIO()
    csv.writer(written).writerows([_cell(value) for value in row] for row in rows)
    return written.getvalue().encode()


def _cell(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return f"'{value}" if value[0] in _FORMULA_STARTS else value
    return "" if value is None else str(value)
