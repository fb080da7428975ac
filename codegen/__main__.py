"""The generator's command line. No other module prints."""

import argparse
import json
import sys
from collections.abc import Callable, Sequence
from hashlib import sha256
from pathlib import Path

from codegen.access import JSONObject, SpecError
from codegen.contract.build import Built, Inputs, build_contract, load_contract
from codegen.contract.prose import merge_prose
from codegen.contract.upstream_names import upstream_names
from codegen.diff.changelog import remove_markers, update_draft
from codegen.diff.changes import as_data, as_markdown, as_text
from codegen.diff.compare import diff
from codegen.drift import find_drift
from codegen.files import (
    CHANGELOG,
    CONTRACT,
    GENERATED,
    MENTIONS,
    NAMES,
    PROSE,
    RELEASED,
    SOURCE,
    fetch,
    leftovers,
    load_inputs,
    read_document,
    read_folder,
    read_handwritten,
    read_record,
    read_text,
    render_temporarily,
    write_atomically,
)
from codegen.options import build_parser
from codegen.python.parse import parse_contract
from codegen.python.render import GENERATOR
from codegen.reading import parse
from codegen.todo import (
    DESCRIPTIONS,
    EXCEPTIONS,
    FILES,
    OVERLAYS,
    Todo,
    list_code,
    list_inputs,
)
from codegen.writing import (
    RELEASED_HEADER,
    contract_text,
    names_text,
    one_line,
    source_name,
    source_text,
    todo_text,
)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one stage and return the exit status.

    Returns:
        0 if the stage is done, 1 if the input or the project is invalid, and 2 if the
        stage is done but manual steps remain.
    """
    options = build_parser().parse_args(arguments)
    try:
        todo = STAGES[options.stage](options)
    except SpecError as error:
        return fail(str(error))
    except OSError as error:
        reason = f"{error.filename}: {error.strerror}" if error.filename else str(error)
        return fail(reason)
    except RecursionError:
        return fail("the input is nested too deeply")
    except Exception as error:  # noqa: BLE001 - users get one line, not a traceback
        return fail(
            f"internal error, please report it: {type(error).__name__}: {error}"
        )
    print(todo_text(todo, joined={OVERLAYS}), end="", file=sys.stderr)
    return (1 if options.stage == "check" else 2) if any(todo.values()) else 0


def bump(options: argparse.Namespace) -> Todo:
    """Switch to another upstream specification.

    Writes the contract, the source record, the code and the changelog's list of changes
    since the last release. Prints the changes since the previous contract.
    """
    root = options.root
    built, digest, todo = build(options.spec, root)
    document, name = built.contract, source_name(options.spec)
    old = read_document(root / CONTRACT)
    if options.old:
        old = load(options.old, load_inputs(root))
    changes = diff(old, document)
    texts = {
        CONTRACT: contract_text(document),
        NAMES: names_text(built.names.all()),
        SOURCE: source_text(name, document["info"]["version"], digest, GENERATOR),
        CHANGELOG: changelog_text(root, document),
    }
    write_atomically(root, document, texts)
    print(as_text(changes), end="")
    return todo


def contract(options: argparse.Namespace) -> Todo:
    """Print the contract built from an upstream specification."""
    built, _, todo = build(options.spec, options.root)
    print(contract_text(built.contract), end="")
    return todo


def compare(options: argparse.Namespace) -> Todo:
    """Print the changes between two contracts or upstream specifications."""
    inputs = load_inputs(options.root)
    changes = diff(load(options.old, inputs), load(options.new, inputs))
    forms = {
        "json": json.dumps(as_data(changes), indent=2) + "\n",
        "markdown": as_markdown(changes),
    }
    print(forms.get(options.form, as_text(changes)), end="")
    return {}


def generate(options: argparse.Namespace) -> Todo:
    """Generate the code from the contract."""
    write_atomically(options.root, read_document(options.root / CONTRACT), {})
    return {}


def prose(options: argparse.Namespace) -> Todo:
    """Merge prose.yaml into the contract, then generate the code."""
    root = options.root
    old, texts = read_document(root / CONTRACT), read_document(root / PROSE)
    document, descriptions = merge_prose(old, texts)
    write_atomically(root, document, {CONTRACT: contract_text(document)})
    return {DESCRIPTIONS: descriptions}


def release(options: argparse.Namespace) -> Todo:
    """Save the contract as that of the last release, and turn the list into plain text.

    Lists the exceptions in mentions.yaml, which are about changes until a release.
    """
    root = options.root
    document = read_document(root / CONTRACT)
    texts = {
        RELEASED: contract_text(document, RELEASED_HEADER),
        CHANGELOG: remove_markers(read_text(root / CHANGELOG)),
    }
    write_atomically(root, document, texts)
    return {EXCEPTIONS: code_todo(document, root)[EXCEPTIONS]}


def check(options: argparse.Namespace) -> Todo:
    """List the files that differ from what the other stages would write."""
    root = options.root
    current = read_document(root / CONTRACT)
    document, descriptions = merge_prose(current, read_document(root / PROSE))
    upstream, generator = read_record(root, "upstream"), read_record(root, "generator")
    files = []
    if contract_text(document) != read_text(root / CONTRACT):
        files.append(f"{CONTRACT}: the descriptions differ from {PROSE}")
    if upstream.get("stripe_version") != document["info"].get("version"):
        files.append(f"{SOURCE}: the Stripe version differs from {CONTRACT}")
    if generator.get("version") != GENERATOR:
        files.append(f"{SOURCE}: the generator differs from the installed {GENERATOR}")
    if changelog_text(root, current) != read_text(root / CHANGELOG):
        files.append(f"{CHANGELOG}: the list of changes differs from {CONTRACT}")
    files += [
        f"{path.relative_to(root)}: left over from an interrupted run; run it again"
        for path in leftovers(root)
    ]
    with render_temporarily(current) as folder:
        drift = find_drift(read_folder(root / GENERATED), read_folder(folder))
        files += [f"{GENERATED / line}" for line in drift]
    code = code_todo(current, root)
    return {FILES: files, **code, DESCRIPTIONS: descriptions}


def build(spec: str, root: Path) -> tuple[Built, str, Todo]:
    """Build the contract of an upstream specification.

    Returns:
        The contract, the hash of the upstream document, and the remaining manual steps.
    """
    content = fetch(spec)
    upstream = parse(content, source_name(spec))
    built = build_contract(upstream, load_inputs(root))
    digest = sha256(content).hexdigest()
    is_recorded = read_record(root, "upstream").get("sha256") == digest
    with upstream_names(built.names.all(), upstream):
        code = code_todo(built.contract, root)
    return built, digest, code | list_inputs(built, is_recorded=is_recorded)


def code_todo(document: JSONObject, root: Path) -> Todo:
    """List what a contract requires in hand-written files."""
    return list_code(
        parse_contract(document),
        parse_contract(read_document(root / RELEASED)),
        read_handwritten(root),
        read_document(root / MENTIONS),
    )


def changelog_text(root: Path, document: JSONObject) -> str:
    """Return the changelog with the changes from the last release to a contract."""
    changes = diff(read_document(root / RELEASED), document)
    changelog = read_text(root / CHANGELOG) or "# Changelog\n"
    return update_draft(changelog, as_markdown(changes))


def load(spec: str, inputs: Inputs) -> JSONObject:
    """Load a contract, or build one from an upstream, given its path or URL."""
    name = source_name(spec)
    return load_contract(parse(fetch(spec), name), inputs, name)


STAGES: dict[str, Callable[[argparse.Namespace], Todo]] = {
    "bump": bump,
    "check": check,
    "contract": contract,
    "diff": compare,
    "generate": generate,
    "prose": prose,
    "release": release,
}


def fail(reason: str) -> int:
    """Print the reason for a failure on one line, and return the exit status."""
    print(f"codegen: {one_line(reason)}", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
