"""What is measured, as data."""

from dataclasses import dataclass, field
from typing import Any

from benchmarks.contenders import (
    ENTRIES,
    MSGSPEC,
    OFFICIAL,
    OFFICIAL_AIOHTTP,
    OURS,
    OURS_AIOHTTP,
    RAW,
    STOCK,
)

EVERYBODY = tuple(ENTRIES)
BOUND = "bound"
PREFETCH = " prefetch"
"""Added to the name of one of ours that prefetches."""


@dataclass(frozen=True)
class Workload:
    """One table of the report: the same task for several contenders."""

    name: str
    title: str
    unit: str
    measure: str
    cells: dict[str, dict[str, Any]]
    """What sets each cell's task apart, by the cell's name."""
    task: dict[str, Any] = field(default_factory=dict)
    quick: dict[str, Any] = field(default_factory=dict)
    """What makes the task small."""
    more_is_better: bool = False
    fresh: bool = False
    """Whether each round needs a process of its own: memory once used stays with a
    process.
    """
    warm: bool = True
    """Whether a first round is worth its time, that is not counted: where each figure
    takes seconds, it is not.
    """
    rounds: int | None = None
    """Where more rounds would tell nothing new."""
    decimals: int = 0

    def tasks(self, *, quick: bool) -> dict[str, dict[str, Any]]:
        """Return each cell's task."""
        base = self.task | (self.quick if quick else {})
        shrink = base.pop("shrink", 1)
        tasks = {
            name: {"contender": name} | base | own for name, own in self.cells.items()
        }
        for task in tasks.values():
            task["items"] = task.get("items", 0) // shrink
        return tasks


def _among(*names: str) -> dict[str, dict[str, Any]]:
    return {name: {} for name in names}


def at(name: str, point: int) -> str:
    """Return the cell's name of a contender at one point of a growth."""
    return f"{name} @ {point}"


def _growing(key: str, points: tuple[int, ...]) -> dict[str, dict[str, Any]]:
    return {
        at(name, point): {"contender": name, key: point}
        for name in (OURS, OURS_AIOHTTP)
        for point in points
    }


_CONSUMERS: dict[str, dict[str, Any]] = {
    BOUND: {"measure": BOUND},
    OURS: {},
    OURS + PREFETCH: {"contender": OURS, "prefetch": True},
    OURS_AIOHTTP + PREFETCH: {"contender": OURS_AIOHTTP, "prefetch": True},
}

ITEMS = (1_000, 10_000, 100_000)
CALLS = (1, 4, 16, 64, 200, 500)
STREAMED = (10_000, 50_000, 100_000)

DECODE = Workload(
    "decode",
    "Decode a page of 100 transactions",
    "µs an item",
    "decode",
    _among(OFFICIAL, RAW, MSGSPEC, STOCK, OURS),
    task={"calls": 20},
    quick={"calls": 2},
    decimals=2,
)
RETRIEVE = Workload(
    "retrieve",
    "One retrieve, CPU of the client",
    "µs a call",
    "cpu_per_call",
    _among(*EVERYBODY),
    task={"calls": 250},
    quick={"calls": 5},
)
AT_ONCE = Workload(
    "at_once",
    "64 concurrent retrieves",
    "calls/s",
    "calls_per_second",
    _among(*EVERYBODY),
    task={"calls": 256, "at_once": 64},
    quick={"calls": 8, "at_once": 4},
    more_is_better=True,
    warm=False,
)
THOUSAND = Workload(
    "thousand",
    "1,000 concurrent retrieves over 100 connections, every answer checked",
    "calls/s",
    "calls_per_second",
    _among(OFFICIAL, OFFICIAL_AIOHTTP, RAW, OURS, OURS_AIOHTTP),
    task={"calls": 1000, "at_once": 1000},
    quick={"calls": 20, "at_once": 20, "connections": 4},
    more_is_better=True,
    warm=False,
)
STREAM = Workload(
    "stream",
    "20,000 transactions through `async for`",
    "items/s",
    "items_per_second",
    _among(*EVERYBODY),
    task={"items": 20_000},
    quick={"items": 500},
    more_is_better=True,
)
KEPT = Workload(
    "kept",
    "Memory of a transaction that is kept, of 20,000",
    "bytes",
    "kept",
    _among(OFFICIAL, RAW, MSGSPEC, STOCK, OURS),
    task={"items": 20_000},
    quick={"items": 500},
    fresh=True,
)
BURNING = Workload(
    "burning",
    "2,000 transactions at 80 ms a page, for a consumer that computes 0.5 ms an item",
    "s",
    "consumed",
    _CONSUMERS,
    task={"items": 2000, "latency_ms": 80, "burn_ms": 0.5},
    quick={"items": 200, "latency_ms": 20, "burn_ms": 0.05},
    warm=False,
    decimals=3,
)
WAITING = Workload(
    "waiting",
    "500 transactions at 80 ms a page, for a consumer that awaits 5 ms an item",
    "s",
    "consumed",
    _CONSUMERS,
    task={"items": 500, "latency_ms": 80, "sleep_ms": 5},
    quick={"items": 200, "latency_ms": 20, "sleep_ms": 0.1},
    warm=False,
    decimals=3,
)
FAN_OUT = Workload(
    "fan_out",
    "50 accounts of 1,000 transactions at 80 ms a page, all at once",
    "s",
    "fan_out",
    _among(OFFICIAL, RAW, OURS, OURS_AIOHTTP),
    task={"items": 1000, "accounts": 50, "latency_ms": 80},
    quick={"items": 200, "accounts": 2, "latency_ms": 5},
    warm=False,
    decimals=2,
)
IMPORT = Workload(
    "import", "Import, CPU", "ms", "imported", _among(OFFICIAL, RAW, OURS)
)
CLIENT = Workload(
    "client",
    "Import, and make a client, CPU",
    "ms",
    "client_made",
    _among(OFFICIAL, RAW, OURS),
)
FIRST = Workload(
    "first",
    "Process start to first answer",
    "ms",
    "first_answer",
    _among(OFFICIAL, OFFICIAL_AIOHTTP, RAW, OURS, OURS_AIOHTTP),
)
SIZE = Workload(
    "size",
    "Installed size of the package",
    "MB",
    "installed",
    _among(OFFICIAL, OURS),
    rounds=1,
    decimals=1,
)
ITEM_GROWTH = Workload(
    "item_growth",
    "Time per item, by the number of items",
    "µs an item",
    "time_per_item",
    _growing("items", ITEMS),
    quick={"shrink": 100},
    decimals=1,
)
CALL_GROWTH = Workload(
    "call_growth",
    "CPU per call, by the number of concurrent calls",
    "µs a call",
    "cpu_per_call",
    _growing("at_once", CALLS),
    task={"calls": 500},
    quick={"calls": 20},
)
MEMORY_GROWTH = Workload(
    "memory_growth",
    "Resident memory, by the number of items streamed",
    "MiB",
    "resident",
    _growing("items", STREAMED),
    quick={"shrink": 100},
    fresh=True,
    decimals=1,
)
GROWTHS = (ITEM_GROWTH, CALL_GROWTH, MEMORY_GROWTH)
WORKLOADS = (
    DECODE,
    RETRIEVE,
    AT_ONCE,
    THOUSAND,
    STREAM,
    KEPT,
    BURNING,
    WAITING,
    FAN_OUT,
    IMPORT,
    CLIENT,
    FIRST,
    SIZE,
    *GROWTHS,
)
