"""Write the changes of a fleet's transactions to Parquet files, in a folder per day.

    pip install 'path/to/financial-connections[fleet]' pyarrow
    DATABASE_URL=… python -m examples.parquet_by_day exports

The day is the one on which a state was stored, in UTC. A file is complete as soon as it
has its name, `date=2026-11-27/00000000000000000001.parquet`, which is the position of
its first change. After a crash, the same changes are written to files of the same
names.
"""

import asyncio
import json
import os
import sys
from collections import defaultdict
from collections.abc import Iterable
from datetime import UTC, date, datetime
from pathlib import Path

import pyarrow as pa
from pyarrow import parquet

from financial_connections.fleet import Change, PostgresStore

SCHEMA = pa.schema(
    [
        ("position", pa.int64()),
        ("committed_at", pa.timestamp("us", tz="UTC")),
        ("tenant", pa.string()),
        ("stripe_account", pa.string()),
        ("account", pa.string()),
        ("id", pa.string()),
        ("version", pa.int32()),
        ("amount", pa.int64()),  # in the smallest unit of the currency, such as cents
        ("currency", pa.string()),
        ("status", pa.string()),
        ("transacted_at", pa.int64()),  # seconds since the epoch
        ("data", pa.string()),  # JSON with everything that Stripe sent
    ]
)


async def export(store: PostgresStore, folder: Path, *, limit: int = 100_000) -> int:
    """Write all changes that have not been written yet, and return their number."""
    total = 0
    while True:
        async with store.changes("parquet", limit=limit) as changes:
            # The position advances at the end of the block, once the files exist.
            await asyncio.to_thread(write, changes, folder)
        if not changes:
            return total
        total += len(changes)


def write(changes: Iterable[Change], folder: Path) -> None:
    """Write a file for each day."""
    days: defaultdict[date, list[Change]] = defaultdict(list)
    for change in changes:
        days[committed_at(change).date()].append(change)
    for day, its_changes in days.items():
        target = folder / f"date={day}"
        target.mkdir(parents=True, exist_ok=True)
        name = f"{its_changes[0].position:020}.parquet"
        table = pa.Table.from_pylist([row_of(c) for c in its_changes], SCHEMA)
        replace(target / name, table)
        flush(target)
    flush(folder)


def replace(path: Path, table: pa.Table) -> None:
    """Write a file under another name, and rename it once it is on the disk."""
    unfinished = path.with_suffix(".unfinished")
    with unfinished.open("wb") as file:
        parquet.write_table(table, file, compression="zstd")
        file.flush()
        os.fsync(file.fileno())
    unfinished.replace(path)


def flush(folder: Path) -> None:
    """Write the names in a folder to the disk, so that a power failure loses none."""
    if os.name != "posix" or not folder.exists():
        return
    descriptor = os.open(folder, os.O_RDONLY)
    os.fsync(descriptor)
    os.close(descriptor)


def row_of(change: Change) -> dict[str, object]:
    data = change.data
    return {
        "position": change.position,
        "committed_at": committed_at(change),
        "tenant": change.tenant,
        "stripe_account": change.stripe_account,
        "account": change.account,
        "id": change.transaction,
        "version": change.version,
        "amount": integer(data.get("amount")),
        "currency": text(data.get("currency")),
        "status": text(data.get("status")),
        "transacted_at": integer(data.get("transacted_at")),
        # A number that is too precise for a float is a `Decimal`.
        "data": json.dumps(data, default=str),
    }


def integer(value: object) -> int | None:
    """Return an integer that fits into the column; None for any other value."""
    return value if isinstance(value, int) and abs(value) < 2**63 else None


def text(value: object) -> str | None:
    return value if isinstance(value, str) else None


def committed_at(change: Change) -> datetime:
    return datetime.fromtimestamp(change.committed_at, UTC)


async def main() -> None:
    async with PostgresStore(os.environ["DATABASE_URL"]) as store:
        print(await export(store, Path(sys.argv[1])), "changes")


if __name__ == "__main__":
    asyncio.run(main())
