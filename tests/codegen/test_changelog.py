import pytest

from codegen.diff.changelog import insert_draft

DRAFT = "- new\n- old\n"
WHOLE = """\
# Changelog

## Unreleased

### Added

- x

### Stripe API

- old
  wrapped

### Fixed

- y

## 1.0

### Stripe API

- new
"""


def test_new_lines_are_added_at_the_end_of_their_section():
    assert WHOLE.replace("  wrapped\n", "  wrapped\n- new\n", 1) == insert_draft(
        WHOLE, DRAFT
    )


def test_inserting_a_draft_twice_changes_nothing():
    changelog = insert_draft(WHOLE, DRAFT)
    assert changelog == insert_draft(changelog, DRAFT)


@pytest.mark.parametrize(
    "changelog", [WHOLE, "", "# Changelog", "no heading\r\n\r\n\r\n"]
)
def test_an_empty_draft_changes_nothing(changelog):
    assert changelog == insert_draft(changelog, "")


@pytest.mark.parametrize(
    ("changelog", "expected"),
    [
        (
            "# Changelog\n",
            "# Changelog\n\n## Unreleased\n\n### Stripe API\n\n- new\n- old\n",
        ),
        (
            "# Changelog\n\n## 1.0\n\n- y\n",
            (
                "# Changelog\n\n## Unreleased\n\n### Stripe API\n\n- new\n- old\n\n"
                "## 1.0\n\n- y\n"
            ),
        ),
        (
            "# Changelog\n\n## Unreleased\n\n## 1.0\n\n### Stripe API\n\n- new\n",
            (
                "# Changelog\n\n## Unreleased\n\n### Stripe API\n\n- new\n- old\n\n"
                "## 1.0\n\n### Stripe API\n\n- new\n"
            ),
        ),
        (
            "# Changelog\n\n## Unreleased\n### Stripe API\n### Fixed\n\n- x\n",
            (
                "# Changelog\n\n## Unreleased\n\n### Stripe API\n\n- new\n- old\n\n"
                "### Fixed\n\n- x\n"
            ),
        ),
        (
            "# Changelog\n\n## Unreleased",
            "# Changelog\n\n## Unreleased\n\n### Stripe API\n\n- new\n- old\n",
        ),
        ("", "## Unreleased\n\n### Stripe API\n\n- new\n- old\n"),
    ],
)
def test_a_missing_section_is_inserted_in_order(changelog, expected):
    assert expected == insert_draft(changelog, DRAFT)
