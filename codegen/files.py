"""Tree: the project's files, and the specifications that come from outside.

The only module that reads or writes them. What is written is put in place last and all
at once, so that a refusal leaves the tree as it was.
"""

import shutil
import tempfile
import tomllib
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from http.client import HTTPException
from pathlib import Path
from urllib.request import urlopen

from codegen.access import Node, SpecError, child
from codegen.contract.build import Ours
from codegen.drift import drift
from codegen.python.render import rendered
from codegen.reading import parsed
from codegen.writing import is_url, source_name

CONTRACT = Path("openapi", "financial_connections.yaml")
SOURCE = Path("openapi", "source.toml")
PROSE = Path("openapi", "prose.yaml")
OVERLAYS = Path("openapi", "overlays")
PACKAGE = Path("src", "financial_connections")
GENERATED = PACKAGE / "_generated"
CHANGELOG = Path("CHANGELOG.md")
PATIENCE = 60
LARGEST = 100_000_000
NEW, OLD = ".codegen-new-", ".codegen-old-"


def record(root: Path, table: str) -> Node:
    """What is known of the upstream in use, or of the generator."""
    try:
        return child(tomllib.loads(words_in(root / SOURCE)), table, str(SOURCE))
    except ValueError as error:
        raise SpecError(f"{SOURCE}: no TOML: {error}") from error


def what_is_ours(root: Path) -> Ours:
    """Overlays and prose, and the modules that call the generated code."""
    return Ours(
        overlays={path.name: read(path) for path in (root / OVERLAYS).glob("*.yaml")},
        prose=read(root / PROSE),
        facade={path.name: words_in(path) for path in (root / PACKAGE).glob("*.py")},
    )


def read(path: Path) -> Node:
    """A file of ours."""
    return parsed(path.read_bytes(), path.name)


def words_in(path: Path) -> str:
    """The text of a file; empty where there is none."""
    try:
        return path.read_text(encoding="utf-8") if path.exists() else ""
    except UnicodeError as error:
        raise SpecError(f"{path.name}: no text: {error}") from error


def fetched(spec: str) -> bytes:
    """The bytes of a specification. Only a URL uses the network."""
    if not is_url(spec):
        return Path(spec).read_bytes()
    try:
        with urlopen(spec, timeout=PATIENCE) as answer:  # noqa: S310 - http and https only, see is_url
            content = bytes(answer.read(LARGEST + 1))
            is_short = bool(answer.length)
    except (OSError, HTTPException, ValueError) as error:
        raise SpecError(
            f"{source_name(spec)}: {getattr(error, 'reason', error)}"
        ) from error
    if len(content) > LARGEST:
        raise SpecError(f"{source_name(spec)}: is larger than {LARGEST} bytes")
    # A piece of YAML may well be YAML.
    if is_short:
        raise SpecError(f"{source_name(spec)}: the download broke off")
    return content


@contextmanager
def fresh_code(document: Node) -> Generator[Path]:
    """A folder with the code of a contract, for as long as it is needed."""
    with tempfile.TemporaryDirectory(prefix="codegen-") as folder:
        rendered(document, Path(folder, "package"))
        yield Path(folder, "package")


def files(folder: Path) -> dict[str, bytes]:
    """The content of every file below a folder, what Python compiles aside."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }


def put(root: Path, document: Node, texts: Mapping[Path, str]) -> None:
    """Put everything in place once all of it lies beside its place; what is equal stays
    untouched.
    """
    place = root / GENERATED
    place.parent.mkdir(parents=True, exist_ok=True)
    waiting = {
        root / path: words
        for path, words in texts.items()
        if words_in(root / path) != words
    }
    with fresh_code(document) as folder:
        clear(root)
        is_other = bool(drift(files(place), files(folder)))
        try:
            for path, words in waiting.items():
                beside(path, NEW).write_text(words, encoding="utf-8")
            if is_other:
                shutil.copytree(folder, beside(place, NEW))
        except BaseException:
            clear(root)
            raise
    # From here on nothing is written, only renamed. What a crash leaves unrenamed is
    # what `check` finds; and as the contract comes last, another run makes its diff
    # against the old one, and loses no line of the changelog.
    for path in waiting:
        if path != root / CONTRACT:
            beside(path, NEW).replace(path)
    if is_other:
        if place.exists():
            place.rename(beside(place, OLD))
        beside(place, NEW).rename(place)
    if root / CONTRACT in waiting:
        beside(root / CONTRACT, NEW).replace(root / CONTRACT)
    clear(root)


def beside(path: Path, prefix: str) -> Path:
    """Where something waits before it is renamed."""
    return path.with_name(prefix + path.name)


def remains(root: Path) -> list[Path]:
    """What a run that did not finish has left beside the places of things."""
    places = [root / path for path in (CONTRACT, SOURCE, CHANGELOG, GENERATED)]
    return [
        path
        for place in places
        for prefix in (NEW, OLD)
        if (path := beside(place, prefix)).exists()
    ]


def clear(root: Path) -> None:
    """Remove what is left of this run, or of an earlier one."""
    for path in remains(root):
        shutil.rmtree(path) if path.is_dir() else path.unlink()
