"""Encode results in the formats of `--output`, without I/O."""

import json
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from financial_connections.cli.rows import csv_lines, hides_formula
from financial_connections.cli.selection import flatten, header
from financial_connections.cli.text import sanitize
from financial_connections.data.jsontext import json_text

if TYPE_CHECKING:
    from financial_connections.cli.tables import ResponsiveTable


def json_document(value: Any) -> bytes:
    """Encode a value as indented JSON, in ASCII.

    Args:
        value: Value to encode, made up of the types that `to_dict()` returns.
    """
    return (json.dumps(json.loads(json_text(value)), indent=2) + "\n").encode()


def csv_document(items: Sequence[Any], columns: Sequence[str]) -> bytes:
    """Encode items as CSV with a header.

    Text that a spreadsheet could take for a formula is escaped as in exports.

    Args:
        items: Items to encode.
        columns: Names of the columns; empty for all fields, including nested ones.
    """
    rows, names = _rows(items, columns)
    return csv_lines([names, *([_csv_cell(row.get(n)) for n in names] for row in rows)])


def table(items: Sequence[Any], columns: Sequence[str]) -> "ResponsiveTable":
    """Render items as a table.

    Args:
        items: Items to render.
        columns: Names of the columns; empty for all fields, including nested ones.
    """
    # Imported lazily because piped output does not need it.
    from financial_connections.cli.tables import (  # noqa: PLC0415
        ResponsiveTable,
        new_table,
        text,
    )

    rows, names = _rows(items, columns)
    result = new_table(*map(sanitize, names))
    for row in rows:
        result.add_row(*(text(_plain(row.get(name))) for name in names))
    return ResponsiveTable(result)


def _rows(
    items: Sequence[Any], columns: Sequence[str]
) -> tuple[Sequence[Mapping[str, Any]], Sequence[str]]:
    if columns:
        return items, columns
    rows = [flatten(item) for item in items]
    return rows, header(rows)


def _plain(value: Any) -> Any:
    return json_text(value) if isinstance(value, (list, dict, bool)) else value


def _csv_cell(value: Any) -> Any:
    if isinstance(value, (list, dict)) or (
        isinstance(value, str) and hides_formula(value)
    ):
        # Semicolons are escaped so that no spreadsheet splits the JSON.
        return json_text(value).replace(";", r"\u003b")
    return None if value == "" else value
