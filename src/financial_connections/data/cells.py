"""Divide JSON objects into cells and what no cell can hold."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from financial_connections.data.kinds import Kind

INT64 = range(-(2**63), 2**63)
# The years 1 to 9999, which `datetime` can represent.
_TIMES = range(-62_135_596_800, 253_402_300_800)


def split(
    data: Mapping[str, Any],
    paths: Mapping[str, tuple[str, ...]],
    fits: Callable[[str, Any], bool],
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Divide an object into cells and the rest.

    Null is treated like an absent field, and so is a nested object of which nothing
    remains.

    Args:
        data: The object, as parsed JSON. It is not changed.
        paths: The path of each column's field.
        fits: Function that returns True if a column can hold a value.

    Returns:
        The cells by column, of which empty ones are None, and the rest of the object.
    """
    rest = dict(data)
    parents = _parents(paths.values())
    for path in parents:
        *outer, name = path
        holder = _find(rest, outer)
        if isinstance(value := holder.get(name), dict):
            holder[name] = dict(value)
    cells: dict[str, Any] = {}
    for column, (*outer, name) in paths.items():
        holder = _find(rest, outer)
        value = holder.get(name)
        if value is None or fits(column, value):
            cells[column] = holder.pop(name, None)
        else:
            cells[column] = None
    for *outer, name in reversed(parents):
        holder = _find(rest, outer)
        if holder.get(name) in (None, {}):
            holder.pop(name, None)
    return cells, rest


def _parents(paths: Iterable[tuple[str, ...]]) -> list[tuple[str, ...]]:
    """Return the paths of all nested objects, outer ones first."""
    return sorted({path[:length] for path in paths for length in range(1, len(path))})


def _find(data: dict[str, Any], path: Iterable[str]) -> dict[str, Any]:
    """Return a nested object; an empty one if there is none."""
    found: Any = data
    for name in path:
        found = found.get(name) if isinstance(found, dict) else None
    return found if isinstance(found, dict) else {}


def fits(kind: Kind, value: Any) -> bool:
    """Return True if a column can hold a value.

    Args:
        kind: Kind of the column.
        value: A value from parsed JSON.
    """
    match kind:
        case Kind.TEXT | Kind.REFERENCE:
            return isinstance(value, str) and is_utf8(value)
        case Kind.TEXTS:
            return isinstance(value, list) and all(
                fits(Kind.TEXT, item) for item in value
            )
        case Kind.BOOLEAN:
            return isinstance(value, bool)
        case Kind.AMOUNTS:
            return isinstance(value, dict) and all(
                is_utf8(currency) and fits(Kind.AMOUNT, amount)
                for currency, amount in value.items()
            )
        case _:
            # Not `isinstance`, because True is an int.
            return type(value) is int and value in (
                _TIMES if kind is Kind.TIME else INT64
            )


def is_utf8(text: str) -> bool:
    """Return True unless the text has lone surrogates, which only JSON allows."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
