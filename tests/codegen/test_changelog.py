import pytest
from hypothesis import given
from hypothesis import strategies as st

from codegen.access import SpecError
from codegen.contract.normalise import normalise
from codegen.contract.slicing import slice_document
from codegen.diff.changelog import BEGIN, END, remove_markers, update_draft
from codegen.diff.changes import as_markdown
from codegen.diff.compare import diff
from tests.support.tiny_spec import variants

DRAFT = "- new\n- old\n"
BLOCK = f"{BEGIN}\n\n- new\n- old\n\n{END}\n"
WHOLE = """\
# Changelog

## Unreleased

### Added

- x

### Stripe API

- written
  by hand

### Fixed

- y

## 1.0

### Stripe API

- new
"""
CHANGELOGS = [
    WHOLE,
    "# Changelog\n\n## Unreleased\n\n### Added\n\n- x\n",
    "# Changelog\n\n## Unreleased\n\n### Added\n\n- x\n\n## 1.0\n\n- y\n",
]
CONTRACTS = [normalise(slice_document(document)) for document in variants()]


def test_the_list_is_inserted_at_the_end_of_its_section():
    expected = WHOLE.replace("by hand\n", f"by hand\n\n{BLOCK}", 1)
    assert expected == update_draft(WHOLE, DRAFT)


def test_the_list_is_replaced_where_it_was_moved_to():
    moved = WHOLE.replace("### Added\n", f"### Added\n\n{BLOCK}", 1)
    expected = moved.replace("- new\n- old\n\n", "- other\n\n")
    assert expected == update_draft(moved, "- other\n")


def test_a_list_in_the_section_of_a_release_is_unchanged():
    released = WHOLE.replace("## 1.0\n", f"## 1.0\n\n{BLOCK}")
    assert released == update_draft(update_draft(released, "- other\n"), "")


@pytest.mark.parametrize(
    "changelog", [*CHANGELOGS, "", "# Changelog", "no heading\r\n\r\n\r\n"]
)
def test_a_changelog_without_changes_or_list_is_unchanged(changelog):
    assert changelog == update_draft(changelog, "")


@pytest.mark.parametrize("changelog", CHANGELOGS)
def test_the_list_is_removed_if_there_are_no_changes(changelog):
    assert changelog == update_draft(update_draft(changelog, DRAFT), "")


def test_only_the_markers_are_removed_for_a_release():
    expected = WHOLE.replace("by hand\n", "by hand\n\n- new\n- old\n", 1)
    changelog = update_draft(WHOLE, DRAFT)
    renamed = changelog.replace("## Unreleased", "## 2.0")
    assert expected == remove_markers(changelog)
    assert expected.replace("## Unreleased", "## 2.0") == remove_markers(renamed)
    assert WHOLE == remove_markers(WHOLE)
    at_end = update_draft("## Unreleased\n", DRAFT)
    assert "## Unreleased\n\n### Stripe API\n\n- new\n- old\n" == remove_markers(at_end)


@pytest.mark.parametrize(
    "block", [BEGIN, END, f"{END}\n{BEGIN}", f"{BLOCK}\n{BLOCK}", f"{BEGIN}\n{BLOCK}"]
)
def test_a_list_whose_end_is_unknown_is_rejected(block):
    changelog = WHOLE.replace("### Added\n", f"### Added\n\n{block}\n", 1)
    with pytest.raises(SpecError, match=r"^CHANGELOG\.md: expected .* once each"):
        update_draft(changelog, DRAFT)


def test_long_items_are_wrapped():
    changelog = update_draft("", f"- {'word ' * 30}https://x/{'y' * 100}\n")
    assert "\n  word word" in changelog
    assert f"\n  https://x/{'y' * 100}\n" in changelog
    assert [] == [
        line for line in changelog.splitlines() if len(line) > 80 and "y" not in line
    ]


@pytest.mark.parametrize(
    ("changelog", "expected"),
    [
        (
            "# Changelog\n",
            f"# Changelog\n\n## Unreleased\n\n### Stripe API\n\n{BLOCK}",
        ),
        (
            "# Changelog\n\n## 1.0\n\n- y\n",
            (
                f"# Changelog\n\n## Unreleased\n\n### Stripe API\n\n{BLOCK}\n"
                "## 1.0\n\n- y\n"
            ),
        ),
        (
            "# Changelog\n\n## Unreleased\n\n## 1.0\n\n### Stripe API\n\n- new\n",
            (
                f"# Changelog\n\n## Unreleased\n\n### Stripe API\n\n{BLOCK}\n"
                "## 1.0\n\n### Stripe API\n\n- new\n"
            ),
        ),
        (
            "# Changelog\n\n## Unreleased\n### Stripe API\n### Fixed\n\n- x\n",
            (
                f"# Changelog\n\n## Unreleased\n### Stripe API\n\n{BLOCK}\n"
                "### Fixed\n\n- x\n"
            ),
        ),
        (
            "# Changelog\n\n## Unreleased",
            f"# Changelog\n\n## Unreleased\n\n### Stripe API\n\n{BLOCK}",
        ),
        ("", f"## Unreleased\n\n### Stripe API\n\n{BLOCK}"),
    ],
)
def test_a_missing_section_is_inserted_in_order(changelog, expected):
    assert expected == update_draft(changelog, DRAFT)


@given(st.sampled_from(CHANGELOGS), st.lists(st.sampled_from(CONTRACTS), min_size=1))
def test_after_any_bumps_the_list_has_the_changes_since_the_release(before, contracts):
    changelog = before
    for contract in contracts:
        changes = as_markdown(diff(CONTRACTS[0], contract))
        changelog = update_draft(changelog, changes)
        assert update_draft(before, changes) == changelog
        assert changes == listed(changelog)
    assert before == update_draft(changelog, "")


def listed(changelog):
    """Return the list of changes in a changelog, with an item on each line."""
    block = changelog.partition(BEGIN)[2].partition(END)[0]
    return block.strip().replace("\n  ", " ") + "\n" if block else ""
