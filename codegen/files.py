"""Read and write the project's files, and download specifications.

No other module touches the file system. New files are put in place last and all at
once, so that a failure leaves the project as it was.
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
SOURCE = Path("openapi", "source.toml")
PROSE = Path("openapi", "prose.yaml")
OVERLAYS = Path("openapi", "overlays")
PACKAGE = Path("src", "financial_connections")
GENERATED = PACKAGE / "_generated"
CHANGELOG = Path("CHANGELOG.md")
TIMEOUT = 60
"""Seconds that a download may wait for data."""
MAX_BYTES = 100_000_000
NEW, OLD = ".codegen-new-", ".codegen-old-"


def read_record(root: Path, table: str) -> JSONObject:
    """Return a table of the record of the current upstream and generator."""
    try:
        record = tomllib.loads(read_text(root / SOURCE))
    except ValueError as error:
        raise SpecError(f"{SOURCE}: invalid TOML: {error}") from error
    return Node(record, document=str(SOURCE)).child(table).mapping()


def load_inputs(root: Path) -> Inputs:
    """Return the overlays and the prose."""
    overlays = (root / OVERLAYS).glob("*.yaml")
    return Inputs(
        overlays={path.name: read_document(path) for path in overlays},
        prose=read_document(root / PROSE),
    )


def read_facade(root: Path) -> dict[str, str]:
    """Return the source of the hand-written modules by path in the package."""
    paths = (root / PACKAGE).rglob("*.py")
    return {
        path.relative_to(root / PACKAGE).as_posix(): read_text(path)
        for path in paths
        if root / GENERATED not in path.parents
    }


def read_document(path: Path) -> JSONObject:
    """Return a YAML or JSON file of the project."""
    return parse(path.read_bytes(), path.name)


def read_text(path: Path) -> str:
    """Return the text of a file, or nothing if it does not exist."""
    try:
        return path.read_text(encoding="utf-8") if path.exists() else ""
    except UnicodeError as error:
        raise SpecError(f"{path.name}: not valid text: {error}") from error


def fetch(spec: str) -> bytes:
    """Return the bytes of a specification. Only a URL uses the network.

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
    # The beginning of a YAML file is often valid YAML.
    if is_incomplete:
        raise SpecError(f"{name}: the download was cut off")
    return content


@contextmanager
def render_temporarily(document: JSONObject) -> Generator[Path]:
    """Yield a temporary folder with the code of a contract."""
    with tempfile.TemporaryDirectory(prefix="codegen-") as folder:
        package = Path(folder, "package")
        render(document, package)
        yield package


def read_folder(folder: Path) -> dict[str, bytes]:
    """Return the content of every file below a folder, except compiled Python."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }


def write_atomically(
    root: Path, document: JSONObject, texts: Mapping[Path, str]
) -> None:
    """Write the code of a contract and some files. Equal files are not touched.

    Everything is first written next to its destination, and only then renamed.

    Args:
        root: Folder of the project.
        document: The contract.
        texts: Text of each file to write, by its path in the project.
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

    If this is interrupted, `check` reports it. The contract comes last, so that the
    next run still compares with the old one and no line of the changelog is lost.
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
    """Return the path next to a destination where its content waits to be renamed."""
    return path.with_name(prefix + path.name)


def leftovers(root: Path) -> list[Path]:
    """Return the staged files of a run that was interrupted."""
    destinations = [root / path for path in (CONTRACT, SOURCE, CHANGELOG, GENERATED)]
    return [
        path
        for destination in destinations
        for prefix in (NEW, OLD)
        if (path := staged(destination, prefix)).exists()
    ]


def remove_leftovers(root: Path) -> None:
    """Remove the staged files of this run or of an earlier one."""
    for path in leftovers(root):
        shutil.rmtree(path) if path.is_dir() else path.unlink()
