"""The benchmarks run; no timings are asserted."""

import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks.workloads import WORKLOADS

ROOT = Path(__file__).parents[2]


@pytest.mark.timeout(0)  # the duration depends on the machine
def test_every_contender_runs_every_workload():
    files = [*(ROOT / "docs").glob("*.md"), *(ROOT / "docs").glob("*.svg")]
    before = [file.read_bytes() for file in files]
    command = [sys.executable, "-m", "benchmarks", "--quick"]
    result = subprocess.run(
        command, capture_output=True, text=True, cwd=ROOT, check=False
    )
    assert 0 == result.returncode, result.stdout + result.stderr
    assert "failed" not in result.stdout
    figures = sum(len(workload.contenders) for workload in WORKLOADS)
    assert figures == result.stderr.count("round 1, ")
    assert before == [file.read_bytes() for file in files]
