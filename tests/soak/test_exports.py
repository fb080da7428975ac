"""Exports that are killed repeatedly, in each format."""

import pytest

from tests.cli.test_export_interruptions import check_an_export_of_25000_that_is_killed


@pytest.mark.parametrize("extension", [".csv", ".jsonl", ".parquet"])
def test_an_export_killed_three_times_equals_an_uninterrupted_one(
    many, tmp_path, extension
):
    check_an_export_of_25000_that_is_killed(many, tmp_path, extension)
