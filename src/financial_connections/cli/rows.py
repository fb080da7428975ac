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

from financial_connections.data.cells import INT64, is_utf8, split
from financial_connections.data.columns import columns_of
from financial_connections.data.jsontext import json_text
from financial_connections.data.kinds import Kind
from financial_connections.models import Transaction

_TYPES: Mapping[Kind, type[str] | type[int] | type[bool]] = {
    Kind.AMOUNT: int,
    Kind.BOOLEAN: bool,
    Kind.INTEGER: int,
    Kind.TIME: int,
}
_PATHS = {".".join(column.path): column.path for column in columns_of(Transaction)}
COLUMNS: Mapping[str, type[str] | type[int] | type[bool]] = {
    ".".join(column.path): _TYPES.get(column.kind, str)
    for column in columns_of(Transaction)
} | {"extra": str}
"""The columns in order, each with the type of its cells.

A dot separates the name of a nested object from the name of its field.
"""

_FORMULA_SIGNS = frozenset("=+-@＝＋－＠")  # noqa: RUF001 - full-width signs start formulas too
# Some spreadsheets split at semicolons or tabs. They then ignore CSV's quotes, so line
# breaks within a cell also start a new row.
_SEPARATORS = frozenset(";\t\r\n")


def row_from(transaction: Mapping[str, Any]) -> dict[str, Any]:
    """Convert a transaction to a row.

    Args:
        transaction: Transaction as returned by `to_dict()`.

    Returns:
        The cells by column; None means an empty cell.
    """
    row, rest = split(
        transaction, _PATHS, lambda column, value: _fits(value, COLUMNS[column])
    )
    # Semicolons are escaped so that no spreadsheet splits the JSON.
    extra = json_text(rest, sort_keys=True).replace(";", r"\u003b") if rest else None
    return {**row, "extra": extra}


def _fits(value: Any, kind: type) -> bool:
    if type(value) is not kind:  # not `isinstance`, because True is an int
        return False
    if kind is int:
        return value in INT64
    text = str(value)
    # An empty cell means null or absent, so it cannot also be an empty string.
    return bool(text) and is_utf8(text) and not hides_formula(text)


def hides_formula(text: str) -> bool:
    """Return True if a part of the text is a formula once a spreadsheet splits it.

    Args:
        text: Text of a cell.
    """
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
