"""Exports that are killed repeatedly, in the formats not covered by tests/cli."""

import pytest

from tests.cli import test_export_interruptions as interruptions


@pytest.mark.parametrize("extension", [".jsonl", ".parquet"])
def test_an_export_of_25000_killed_three_times_equals_an_uninterrupted_one(
    many, tmp_path, extension
):
    interruptions.test_an_export_of_25000_killed_three_times_equals_an_uninterrupted_one(
        many, tmp_path, extension
    )
