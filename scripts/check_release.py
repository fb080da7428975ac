"""Check that a tag may be released: `python -m scripts.check_release v1.2.3`."""

import os
import re
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[1]


def problems(
    tag: str, *, version: str, changelog: str, source: str, repository: str | None
) -> list[str]:
    """Return the reasons against releasing a tag.

    Args:
        tag: The tag, `v` and the version.
        version: The version of the package.
        changelog: The text of `CHANGELOG.md`.
        source: `Source` in the project's URLs.
        repository: The repository that is to release, `owner/name`; None outside CI.
    """
    found = []
    if tag != f"v{version}":
        found.append(f"the tag is {tag!r}, but the package has version {version!r}")
    if not re.search(
        rf"^## \[?{re.escape(version)}\]?\W+\d{{4}}-\d\d-\d\d\b",
        changelog,
        re.MULTILINE,
    ):
        found.append(
            f"CHANGELOG.md has no section for {version} with a date: "
            "rename 'Unreleased'"
        )
    if repository is not None and not source.endswith(f"/{repository}"):
        found.append(
            f"pyproject.toml names {source} as the source, but {repository} is "
            "releasing: correct [project.urls]"
        )
    return found


def main() -> None:
    """Print the problems of the tag given, and exit with 1 if there are any."""
    from financial_connections import __version__  # noqa: PLC0415 - needs the package

    [tag] = sys.argv[1:]
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    found = problems(
        tag,
        version=__version__,
        changelog=(ROOT / "CHANGELOG.md").read_text(),
        source=project["urls"]["Source"],
        repository=os.environ.get("GITHUB_REPOSITORY"),
    )
    for problem in found:
        print(f"error: {problem}", file=sys.stderr)
    sys.exit(bool(found))


if __name__ == "__main__":
    main()
