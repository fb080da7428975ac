"""Tests of the decision records."""

import re
from pathlib import Path

import pytest

FOLDER = Path(__file__).parents[1] / "docs" / "decisions"


def decisions():
    return sorted(FOLDER.glob("0*.md"))


def test_decisions_are_numbered_without_gaps():
    numbers = [path.name.partition("-")[0] for path in decisions()]
    assert [f"{number:04}" for number in range(1, len(numbers) + 1)] == numbers


def test_the_index_lists_number_title_date_and_status_of_every_decision():
    rows = []
    for path in decisions():
        number, title = path.read_text().partition("\n")[0][2:].split(" ", 1)
        [(date, status)] = re.findall(
            r"^\*(\d{4}-\d\d-\d\d)\. (\w+)\.", path.read_text(), re.MULTILINE
        )
        assert path.name.startswith(f"{number}-")
        rows.append(f"| {number} | [{title}]({path.name}) | {date} | {status} |")
    index = (FOLDER / "index.md").read_text().splitlines()
    assert rows == [line for line in index if line.startswith("| 0")]


@pytest.mark.parametrize("page", decisions(), ids=lambda page: page.name)
def test_a_decision_has_context_decision_and_consequences(page):
    headings = re.findall(r"^## (.*)$", page.read_text(), re.MULTILINE)
    assert ["Context", "Decision", "Consequences"] == [
        heading for heading in headings if heading != "Alternatives"
    ]
