"""The picture on the page about data."""

import runpy
from decimal import Decimal
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

pytest.importorskip("duckdb", reason="only .envs/dev has DuckDB")
ROOT = Path(__file__).parents[2]


def bars(svg, kind):
    return [
        float(element.get("height"))
        for element in ET.fromstring(svg).iter()
        if element.get("class") == kind and element.get("width") != "12"
    ]


async def test_the_picture_has_two_bars_for_each_month():
    script = runpy.run_path(str(ROOT / "docs/spending.py"))
    months = await script["read_months"]()
    assert len(months) > 6
    assert all(income > spending > 0 for _, income, spending in months[1:-1])
    picture = script["render"](months)
    assert len(months) == len(bars(picture, "income")) == len(bars(picture, "spending"))
    assert len(months) == len(bars(script["FILE"].read_text(), "income"))


def test_a_bar_is_as_high_as_its_amount():
    script = runpy.run_path(str(ROOT / "docs/spending.py"))
    picture = script["render"]([("May", Decimal(4_000), Decimal(1_000))])
    [income], [spending] = bars(picture, "income"), bars(picture, "spending")
    assert income == pytest.approx(4 * spending, abs=0.5)
