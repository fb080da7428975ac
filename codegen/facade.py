"""List what a new contract requires in hand-written modules.

Methods for operations are generated, and so are the exports. The remaining manual steps
are to add a class for each new group of operations, and to remove names that no longer
exist.
"""

import ast
from collections.abc import Iterator, Mapping
from functools import lru_cache

from attrs import Factory, define

from codegen.access import SpecError
from codegen.python.events import base_names
from codegen.python.imports import PACKAGE
from codegen.python.ir import Contract
from codegen.python.methods import class_name

SOURCES = "src/"
"""The folder that is not part of the names of modules."""


@define
class Source:
    """The names that a hand-written module imports and defines."""

    name: str
    imports: dict[str, set[str]] = Factory(dict)
    """The imported names by module."""
    bases: set[str] = Factory(set)
    """The generated classes that the module's classes inherit from."""
    defined: set[str] = Factory(set)

    @property
    def module(self) -> str:
        """The name of the module in imports."""
        name = self.name.removeprefix(SOURCES).removesuffix(".py")
        return name.removesuffix("/__init__").replace("/", ".")

    @property
    def exports_generated(self) -> bool:
        """True if the module exports all names of a generated module."""
        return any(
            is_generated(module) and "*" in names
            for module, names in self.imports.items()
        )


def list_gaps(contract: Contract, files: Mapping[str, str]) -> list[str]:
    """List the manual changes needed in hand-written modules.

    Args:
        contract: The new contract.
        files: Text of each hand-written file, keyed by its path in the project.
    """
    sources = [
        parse_source(name, files[name]) for name in sorted(files) if is_module(name)
    ]
    return [*missing_classes(contract, sources), *missing_names(contract, sources)]


def missing_classes(contract: Contract, sources: list[Source]) -> Iterator[str]:
    """Yield a line for each group of operations without a hand-written class."""
    bases = {base for source in sources for base in source.bases}
    for tag in contract.tags:
        if class_name(tag) not in bases:
            path = f"{SOURCES}{PACKAGE.partition('.')[0]}/{tag}.py"
            yield f"{path}: no class inherits from {class_name(tag)}"


def missing_names(contract: Contract, sources: list[Source]) -> Iterator[str]:
    """Yield a line for each import of a generated name that no longer exists."""
    generated = known_names(contract)
    public = {
        source.module: generated | source.defined
        for source in sources
        if source.exports_generated
    }
    for source in sources:
        missing = {
            name
            for module, names in source.imports.items()
            for name in names - {"*"}
            if is_generated(module) or module in public
            if name not in public.get(module, generated)
        }
        for name in sorted(missing):
            yield f"{source.name}: {name} no longer exists"


def known_names(contract: Contract) -> set[str]:
    """Return every name that can be imported from the generated package."""
    events = contract.events.values()
    return {
        *("API_VERSION", "EVENT_CLASSES", "api", "events", "models", "operations"),
        *("parameter_types", "response_types"),
        *contract.operations,
        *contract.classes,
        *(narrowing.name for narrowing in contract.all_narrowings),
        *(event.name for event in events),
        *(name for event in events for name in base_names(event.model)),
        *contract.tags,
        *(class_name(tag) for tag in contract.tags),
        *(
            f"ExpandTo{name}"
            for model, narrowings in contract.narrowings.items()
            for name in (model, *(narrowing.name for narrowing in narrowings))
        ),
    }


@lru_cache(maxsize=2000)  # unchanged from one stage to the next
def parse_source(name: str, text: str) -> Source:
    """Find the names that a module imports, defines and inherits from."""
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError) as error:
        raise SpecError(f"{name}: not valid Python: {error}") from error
    source = Source(name)
    original: dict[str, str] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module:
            names = {alias.asname or alias.name: alias.name for alias in node.names}
            source.imports.setdefault(node.module, set()).update(names.values())
            source.defined |= names.keys()
            if is_generated(node.module):
                original |= names
        elif isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            source.defined.add(node.name)
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            source.defined.add(node.id)
    source.bases = {
        original[base.id]
        for node in ast.walk(tree)
        if isinstance(node, ast.ClassDef)
        for base in node.bases
        if isinstance(base, ast.Name) and base.id in original
    }
    return source


def is_module(name: str) -> bool:
    """Return whether a file is a Python module."""
    return name.endswith(".py")


def is_generated(module: str) -> bool:
    """Return whether a module belongs to the generated package."""
    return f"{module}.".startswith(f"{PACKAGE}.")
