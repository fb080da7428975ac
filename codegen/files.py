"""Read and write the project's files, and download specifications.

No other module touches the project's files. New files are moved into place only at the
end, so that a failure leaves the project unchanged.
"""

import shutil
import tempfile
import tomllib
from collections.abc import Collection, Generator, Mapping
from contextlib import contextmanager
from http.client import HTTPException
from pathlib import Path
from urllib.request import urlopen

from codegen.access import JSONObject, Node, SpecError
from codegen.contract.build import Inputs
from codegen.drift import find_drift
from codegen.python.render import render
from codegen.reading import parse
from codegen.writing import is_url, source_name

CONTRACT = Path("openapi", "financial_connections.yaml")
RELEASED = Path("openapi", "released.yaml")
SOURCE = Path("openapi", "source.toml")
PROSE = Path("openapi", "prose.yaml")
NAMES = Path("openapi", "names.yaml")
MENTIONS = Path("openapi", "mentions.yaml")
OVERLAYS = Path("openapi", "overlays")
PACKAGE = Path("src", "financial_connections")
GENERATED = PACKAGE / "_generated"
CHANGELOG = Path("CHANGELOG.md")
DECISIONS = Path("docs", "decisions")
HANDWRITTEN = (
    *("README.md", "docs/**/*.md", "openapi/prose.yaml"),
    *(f"{folder}/**/*.py" for folder in ("benchmarks", "docs", "examples", "src")),
)
TIMEOUT = 60
"""Seconds to wait for data during a download."""
MAX_BYTES = 100_000_000
NEW, OLD = ".codegen-new-", ".codegen-old-"


def read_record(root: Path, table: str) -> JSONObject:
    """Return a table from source.toml, which records the upstream and the generator."""
    try:
        record = tomllib.loads(read_text(root / SOURCE))
    except ValueError as error:
        raise SpecError(f"{SOURCE}: invalid TOML: {error}") from error
    return Node(record, document=str(SOURCE)).child(table).mapping()


def load_inputs(root: Path) -> Inputs:
    """Read the overlays, prose.yaml and names.yaml."""
    overlays = (root / OVERLAYS).glob("*.yaml")
    return Inputs(
        overlays={path.name: read_document(path) for path in overlays},
        prose=read_document(root / PROSE),
        names=read_document(root / NAMES),
    )


def read_handwritten(root: Path) -> dict[str, str]:
    """Return the text of the hand-written modules and pages, keyed by path.

    Decisions are records of the past, and are not included.
    """
    paths = [path for pattern in HANDWRITTEN for path in root.glob(pattern)]
    excluded = {root / GENERATED, root / DECISIONS}
    return {
        path.relative_to(root).as_posix(): read_text(path)
        for path in paths
        if excluded.isdisjoint(path.parents)
    }


def read_document(path: Path) -> JSONObject:
    """Parse a YAML or JSON file."""
    return parse(path.read_bytes(), path.name)


def read_text(path: Path) -> str:
    """Return the text of a file, or an empty string if it does not exist."""
    try:
        return path.read_text(encoding="utf-8") if path.exists() else ""
    except UnicodeError as error:
        raise SpecError(f"{path.name}: not valid UTF-8: {error}") from error


def fetch(spec: str) -> bytes:
    """Read a specification from a file, or download it from a URL.

    Args:
        spec: A path or a URL.

    Raises:
        SpecError: The download failed, was cut off, or is too large.
    """
    if not is_url(spec):
        return Path(spec).read_bytes()
    name = source_name(spec)
    try:
        with urlopen(spec, timeout=TIMEOUT) as response:  # noqa: S310 - see is_url
            content = bytes(response.read(MAX_BYTES + 1))
            is_incomplete = bool(response.length)
    except (OSError, HTTPException, ValueError) as error:
        raise SpecError(f"{name}: {getattr(error, 'reason', error)}") from error
    if len(content) > MAX_BYTES:
        raise SpecError(f"{name}: larger than {MAX_BYTES} bytes")
    # A truncated YAML file is often still valid YAML.
    if is_incomplete:
        raise SpecError(f"{name}: the download was cut off")
    return content


@contextmanager
def render_temporarily(document: JSONObject) -> Generator[Path]:
    """Render a contract's code into a temporary folder."""
    with tempfile.TemporaryDirectory(prefix="codegen-") as folder:
        package = Path(folder, "package")
        render(document, package)
        yield package


def read_folder(folder: Path) -> dict[str, bytes]:
    """Return the content of every file in a folder, except compiled Python."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }


def write_atomically(
    root: Path, document: JSONObject, texts: Mapping[Path, str]
) -> None:
    """Write a contract's code and other files, leaving unchanged files alone.

    Everything is first written next to its destination, and only then renamed.

    Args:
        root: Root folder of the project.
        document: The contract.
        texts: Text of each file to write, keyed by its path in the project.
    """
    package = root / GENERATED
    package.parent.mkdir(parents=True, exist_ok=True)
    changed = {
        root / path: text
        for path, text in texts.items()
        if read_text(root / path) != text
    }
    with render_temporarily(document) as folder:
        remove_leftovers(root)
        has_new_code = bool(find_drift(read_folder(package), read_folder(folder)))
        try:
            for path, text in changed.items():
                staged(path, NEW).write_text(text, encoding="utf-8")
            if has_new_code:
                shutil.copytree(folder, staged(package, NEW))
        except BaseException:
            remove_leftovers(root)
            raise
    replace_files(root, changed, has_new_code=has_new_code)


def replace_files(root: Path, changed: Collection[Path], *, has_new_code: bool) -> None:
    """Rename the staged files to their destinations.

    `check` reports an interrupted replacement. The contract is replaced last, so that
    the next run still prints the changes from the old one.
    """
    package = root / GENERATED
    for path in changed:
        if path != root / CONTRACT:
            staged(path, NEW).replace(path)
    if has_new_code:
        if package.exists():
            package.rename(staged(package, OLD))
        staged(package, NEW).rename(package)
    if root / CONTRACT in changed:
        staged(root / CONTRACT, NEW).replace(root / CONTRACT)
    remove_leftovers(root)


def staged(path: Path, prefix: str) -> Path:
    """Return the path next to a destination where its new or old content is staged."""
    return path.with_name(prefix + path.name)


def leftovers(root: Path) -> list[Path]:
    """Return the staged files left behind by an interrupted run."""
    destinations = (CONTRACT, RELEASED, SOURCE, NAMES, CHANGELOG, GENERATED)
    return [
        path
        for destination in destinations
        for prefix in (NEW, OLD)
        if (path := staged(root / destination, prefix)).exists()
    ]


def remove_leftovers(root: Path) -> None:
    """Remove the staged files of this run or an earlier one."""
    for path in leftovers(root):
        shutil.rmtree(path) if path.is_dir() else path.unlink()
