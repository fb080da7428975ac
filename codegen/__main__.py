"""
The stages of the generator, for the command line.

The only module that reads or writes the project's files: everything is worked out first and put in place
last, so that a refusal leaves the tree as it was.
"""

import argparse
import hashlib
import json
import re
import shutil
import sys
import tempfile
import tomllib
from collections.abc import Callable, Generator
from contextlib import contextmanager
from http.client import HTTPException
from pathlib import Path
from urllib.parse import urlsplit
from urllib.request import urlopen

from codegen.checked import Node, SpecError
from codegen.diff import as_data, as_markdown, as_text, diff
from codegen.drift import drift
from codegen.normalise import contract_of
from codegen.options import arguments
from codegen.overlay import applied
from codegen.prose import described
from codegen.reading import parsed, plain
from codegen.render import GENERATOR, rendered
from codegen.slicing import slice_of
from codegen.writing import contract_text, source_text

CONTRACT = Path("openapi", "financial_connections.yaml")
SOURCE = Path("openapi", "source.toml")
PROSE = Path("openapi", "prose.yaml")
OVERLAYS = Path("openapi", "overlays")
GENERATED = Path("src", "financial_connections", "_generated")
PATIENCE = 60
LONGEST_LINE = 500


def main() -> int:
    """Run one stage. 0: done; 1: the input or the tree is at fault; 2: done, a person has to do the rest."""
    options = arguments().parse_args()
    stages: dict[str, Callable[[argparse.Namespace], list[str]]] = {
        "bump": bump,
        "check": check,
        "contract": contract,
        "diff": compare,
        "generate": generate,
        "prose": prose,
    }
    try:
        left = stages[options.stage](options)
    except SpecError as error:
        return refused(str(error))
    except OSError as error:
        return refused(f"{error.filename}: {error.strerror}" if error.filename else str(error))
    except RecursionError:
        return refused("the input is nested too deeply")
    except Exception as error:  # noqa: BLE001 - a person who feeds a file wants a line, not our stack
        return refused(f"a fault of the generator itself, please report it: {type(error).__name__}: {error}")
    for line in left:
        print(one_line(line), file=sys.stderr)
    return (1 if options.stage == "check" else 2) if left else 0


def compare(options: argparse.Namespace) -> list[str]:
    """Print what changed between two contracts."""
    changes = diff(read(options.old), read(options.new))
    forms = {"json": json.dumps(as_data(changes), indent=2) + "\n", "markdown": as_markdown(changes)}
    print(forms.get(options.form, as_text(changes)), end="")
    return []


def bump(options: argparse.Namespace) -> list[str]:
    """Take a new upstream: contract, record and code."""
    content = fetched(options.spec)
    document, left = assembled(content, options)
    digest = hashlib.sha256(content).hexdigest()
    source = source_text(source_name(options.spec), document["info"]["version"], digest, GENERATOR)
    put(options.root, document, {CONTRACT: contract_text(document), SOURCE: source})
    return left


def contract(options: argparse.Namespace) -> list[str]:
    """Print the contract that an upstream would give."""
    document, left = assembled(fetched(options.spec), options)
    print(contract_text(document), end="")
    return left


def generate(options: argparse.Namespace) -> list[str]:
    """Write the code anew from the contract alone."""
    put(options.root, kept_contract(options.root), {})
    return []


def prose(options: argparse.Namespace) -> list[str]:
    """Put the words of prose.yaml into the contract, then write the code anew."""
    document, left = described(kept_contract(options.root), read(options.root / PROSE))
    put(options.root, document, {CONTRACT: contract_text(document)})
    return left


def check(options: argparse.Namespace) -> list[str]:
    """Say what is not as the other stages would leave it."""
    root: Path = options.root
    kept = kept_contract(root)
    document, left = described(kept, read(root / PROSE))
    recorded = record(root)
    if contract_text(document) != (root / CONTRACT).read_text(encoding="utf-8"):
        left.append(f"{CONTRACT}: its words are not those of {PROSE}")
    if recorded.get("upstream", {}).get("stripe_version") != document["info"].get("version"):
        left.append(f"{SOURCE}: names another Stripe version than {CONTRACT}")
    if recorded.get("generator", {}).get("version") != GENERATOR:
        left.append(f"{SOURCE}: names another generator than the installed {GENERATOR}")
    with fresh_code(kept) as folder:
        left += [f"{GENERATED / line}" for line in drift(files(root / GENERATED), files(folder))]
    return left


def record(root: Path) -> Node:
    """What is known of the upstream in use."""
    try:
        return tomllib.loads((root / SOURCE).read_text(encoding="utf-8"))
    except ValueError as error:
        raise SpecError(f"{SOURCE}: no TOML: {error}") from error


def assembled(content: bytes, options: argparse.Namespace) -> tuple[Node, list[str]]:
    """The contract of an upstream, and what is left for a person."""
    root: Path = options.root
    overlays = {path.name: read(path) for path in (root / OVERLAYS).glob("*.yaml")}
    upstream = plain(slice_of(parsed(content, source_name(options.spec))), "document")
    return described(contract_of(applied(upstream, overlays)), read(root / PROSE))


def kept_contract(root: Path) -> Node:
    """The contract that is in the tree."""
    return read(root / CONTRACT)


def read(path: Path) -> Node:
    """A file of ours."""
    return parsed(path.read_bytes(), path.name)


def fetched(spec: str) -> bytes:
    """The bytes of an upstream. Only a URL uses the network."""
    if not re.match(r"https?://", spec):
        return Path(spec).read_bytes()
    try:
        with urlopen(spec, timeout=PATIENCE) as answer:  # noqa: S310 - http and https only, see above
            return bytes(answer.read())
    except (OSError, HTTPException, ValueError) as error:
        raise SpecError(f"{source_name(spec)}: {getattr(error, 'reason', error)}") from error


def source_name(spec: str) -> str:
    """What an upstream is called in public: no folder of this machine, no credentials of a URL."""
    url = urlsplit(spec)
    return (
        f"{url.scheme}://{url.netloc.rpartition('@')[2]}{url.path}"
        if url.scheme in {"http", "https"}
        else Path(spec).name
    )


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


def put(root: Path, document: Node, texts: dict[Path, str]) -> None:
    """Put everything in place once all of it is there; what is equal stays untouched."""
    place = root / GENERATED
    place.parent.mkdir(parents=True, exist_ok=True)
    with fresh_code(document) as folder, tempfile.TemporaryDirectory(prefix=".codegen-", dir=place.parent) as near:
        # Beside their places, so that moving them there cannot fail halfway for want of room.
        staged = shutil.copytree(folder, Path(near, "package"))
        waiting = {path: Path(near, path.name) for path in texts if words_in(root / path) != texts[path]}
        for path, new in waiting.items():
            new.write_text(texts[path], encoding="utf-8")
        for path, new in waiting.items():
            new.replace(root / path)
        if drift(files(place), files(staged)):
            if place.exists():
                place.rename(Path(near, "old"))
            staged.rename(place)


def words_in(path: Path) -> str | None:
    """The text of a file; None where there is none."""
    return path.read_text(encoding="utf-8") if path.exists() else None


def refused(words: str) -> int:
    """Say why, in one line."""
    print(f"codegen: {one_line(words)}", file=sys.stderr)
    return 1


def one_line(words: str) -> str:
    """The words without line breaks and control characters, and not longer than anybody reads."""
    line = " ".join("".join(char if char.isprintable() else " " for char in words).split())
    return line if len(line) <= LONGEST_LINE else f"{line[:LONGEST_LINE]}…"


if __name__ == "__main__":
    sys.exit(main())
