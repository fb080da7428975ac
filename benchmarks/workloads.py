"""Load the workloads and targets described in `workloads.toml`."""

import tomllib
from pathlib import Path

from attrs import field, frozen


@frozen
class Target:
    """A limit on a client's result, or on its ratio to another client's result."""

    client: str
    other: str | None = None
    at_least: float | None = None
    at_most: float | None = None
    unit: str = "×"  # noqa: RUF001 - the multiplication sign is intentional


@frozen
class Workload:
    """A task performed by several clients."""

    name: str
    title: str
    unit: str
    measure: str
    clients: list[str]
    params: dict[str, float] = field(factory=dict)
    targets: list[Target] = field(
        factory=list, converter=lambda tables: [Target(**table) for table in tables]
    )
    decimals: int = 0
    compared_with: str = "the lower bound"
    """Baseline of the targets that do not name another client."""


_TOML = Path(__file__).with_suffix(".toml").read_text(encoding="utf-8")
WORKLOADS = [Workload(**table) for table in tomllib.loads(_TOML)["workload"]]
