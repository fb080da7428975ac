"""Every Python block of the documentation runs, every relative link leads somewhere."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("openapi/*.md")])


def blocks():
    found = []
    for page in PAGES:
        text = page.read_text()
        for match in re.finditer(r"^```python\n(.*?)^```", text, re.DOTALL | re.MULTILINE):
            line = text[: match.start()].count("\n") + 2
            found.append(pytest.param(match[1], id=f"{page.relative_to(ROOT)}:{line}"))
    assert len(found) > 5
    return found


@pytest.mark.parametrize("block", blocks())
def test_a_code_block_runs(block, tmp_path):
    """A block with a test in it is run by pytest, any other as a program."""
    script = tmp_path / "test_block.py"
    script.write_text(block)
    runner = ["-m", "pytest", "-q", "-o", "anyio_mode=auto"] if "def test_" in block else []
    done = subprocess.run([sys.executable, *runner, script], capture_output=True, text=True, cwd=tmp_path, check=False)
    assert 0 == done.returncode, done.stdout + done.stderr


def test_relative_links_lead_somewhere():
    checked = 0
    for page in PAGES:
        for target in re.findall(r"\]\(([^)#\s]+)", page.read_text()):
            if "://" not in target:
                checked += 1
                assert (page.parent / target).exists(), f"{page.relative_to(ROOT)} links to {target}"
    assert checked > 5


def test_the_tour_runs_to_its_end():
    done = subprocess.run(
        [sys.executable, "-m", "examples.tour"], capture_output=True, text=True, cwd=ROOT, check=False
    )
    assert 0 == done.returncode, done.stderr
    assert "Done." in done.stdout
