"""The measurements. Each is taken in a process of its own."""

import json
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from types import SimpleNamespace
from typing import Any

Figures = dict[str, float]


class Task(SimpleNamespace):
    """Parameters of a workload, and the client's name."""

    def __getattr__(self, name: str) -> Any:
        return 0  # every parameter defaults to 0

    @property
    def url(self) -> str:
        """URL of the server that the workload or the contender names."""
        urls: dict[str, str] = json.loads(os.environ["BENCHMARK_URLS"])
        return urls[self.server or "plain"]


def check(expected: object, actual: object) -> None:
    """Fail if a client returns something unexpected."""
    if expected != actual:
        raise AssertionError(f"{actual!r} instead of {expected!r}")


@contextmanager
def timed(number: float) -> Iterator[Figures]:
    """Measure the CPU time of this process and the time that passes, in µs.

    Args:
        number: Number of calls or items by which the times are divided.
    """
    figures: Figures = {}
    cpu, wall = time.process_time(), time.perf_counter()
    yield figures
    figures["cpu"] = 1e6 * (time.process_time() - cpu) / number
    figures["wall"] = 1e6 * (time.perf_counter() - wall) / number
