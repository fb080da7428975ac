"""The check that runs before a release."""

import pytest

from scripts.check_release import problems

RELEASE = {
    "version": "1.2.3",
    "changelog": "# Changelog\n\n## Unreleased\n\n## 1.2.3 - 2026-11-30\n\n## 1.2.2",
    "contract": {"openapi": "3.0.3"},
    "released": {"openapi": "3.0.3"},
    "source": "https://forge.example/owner/name",
    "repository": "owner/name",
}


def test_a_release_without_problems_passes():
    assert [] == problems("v1.2.3", **RELEASE)
    assert [] == problems("v1.2.3", **RELEASE | {"repository": None})


@pytest.mark.parametrize(
    ("tag", "changes", "problem"),
    [
        ("v1.2.4", {}, "the tag is 'v1.2.4', but the package has version '1.2.3'"),
        ("1.2.3", {}, "the tag is '1.2.3'"),
        ("v1.2.3", {"changelog": "## Unreleased"}, "has no section for 1.2.3"),
        ("v1.2.3", {"changelog": "## 1.2.3"}, "has no section for 1.2.3 with a date"),
        ("v1.2.3", {"released": {}}, "openapi/released.yaml is not the contract of"),
        ("v1.2.3", {"repository": "fork/name"}, "but fork/name is releasing"),
    ],
)
def test_a_problem_is_named(tag, changes, problem):
    [message] = problems(tag, **RELEASE | changes)
    assert problem in message
