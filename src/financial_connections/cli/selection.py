"""Select parts of results: `--columns` and `--query`."""

from collections.abc import Iterable, Mapping, Sequence
from importlib import import_module
from typing import Any

from attrs import frozen

from financial_connections.cli.failure import UsageError


@frozen
class Selection:
    """The parts of results to print.

    Attributes:
        columns: Fields to print, in this order; empty for all. A dot separates the
            name of a nested object from the name of its field.
        query: Compiled JMESPath expression, or None.
    """

    columns: tuple[str, ...] = ()
    query: Any = None

    def __bool__(self) -> bool:
        """Return True if anything is selected."""
        return bool(self.columns) or self.query is not None

    @classmethod
    def parse(cls, columns: str | None, query: str | None) -> "Selection":
        """Return the selection for the values of the options.

        Args:
            columns: Names of fields, separated by commas.
            query: JMESPath expression.

        Raises:
            UsageError: The expression is invalid, or a name is empty.
        """
        names = tuple(name.strip() for name in columns.split(",")) if columns else ()
        if "" in names:
            raise UsageError("--columns must be names separated by commas")
        return cls(names, None if query is None else _compile(query))

    def search(self, value: Any) -> Any:
        """Apply the query.

        Args:
            value: Result to search.

        Raises:
            UsageError: A function in the query does not accept its arguments.
        """
        try:
            return self.query.search(value)
        except ValueError as error:  # the base class of JMESPath's errors
            raise UsageError(f"--query: {_first_line(error)}") from None

    def pick(self, item: Any) -> Any:
        """Return only the selected columns of an item, or the item without any.

        Args:
            item: Item of a result.
        """
        if not self.columns:
            return item
        return {name: _field(item, name.split(".")) for name in self.columns}

    def unknown(self, items: Iterable[Any]) -> list[str]:
        """Return the columns that no item has.

        Args:
            items: Items of a result.
        """
        known = {name for item in items if isinstance(item, Mapping) for name in item}
        return [name for name in self.columns if name.split(".")[0] not in known]


def _compile(query: str) -> Any:
    try:
        # Imported lazily because most commands do not need it, and untyped.
        return import_module("jmespath").compile(query)
    except ValueError as error:
        raise UsageError(f"--query: {_first_line(error)}") from None


def _first_line(error: ValueError) -> str:
    return str(error).partition("\n")[0].rstrip(":")


def _field(item: Any, path: list[str]) -> Any:
    for name in path:
        item = item.get(name) if isinstance(item, Mapping) else None
    return item


def flatten(item: Any, prefix: str = "") -> dict[str, Any]:
    """Return the fields of an item, with the names of nested fields joined by dots.

    Args:
        item: Item of a result.
        prefix: Start of each name.
    """
    if not isinstance(item, Mapping):
        return {prefix.rstrip(".") or "value": item}
    fields: dict[str, Any] = {}
    for name, value in item.items():
        fields |= flatten(value, f"{prefix}{name}.") if value != {} else {}
    return fields


def header(rows: Sequence[Mapping[str, Any]]) -> list[str]:
    """Return the names of the fields of rows, in the order in which they appear.

    An object that is null in some rows is not a field, because its own fields are.

    Args:
        rows: Rows returned by `flatten`.
    """
    names = dict.fromkeys(name for row in rows for name in row)
    objects = {name[:i] for name in names for i, sign in enumerate(name) if sign == "."}
    return [
        name
        for name in names
        if name not in objects or any(row.get(name) is not None for row in rows)
    ]
