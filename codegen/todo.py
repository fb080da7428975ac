"""List what a person must do after a contract has been built."""

from collections.abc import Mapping

from codegen.access import JSONObject
from codegen.allowlist import parse_allowlist
from codegen.contract.build import Built
from codegen.facade import list_gaps
from codegen.mentions import list_added, list_removed
from codegen.python.ir import Contract
from codegen.words import index_file

Todo = dict[str, list[str]]
"""Manual steps by heading, in the order in which to take them."""

FILES = "Out of date"
CODE = "Code to change"
REMOVED = "Removed names that are still mentioned"
ADDED = "New names to support, or to list in openapi/mentions.yaml"
EXCEPTIONS = "Exceptions in openapi/mentions.yaml that are not needed"
NAMES = "New names, to edit in openapi/names.yaml before you release"
DESCRIPTIONS = "Descriptions to add or remove"
OVERLAYS = "Overlays for another upstream, which were skipped"


def list_code(
    contract: Contract,
    released: Contract,
    files: Mapping[str, str],
    mentions: JSONObject,
) -> Todo:
    """List what a contract requires in hand-written files.

    Args:
        contract: The contract.
        released: The contract of the last release.
        files: Text of each hand-written file, keyed by its path in the project.
        mentions: Content of mentions.yaml.
    """
    allowlist = parse_allowlist(mentions)
    indexed = {path: index_file(path, files[path]) for path in sorted(files)}
    return {
        CODE: list_gaps(contract, files),
        REMOVED: list_removed(released, contract, indexed, allowlist),
        ADDED: list_added(released, contract, indexed, allowlist),
        EXCEPTIONS: list(allowlist.stale()),
    }


def list_inputs(built: Built, *, is_recorded: bool) -> Todo:
    """List what a new contract requires in the files that it is built from.

    Overlays for other upstreams are listed when the upstream changes. Those that are
    kept have been reviewed then.

    Args:
        built: The contract.
        is_recorded: Whether its upstream is the one in source.toml.
    """
    new = [
        f"{name} for {key}"
        for table in built.names.new.values()
        for key, name in table.items()
    ]
    return {
        NAMES: new,
        DESCRIPTIONS: built.descriptions,
        OVERLAYS: [] if is_recorded else built.overlays,
    }
