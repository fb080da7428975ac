"""Cells → one JSON document, with everything that was measured. Pure."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from benchmarks.figures import summary
from benchmarks.goals import GOALS, Goal
from benchmarks.running import Cell
from benchmarks.workloads import WORKLOADS

Cells = Mapping[str, Mapping[str, Cell]]


def document(cells: Cells, *, about: Mapping[str, Any]) -> dict[str, Any]:
    """Return the document: what it was measured on, each round of each cell, and each
    goal.
    """
    tables = {
        workload.name: {
            "title": workload.title,
            "unit": workload.unit,
            "more_is_better": workload.more_is_better,
            "cells": {name: _cell(cell) for name, cell in cells[workload.name].items()},
        }
        for workload in WORKLOADS
        if workload.name in cells
    }
    goals = [
        _goal(goal, cells[goal.workload]) for goal in GOALS if goal.workload in cells
    ]
    return {**about, "goals": goals, "workloads": tables}


def _cell(cell: Cell) -> dict[str, Any]:
    if not cell.rounds:
        return {"error": cell.error or "not measured"}
    return {**asdict(summary(cell.rounds)), "rounds": cell.rounds, "error": cell.error}


def _goal(goal: Goal, cells: Mapping[str, Cell]) -> dict[str, Any]:
    reached = goal.reached(cells)
    return asdict(goal) | {
        "reached": asdict(reached) if reached else None,
        "met": reached is not None and goal.met(reached.median),
    }
