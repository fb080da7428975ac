"""The measurements of a fleet run, whatever their results are."""

import re
import subprocess
import sys


def test_the_measurements_print_their_tables():
    command = [sys.executable, "-m", "benchmarks.fleet"]
    command += ["--due", "500", "--accounts", "4", "--rounds", "1"]
    result = subprocess.run(command, capture_output=True, text=True, check=True)
    rows = re.findall(r"^\| ([^|]+) \|", result.stdout, re.MULTILINE)
    due = ["step", "feed the queue", "fetch a job", "claim its account"]
    due.append("count all accounts (`progress`)")
    assert [*due, *due, "processes", "1", "2", "4"] == rows
