"""Convert transactions to table rows.

The columns are fixed. The `extra` column is a JSON object with everything that no other
cell can hold: fields this version does not know, values of an unexpected type, empty
strings (because an empty cell means null or absent), and text in which a spreadsheet
could find a formula after splitting it.
"""

import csv
import io
from collections.abc import Iterable, Mapping
from typing import Any

from financial_connections.cli.jsontext import json_text

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
"""The columns in order, each with the type of its cells.

A dot separates the name of a nested object from the name of its field.
"""

_FORMULA_SIGNS = frozenset("=+-@＝＋－＠")  # noqa: RUF001 - full-width signs start formulas too
# Some spreadsheets split at semicolons or tabs. They then ignore CSV's quotes, so line
# breaks within a cell also start a new row.
_SEPARATORS = frozenset(";\t\r\n")
_INT64 = range(-(2**63), 2**63)


def row_from(transaction: Mapping[str, Any]) -> dict[str, Any]:
    """Convert a transaction to a row.

    Args:
        transaction: Transaction as returned by `to_dict()`.

    Returns:
        The cells by column; None means an empty cell.
    """
    rest = {
        name: dict(value) if isinstance(value, dict) else value
        for name, value in transaction.items()
    }
    row = {
        column: _pop_cell(rest, column, kind)
        for column, kind in COLUMNS.items()
        if column != "extra"
    }
    if rest.get("status_transitions") in (None, {}):
        rest.pop("status_transitions", None)
    # Semicolons are escaped so that no spreadsheet splits the JSON.
    extra = json_text(rest, sort_keys=True).replace(";", r"\u003b") if rest else None
    return {**row, "extra": extra}


def _pop_cell(rest: dict[str, Any], column: str, kind: type) -> Any:
    # Removes the value from `rest` if the cell can hold it.
    name, _, inner = column.partition(".")
    fields, key = (rest.get(name), inner) if inner else (rest, name)
    if not isinstance(fields, dict) or not _fits(fields.get(key), kind):
        return None
    return fields.pop(key, None)


def _fits(value: Any, kind: type) -> bool:
    if value is None:
        return True
    if type(value) is not kind:  # not `isinstance`, because True is an int
        return False
    if kind is int:
        return value in _INT64
    return kind is bool or (_is_utf8_text(value) and not _hides_formula(str(value)))


def _is_utf8_text(value: Any) -> bool:
    try:
        return bool(value.encode())
    except UnicodeEncodeError:  # a lone surrogate, which JSON allows and UTF-8 does not
        return False


def _hides_formula(text: str) -> bool:
    """Return True if a part of the text is a formula once a spreadsheet splits it."""
    is_start = False
    for character in text if not _SEPARATORS.isdisjoint(text) else "":
        if character in _SEPARATORS:
            is_start = True
        elif is_start and _is_significant(character):
            if character in _FORMULA_SIGNS:
                return True
            is_start = False
    return False


def _starts_formula(text: str) -> bool:
    return next(filter(_is_significant, text), "") in _FORMULA_SIGNS


def _is_significant(character: str) -> bool:
    # Quotes are skipped because CSV doubles them, and spreadsheets read two quotes as
    # an empty quoted part followed by the rest of the cell.
    return character.isprintable() and not character.isspace() and character != '"'


def csv_lines(rows: Iterable[Iterable[Any]]) -> bytes:
    """Encode rows as CSV (RFC 4180) in UTF-8.

    Text is prefixed with an apostrophe if a spreadsheet would take it for a formula, or
    if it starts with an apostrophe, a tab or a line break. To restore the original,
    remove one leading apostrophe from each cell.

    Args:
        rows: Rows of cells; None means an empty cell.
    """
    buffer = io.StringIO()
    csv.writer(buffer).writerows([_cell(value) for value in row] for row in rows)
    return buffer.getvalue().encode()


def _cell(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return f"'{value}" if value[0] in "'\t\r\n" or _starts_formula(value) else value
    return "" if value is None else str(value)
