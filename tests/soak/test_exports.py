"""Exports of every format that are killed again and again."""

import pytest

from tests.cli import test_export


@pytest.mark.parametrize("ending", [".jsonl", ".parquet"])
def test_an_export_of_25000_that_is_killed_again_and_again_equals_one_that_is_not(
    many, tmp_path, ending
):
    test_export.test_an_export_of_25000_that_is_killed_again_and_again_equals_one_that_is_not(
        many, tmp_path, ending
    )
