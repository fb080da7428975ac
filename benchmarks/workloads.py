"""Load the workloads and targets described in `workloads.toml`."""
# ruff: noqa: RUF001 - the multiplication sign is intentional

import tomllib
from pathlib import Path
from typing import Any

from attrs import field, frozen

from benchmarks.clients import TITLES


@frozen
class Target:
    """A limit on a contender's figure, or on its ratio to another contender's."""

    contender: str
    other: str | None = None
    at_least: float | None = None
    at_most: float | None = None
    unit: str = "×"
    floor: str | None = None
    """Contender that shows how much is possible."""
    figure: str | None = None
    """Name of the figure; defaults to the first one of the workload."""


@frozen
class Workload:
    """A task performed by several contenders.

    A contender is a client, or `client:variant` with a variant in `workloads.toml`.
    """

    name: str
    title: str
    measure: str
    units: dict[str, str]
    """The unit of each figure. The first figure is the most important one."""
    contenders: list[str]
    base: str | None = None
    """Contender that the table compares the others with."""
    params: dict[str, Any] = field(factory=dict)
    targets: list[Target] = field(
        factory=list, converter=lambda tables: [Target(**table) for table in tables]
    )
    rounds: int | None = None
    """Maximum number of rounds, for workloads that are slow or hardly vary."""
    newest: list[str] = field(factory=list)
    """Two contenders that also run with the newest interpreter: a client and this SDK.
    """
    compared_with: str = "the lower bound"
    """Baseline of the targets that do not name another contender."""

    @property
    def first_figure(self) -> str:
        """Name of the most important figure."""
        return next(iter(self.units))

    def params_of(self, contender: str) -> dict[str, Any]:
        """Return the parameters of a contender: its variant's precede the others."""
        _, _, variant = contender.partition(":")
        own = dict(_VARIANTS[variant]) if variant else {}
        own.pop("title", None)
        return self.params | own


def title_of(contender: str) -> str:
    """Return a contender's title in the tables."""
    client, _, variant = contender.partition(":")
    if not variant:
        return TITLES[client]
    title = str(_VARIANTS[variant]["title"])
    return f"{TITLES[client]}, {title}" if client in TITLES else title


_DATA = tomllib.loads(Path(__file__).with_suffix(".toml").read_text(encoding="utf-8"))
_VARIANTS: dict[str, dict[str, Any]] = _DATA["variant"]
WORKLOADS = [Workload(**table) for table in _DATA["workload"]]
