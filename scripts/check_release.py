"""Check whether a tag can be released: `python -m scripts.check_release v1.2.3`."""

import os
import re
import sys
import tomllib
from collections.abc import Mapping
from pathlib import Path

ROOT = Path(__file__).parents[1]


def problems(
    tag: str,
    *,
    version: str,
    changelog: str,
    contract: Mapping[str, object],
    released: Mapping[str, object],
    source: str,
    repository: str | None,
) -> list[str]:
    """Return the problems that prevent releasing a tag.

    Args:
        tag: The tag: `v` followed by the version.
        version: The package version.
        changelog: The content of `CHANGELOG.md`.
        contract: The contract that the code is generated from.
        released: The contract that was kept for this release.
        source: The `Source` URL in the project's metadata.
        repository: The repository making the release, as `owner/name`; None outside CI.
    """
    result = []
    if tag != f"v{version}":
        result.append(f"the tag is {tag!r}, but the package has version {version!r}")
    if not re.search(
        rf"^## \[?{re.escape(version)}\]?\W+\d{{4}}-\d\d-\d\d\b",
        changelog,
        re.MULTILINE,
    ):
        result.append(
            f"CHANGELOG.md has no section for {version} with a date: "
            "rename 'Unreleased'"
        )
    if released != contract:
        result.append(
            "openapi/released.yaml is not the contract of this release: "
            "run python -m codegen release"
        )
    if repository is not None and not source.endswith(f"/{repository}"):
        result.append(
            f"pyproject.toml names {source} as the source, but {repository} is "
            "releasing: correct [project.urls]"
        )
    return result


def main() -> None:
    """Print any problems with the given tag; exit with status 1 if there are any."""
    # Imported here so that `problems` can be used without the generator.
    from codegen.files import CONTRACT, RELEASED, read_document  # noqa: PLC0415
    from financial_connections import __version__  # noqa: PLC0415

    [tag] = sys.argv[1:]
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    found_problems = problems(
        tag,
        version=__version__,
        changelog=(ROOT / "CHANGELOG.md").read_text(),
        contract=read_document(ROOT / CONTRACT),
        released=read_document(ROOT / RELEASED),
        source=project["urls"]["Source"],
        repository=os.environ.get("GITHUB_REPOSITORY"),
    )
    for problem in found_problems:
        print(f"error: {problem}", file=sys.stderr)
    sys.exit(bool(found_problems))


if __name__ == "__main__":
    main()
