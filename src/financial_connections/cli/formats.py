"""The formats of an export, by the ending of a file's name."""

import json
from collections.abc import Callable, Iterable, Sequence
from importlib.util import find_spec
from itertools import islice
from pathlib import Path
from typing import Any, BinaryIO

from attrs import frozen

from financial_connections.cli.output import json_line
from financial_connections.cli.rows import COLUMNS, csv_lines, row_from
from financial_connections.cli.usage import UsageError

_ROW_GROUP = 10_000


@frozen
class Format:
    """How transactions are written down, and what becomes of it in the end."""

    header: bytes
    lines: Callable[[Sequence[dict[str, Any]]], bytes]
    """Return transactions as bytes to append."""
    convert: Callable[[Path, BinaryIO], None] | None = None
    """Make a second file of what was written, where it is not yet what was asked for.
    """


def format_of(target: Path) -> Format:
    """Return the format that a file's name asks for. Raises `UsageError`."""
    ending = target.suffix.lower()
    if ending not in _FORMATS:
        raise UsageError(
            f"--to: the file's name must end with one of {', '.join(_FORMATS)}"
        )
    if ending == ".parquet" and find_spec("pyarrow") is None:
        raise UsageError("parquet needs: pip install 'financial-connections[parquet]'")
    return _FORMATS[ending]


def _csv(transactions: Iterable[dict[str, Any]]) -> bytes:
    return csv_lines(row_from(transaction).values() for transaction in transactions)


def _jsonl(transactions: Iterable[dict[str, Any]]) -> bytes:
    return "".join(map(json_line, transactions)).encode()


def _parquet(lines: Path, sink: BinaryIO) -> None:
    """Turn lines of JSON into a Parquet file, one row group at a time."""
    import pyarrow as pa  # type: ignore[import-untyped]  # noqa: PLC0415 - an extra, and slow to load
    from pyarrow import parquet  # noqa: PLC0415 - as above

    types = {str: pa.string(), int: pa.int64(), bool: pa.bool_()}
    schema = pa.schema([(column, types[kind]) for column, kind in COLUMNS.items()])
    with lines.open("rb") as source, parquet.ParquetWriter(sink, schema) as writer:
        while rows := [
            row_from(json.loads(line)) for line in islice(source, _ROW_GROUP)
        ]:
            writer.write_table(pa.Table.from_pylist(rows, schema=schema))


_FORMATS = {
    ".csv": Format(csv_lines([COLUMNS]), _csv),
    ".jsonl": Format(b"", _jsonl),
    ".parquet": Format(b"", _jsonl, _parquet),
}
