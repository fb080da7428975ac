"""File formats of exports, chosen by the extension of the file's name."""

import json
from collections.abc import Callable, Iterable, Sequence
from importlib.util import find_spec
from itertools import islice
from pathlib import Path
from typing import Any, BinaryIO

from attrs import frozen

from financial_connections.cli.failure import UsageError
from financial_connections.cli.output import json_line
from financial_connections.cli.rows import COLUMNS, csv_lines, row_from

_ROW_GROUP_SIZE = 10_000


@frozen
class Format:
    """The encoding of transactions in a file.

    Attributes:
        header: Bytes at the start of the file.
        lines: Encodes transactions as bytes to append to the file.
        convert: Converts the file to its final format, if that cannot be appended to.
    """

    header: bytes
    lines: Callable[[Sequence[dict[str, Any]]], bytes]
    convert: Callable[[Path, BinaryIO], None] | None = None


def format_for(target: Path) -> Format:
    """Return the format for a file's name.

    Args:
        target: Path of the file to write.

    Raises:
        UsageError: The extension is not supported, or needs an extra that is missing.
    """
    extension = target.suffix.lower()
    if extension not in _FORMATS:
        raise UsageError(
            f"--to needs a file name that ends with one of {', '.join(_FORMATS)}"
        )
    if extension == ".parquet" and find_spec("pyarrow") is None:
        raise UsageError(
            "Parquet requires: pip install 'financial-connections[parquet]'"
        )
    return _FORMATS[extension]


def _csv(transactions: Iterable[dict[str, Any]]) -> bytes:
    return csv_lines(row_from(transaction).values() for transaction in transactions)


def _jsonl(transactions: Iterable[dict[str, Any]]) -> bytes:
    return "".join(map(json_line, transactions)).encode()


def _convert_to_parquet(jsonl: Path, target: BinaryIO) -> None:
    # Imported here because pyarrow is an extra, and slow to import.
    import pyarrow as pa  # type: ignore[import-untyped]  # noqa: PLC0415
    from pyarrow import parquet  # noqa: PLC0415

    types = {str: pa.string(), int: pa.int64(), bool: pa.bool_()}
    schema = pa.schema([(column, types[kind]) for column, kind in COLUMNS.items()])
    with jsonl.open("rb") as source, parquet.ParquetWriter(target, schema) as writer:
        while rows := [
            row_from(json.loads(line)) for line in islice(source, _ROW_GROUP_SIZE)
        ]:
            writer.write_table(pa.Table.from_pylist(rows, schema=schema))


_FORMATS = {
    ".csv": Format(csv_lines([COLUMNS]), _csv),
    ".jsonl": Format(b"", _jsonl),
    ".parquet": Format(b"", _jsonl, _convert_to_parquet),
}
