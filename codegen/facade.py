"""Facade: what the hand-written methods do not do yet with the generated functions,
read from their source.
"""

import ast
from collections.abc import Iterator, Mapping
from typing import Any

from attrs import Factory, define, frozen

from codegen.access import Node, SpecError

PACKAGE = "financial_connections._generated"
PAGING = {"ending_before", "limit", "options", "starting_after"}
EXPORTS = {
    "model": "models.py",
    "enum": "models.py",
    "dict": "params.py",
    "literal": "params.py",
}


@frozen
class Use:
    """A generated function, called or bound by a method, and what it is passed."""

    file: str
    operation: str
    ids: int
    keywords: frozenset[str]
    is_open: bool
    """Whether it is passed whatever the method was given (`**parameters`)."""


@define
class Source:
    """What a file of the facade takes from the generated package."""

    name: str
    imports: set[str] = Factory(set)
    uses: list[Use] = Factory(list)


def gaps(facts: Node, files: Mapping[str, str]) -> list[str]:
    """What a person has to do in the facade: what is missing, and what is there for
    nothing.
    """
    sources = [source_of(name, files[name]) for name in sorted(files)]
    calls, classes = facts["calls"], facts["classes"]
    uses = {
        name: [
            use for source in sources for use in source.uses if use.operation == name
        ]
        for name in calls
    }
    # What a private module does with an operation is no method of the facade.
    public = {
        name: [use for use in uses[name] if not use.file.startswith("_")]
        for name in calls
    }
    known = {*calls, *classes, "API_VERSION", "api", "models"}
    return [
        *(f"no facade method for {name}" for name in calls if not public[name]),
        *(
            line
            for name in calls
            if public[name]
            for line in unpassed(calls[name], public[name])
        ),
        *(
            line
            for name in calls
            for use in uses[name]
            for line in unknown(calls[name], use)
        ),
        *unexported(classes, {source.name: source.imports for source in sources}),
        *(
            f"{source.name}: {name} is gone"
            for source in sources
            for name in sorted(source.imports - known)
        ),
    ]


def unpassed(call: Node, uses: list[Use]) -> Iterator[str]:
    """The parameters of an operation that no method passes on."""
    ids = [name for _, name in call["ids"]][max(use.ids for use in uses) :]
    passed = {name for use in uses for name in use.keywords}
    asked = (
        []
        if any(use.is_open for use in uses)
        else [one["name"] for one in call["arguments"]] + ["options"]
    )
    for name in (*ids, *asked):
        if name not in passed:
            yield f"{uses[0].file}: {call['name']} is not passed {name}"


def unknown(call: Node, use: Use) -> Iterator[str]:
    """What a method passes on though the operation does not take it."""
    taken = {
        *(name for _, name in call["ids"]),
        *(one["name"] for one in call["arguments"]),
        "options",
    }
    for name in sorted(use.keywords - taken):
        yield f"{use.file}: {use.operation} does not take {name}"


def unexported(classes: Node, imports: Mapping[str, set[str]]) -> Iterator[str]:
    """The generated types that the public modules do not offer."""
    for name, one in classes.items():
        file = EXPORTS[one["kind"]]
        if name not in imports.get(file, set()):
            yield f"{file}: {name} is not exported"


def source_of(name: str, text: str) -> Source:
    """A file of the facade, read."""
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError) as error:
        raise SpecError(f"{name}: no Python: {error}") from error
    source = Source(name)
    named: dict[str, str] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and f"{node.module}.".startswith(
            f"{PACKAGE}."
        ):
            named |= {alias.asname or alias.name: alias.name for alias in node.names}
    source.imports = set(named.values())
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            source.uses += uses_of(node, named, name)
    return source


def uses_of(method: ast.AST, named: Mapping[str, str], file: str) -> Iterator[Use]:
    """The generated functions in a method. Of a list, the pager passes on what is about
    pages.
    """
    calls = [node for node in ast.walk(method) if isinstance(node, ast.Call)]
    paging = {
        key
        for call in calls
        if name_of(call.func) == "Pager"
        for key in keywords_of(call)
    } & PAGING
    for call in calls:
        is_bound = name_of(call.func) == "partial" and bool(call.args)
        function = named.get(name_of(call.args[0] if is_bound else call.func))
        if function:
            passed = frozenset(keywords_of(call)) | (paging if is_bound else set())
            # The first positional argument is the sender, behind the function itself
            # where that is bound.
            ids = len(call.args) - (2 if is_bound else 1)
            yield Use(
                file,
                function,
                ids,
                passed,
                is_open=any(one.arg is None for one in call.keywords),
            )


def keywords_of(call: ast.Call) -> Iterator[str]:
    """The names of the keyword arguments."""
    return (one.arg for one in call.keywords if one.arg is not None)


def name_of(node: Any) -> str:
    """The last name of what is called: `partial` of `functools.partial`."""
    return (
        node.id
        if isinstance(node, ast.Name)
        else node.attr
        if isinstance(node, ast.Attribute)
        else ""
    )
