"""List what a new contract requires in the hand-written package.

Methods for operations are generated. The remaining manual steps are to add a class for
each new group of operations, to export new types, and to remove names that no longer
exist.
"""

import ast
from collections.abc import Iterator, Mapping

from attrs import Factory, define

from codegen.access import SpecError
from codegen.python.imports import PACKAGE
from codegen.python.ir import Contract, Kind
from codegen.python.methods import class_name

EXPORTED_BY = {
    "model": "models.py",
    "enum": "models.py",
    "dict": "params.py",
    "literal": "params.py",
}


@define
class Source:
    """The names that a hand-written module uses from the generated package."""

    name: str
    imports: set[str] = Factory(set)
    bases: set[str] = Factory(set)
    """The generated classes that the module's classes inherit from."""


def list_gaps(contract: Contract, files: Mapping[str, str]) -> list[str]:
    """List the manual changes needed in the hand-written package.

    Args:
        contract: The new contract.
        files: Source code of each module, keyed by its path in the package.
    """
    sources = [parse_source(name, files[name]) for name in sorted(files)]
    return [
        *missing_classes(contract, sources),
        *missing_exports(contract, {source.name: source.imports for source in sources}),
        *(
            f"{source.name}: {name} no longer exists"
            for source in sources
            for name in sorted(source.imports - known_names(contract))
        ),
    ]


def missing_classes(contract: Contract, sources: list[Source]) -> Iterator[str]:
    """Yield a line for each group of operations without a hand-written class."""
    bases = {base for source in sources for base in source.bases}
    for tag in contract.tags:
        if class_name(tag) not in bases:
            yield f"{tag}.py: no class inherits from {class_name(tag)}"


def missing_exports(
    contract: Contract, imports: Mapping[str, set[str]]
) -> Iterator[str]:
    """Yield a line for each generated type that no public module exports."""
    for name, kind in exported_names(contract).items():
        file = EXPORTED_BY[kind]
        if name not in imports.get(file, set()):
            yield f"{file}: {name} is not exported"


def exported_names(contract: Contract) -> Mapping[str, Kind]:
    """Return the generated types that must be exported, with their kinds."""
    kinds: dict[str, Kind] = {
        narrowing.name: "model" for narrowing in contract.all_narrowings
    }
    kinds.update((name, schema.kind) for name, schema in contract.classes.items())
    return kinds


def known_names(contract: Contract) -> set[str]:
    """Return every name that can be imported from the generated package."""
    return {
        *("API_VERSION", "EVENT_CLASSES", "api", "events", "models", "operations"),
        *contract.operations,
        *exported_names(contract),
        *contract.tags,
        *(class_name(tag) for tag in contract.tags),
        *(
            f"ExpandTo{name}"
            for model, narrowings in contract.narrowings.items()
            for name in (model, *(narrowing.name for narrowing in narrowings))
        ),
    }


def parse_source(name: str, text: str) -> Source:
    """Find the names that a module uses from the generated package."""
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError) as error:
        raise SpecError(f"{name}: not valid Python: {error}") from error
    source = Source(name)
    original: dict[str, str] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and is_generated(node.module):
            original |= {
                alias.asname or alias.name: alias.name
                for alias in node.names
                if alias.name != "*"
            }
    source.imports = set(original.values())
    source.bases = {
        original[base.id]
        for node in ast.walk(tree)
        if isinstance(node, ast.ClassDef)
        for base in node.bases
        if isinstance(base, ast.Name) and base.id in original
    }
    return source


def is_generated(module: str | None) -> bool:
    """Return whether a module belongs to the generated package."""
    return f"{module}.".startswith(f"{PACKAGE}.")
