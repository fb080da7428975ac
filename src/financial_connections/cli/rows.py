"""Transactions as rows of a table. Pure.

The columns are fixed. The column `extra` has what no other cell can hold, as a JSON
object: fields that this version does not know, values of another type than expected,
empty strings (an empty cell is null, or was not sent), and text in which a spreadsheet
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
"""The columns in their order, with the type of what is in them; a dot leads into a
nested object.
"""

_FORMULA_SIGNS = frozenset("=+-@＝＋－＠")  # noqa: RUF001 - full-width signs start formulas too
# Some spreadsheets split at semicolons or tabs. They do not see our quotes then, so a
# line break starts a row.
_SEPARATORS = frozenset(";\t\r\n")
_WHOLE = range(-(2**63), 2**63)


def row_from(transaction: Mapping[str, Any]) -> dict[str, Any]:
    """Return a transaction, as `to_dict()` has it, as a row; None is an empty cell."""
    rest = {
        name: dict(value) if isinstance(value, dict) else value
        for name, value in transaction.items()
    }
    row = {
        column: _taken(rest, column, kind)
        for column, kind in COLUMNS.items()
        if column != "extra"
    }
    if rest.get("status_transitions") in (None, {}):
        rest.pop("status_transitions", None)
    # Without semicolons, so that no spreadsheet splits it.
    extra = json_text(rest, sort_keys=True).replace(";", r"\u003b") if rest else None
    return {**row, "extra": extra}


def _taken(rest: dict[str, Any], column: str, kind: type) -> Any:
    """Return a column's value and take it out of `rest`; None when the cell cannot hold
    it.
    """
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
    if kind is int:
        return value in _WHOLE
    return kind is bool or (_is_text(value) and not _hides_formula(str(value)))


def _is_text(value: Any) -> bool:
    try:
        return bool(value.encode())
    except (
        UnicodeEncodeError
    ):  # half of a pair of surrogates: JSON can spell it, UTF-8 cannot
        return False


def _hides_formula(text: str) -> bool:
    """Return True if a part of the text would be a formula of its own in a spreadsheet
    that splits the text.
    """
    is_start = False
    for character in text if not _SEPARATORS.isdisjoint(text) else "":
        if character in _SEPARATORS:
            is_start = True
        elif is_start and _counts(character):
            if character in _FORMULA_SIGNS:
                return True
            is_start = False
    return False


def _starts_formula(text: str) -> bool:
    """Return True if the first character that counts makes a spreadsheet run the text."""
    return next(filter(_counts, text), "") in _FORMULA_SIGNS


def _counts(character: str) -> bool:
    # A quote does not: CSV doubles it, and two of them are an empty cell that goes on.
    return character.isprintable() and not character.isspace() and character != '"'


def csv_lines(rows: Iterable[Iterable[Any]]) -> bytes:
    """Return rows as CSV by RFC 4180, in UTF-8.

    A text gets an apostrophe in front if a spreadsheet would take it for a formula, or
    if it starts with an apostrophe, a tab or a line break. To get the original, remove
    one apostrophe from the front of a cell.
    """
    written = io.StringIO()
    csv.writer(written).writerows([_cell(value) for value in row] for row in rows)
    return written.getvalue().encode()


def _cell(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return f"'{value}" if value[0] in "'\t\r\n" or _starts_formula(value) else value
    return "" if value is None else str(value)
