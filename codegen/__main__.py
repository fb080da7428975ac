"""The stages of the generator, for the command line. The only module that prints."""

import argparse
import hashlib
import json
import sys
from collections.abc import Callable, Sequence

from codegen.access import Node, SpecError
from codegen.contract.build import Ours, assembled, known
from codegen.contract.prose import described
from codegen.diff.changelog import drafted
from codegen.diff.changes import as_data, as_markdown, as_text
from codegen.diff.compare import diff
from codegen.drift import drift
from codegen.files import (
    CHANGELOG,
    CONTRACT,
    GENERATED,
    PROSE,
    SOURCE,
    fetched,
    files,
    fresh_code,
    put,
    read,
    record,
    remains,
    what_is_ours,
    words_in,
)
from codegen.options import arguments
from codegen.python.render import GENERATOR
from codegen.reading import parsed
from codegen.writing import contract_text, one_line, source_name, source_text


def main(line: Sequence[str] | None = None) -> int:
    """Run one stage. 0: done; 1: the input or the tree is at fault; 2: done, a person
    has to do the rest.
    """
    options = arguments().parse_args(line)
    try:
        left = STAGES[options.stage](options)
    except SpecError as error:
        return refused(str(error))
    except OSError as error:
        return refused(
            f"{error.filename}: {error.strerror}" if error.filename else str(error)
        )
    except RecursionError:
        return refused("the input is nested too deeply")
    except Exception as error:  # noqa: BLE001 - a person who feeds a file wants a line, not our stack
        return refused(
            f"a fault of the generator itself, please report it: {type(error).__name__}: {error}"
        )
    for words in left:
        print(one_line(words), file=sys.stderr)
    return (1 if options.stage == "check" else 2) if left else 0


def bump(options: argparse.Namespace) -> list[str]:
    """Take a new upstream: contract, record, code, and a draft for the changelog."""
    root = options.root
    content, name, ours = (
        fetched(options.spec),
        source_name(options.spec),
        what_is_ours(root),
    )
    document, left = assembled(parsed(content, name), ours)
    changes = diff(
        contract_at(options.old, ours) if options.old else read(root / CONTRACT),
        document,
    )
    digest = hashlib.sha256(content).hexdigest()
    texts = {
        CONTRACT: contract_text(document),
        SOURCE: source_text(name, document["info"]["version"], digest, GENERATOR),
        CHANGELOG: drafted(
            words_in(root / CHANGELOG) or "# Changelog\n", as_markdown(changes)
        ),
    }
    put(root, document, texts)
    print(as_text(changes), end="")
    return left


def contract(options: argparse.Namespace) -> list[str]:
    """Print the contract that an upstream would give."""
    upstream = parsed(fetched(options.spec), source_name(options.spec))
    document, left = assembled(upstream, what_is_ours(options.root))
    print(contract_text(document), end="")
    return left


def compare(options: argparse.Namespace) -> list[str]:
    """Print what changed between two contracts, or the upstreams they would come from."""
    ours = what_is_ours(options.root)
    changes = diff(contract_at(options.old, ours), contract_at(options.new, ours))
    forms = {
        "json": json.dumps(as_data(changes), indent=2) + "\n",
        "markdown": as_markdown(changes),
    }
    print(forms.get(options.form, as_text(changes)), end="")
    return []


def contract_at(spec: str, ours: Ours) -> Node:
    """The contract in a file, or the one of the upstream in it."""
    name = source_name(spec)
    return known(parsed(fetched(spec), name), ours, name)


def generate(options: argparse.Namespace) -> list[str]:
    """Write the code anew from the contract alone."""
    put(options.root, read(options.root / CONTRACT), {})
    return []


def prose(options: argparse.Namespace) -> list[str]:
    """Put the words of prose.yaml into the contract, then write the code anew."""
    document, left = described(
        read(options.root / CONTRACT), read(options.root / PROSE)
    )
    put(options.root, document, {CONTRACT: contract_text(document)})
    return left


def check(options: argparse.Namespace) -> list[str]:
    """Say what is not as the other stages would leave it."""
    root = options.root
    kept = read(root / CONTRACT)
    document, left = described(kept, read(root / PROSE))
    upstream, generator = record(root, "upstream"), record(root, "generator")
    if contract_text(document) != words_in(root / CONTRACT):
        left.append(f"{CONTRACT}: its words are not those of {PROSE}")
    if upstream.get("stripe_version") != document["info"].get("version"):
        left.append(f"{SOURCE}: names another Stripe version than {CONTRACT}")
    if generator.get("version") != GENERATOR:
        left.append(f"{SOURCE}: names another generator than the installed {GENERATOR}")
    left += [
        f"{path.relative_to(root)}: a run stopped halfway, repeat it"
        for path in remains(root)
    ]
    with fresh_code(kept) as folder:
        left += [
            f"{GENERATED / line}"
            for line in drift(files(root / GENERATED), files(folder))
        ]
    return left


STAGES: dict[str, Callable[[argparse.Namespace], list[str]]] = {
    "bump": bump,
    "check": check,
    "contract": contract,
    "diff": compare,
    "generate": generate,
    "prose": prose,
}


def refused(words: str) -> int:
    """Say why, in one line."""
    print(f"codegen: {one_line(words)}", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
