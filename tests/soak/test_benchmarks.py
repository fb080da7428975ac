"""The benchmarks run. No time is asserted."""

import json
import subprocess
import sys
from pathlib import Path

from benchmarks.goals import GOALS
from benchmarks.workloads import WORKLOADS

ROOT = Path(__file__).parents[2]


def test_the_benchmarks_run(tmp_path):
    command = [sys.executable, "-m", "benchmarks", "--quick", "--into", tmp_path]
    done = subprocess.run(
        command, capture_output=True, text=True, cwd=ROOT, timeout=300, check=False
    )
    results = json.loads((tmp_path / "benchmarks" / "results.json").read_text())
    errors = [
        cell["error"]
        for table in results["workloads"].values()
        for cell in table["cells"].values()
    ]

    assert 0 == done.returncode, done.stdout + done.stderr
    assert {None} == set(errors)
    assert {one.name for one in WORKLOADS} == set(results["workloads"])
    assert len(GOALS) == len(results["goals"])
    assert {"performance.md", "performance.svg", "performance-growth.svg"} == {
        path.name for path in (tmp_path / "docs").iterdir()
    }
