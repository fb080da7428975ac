"""File formats of exports, selected by file extension."""

import json
from collections.abc import Callable, Iterable, Sequence
from importlib.util import find_spec
from itertools import islice
from pathlib import Path
from typing import Any, BinaryIO

from attrs import frozen

from financial_connections import data
from financial_connections.cli.failure import UsageError
from financial_connections.cli.output import json_line
from financial_connections.cli.rows import COLUMNS, csv_lines, row_from
from financial_connections.data.tables import table_from
from financial_connections.models import Transaction

_ROW_GROUP_SIZE = 10_000


@frozen
class Format:
    """A file format for transactions.

    Attributes:
        header: Bytes at the start of the file.
        lines: Function that encodes transactions as bytes to append to the file.
        convert: Function that converts the file to its final format; None if pages are
            already appended in that format.
    """

    header: bytes
    lines: Callable[[Sequence[dict[str, Any]]], bytes]
    convert: Callable[[Path, BinaryIO], None] | None = None


def format_for(target: Path) -> Format:
    """Return the format for a file name.

    Args:
        target: Path of the file to write.

    Raises:
        UsageError: The extension is not supported, or an extra it requires is missing.
    """
    extension = target.suffix.lower()
    if extension not in _FORMATS:
        raise UsageError(
            f"--to must name a file ending in one of {', '.join(_FORMATS)}"
        )
    if extension == ".parquet" and find_spec("pyarrow") is None:
        raise UsageError(
            "Parquet requires: pip install 'path/to/financial-connections[parquet]'"
        )
    return _FORMATS[extension]


def _csv(transactions: Iterable[dict[str, Any]]) -> bytes:
    return csv_lines(row_from(transaction).values() for transaction in transactions)


def _jsonl(transactions: Iterable[dict[str, Any]]) -> bytes:
    return "".join(map(json_line, transactions)).encode()


def _convert_to_parquet(jsonl: Path, target: BinaryIO) -> None:
    # Imported lazily because pyarrow is optional and slow to import.
    from pyarrow import parquet  # noqa: PLC0415

    schema = data.schema(Transaction)
    with jsonl.open("rb") as source, parquet.ParquetWriter(target, schema) as writer:
        while lines := list(islice(source, _ROW_GROUP_SIZE)):
            writer.write_table(table_from(map(json.loads, lines), Transaction))


_FORMATS = {
    ".csv": Format(csv_lines([COLUMNS]), _csv),
    ".jsonl": Format(b"", _jsonl),
    ".parquet": Format(b"", _jsonl, _convert_to_parquet),
}
