"""Determine how `expand` narrows the type of a response.

A type checker knows the element type of a list of paths, but not which paths are in it.
It tries overloads in order, though: a literal list that matches no overload without a
path must contain that path.
"""

from collections.abc import Mapping
from itertools import combinations

from attrs import evolve

from codegen.contract.names import pascal
from codegen.python.docstrings import docstring
from codegen.python.imports import import_lines
from codegen.python.ir import Class, Field, Narrowing
from codegen.python.schema import Schemas

MAX_FIELDS = 2
"""Models with more expandable fields are not narrowed.

Each field doubles the number of overloads.
"""


def expand_name(model: str) -> str:
    """Return the name of the type that lists a model's expandable paths."""
    return f"{model}Expand"


def find_narrowings(
    classes: Mapping[str, Class], schemas: Schemas
) -> dict[str, tuple[Narrowing, ...]]:
    """Return the narrowings of every model with expandable fields."""
    result = {}
    for name, model in classes.items():
        paths = schemas.get(expand_name(name))
        if model.kind == "model" and paths is not None and paths.enum:
            narrowings = narrow(model, paths.enum, classes)
            names = {narrowing.name for narrowing in narrowings}
            if narrowings and not names & classes.keys():
                result[name] = narrowings
    return result


def narrow(
    model: Class, paths: tuple[str, ...], classes: Mapping[str, Class]
) -> tuple[Narrowing, ...]:
    """Return a narrowing for each set of fields that can be expanded."""
    fields = [
        evolve(field, annotation=expanded)
        for field in model.fields
        if field.name in paths and (expanded := expanded_type(field))
    ]
    if len(fields) > MAX_FIELDS:
        return ()
    expandable = {field.name for field in fields}
    return tuple(
        build_narrowing(model, chosen, paths, expandable, classes)
        for size in range(1, len(fields) + 1)
        for chosen in combinations(fields, size)
    )


def build_narrowing(
    model: Class,
    fields: tuple[Field, ...],
    paths: tuple[str, ...],
    expandable: set[str],
    classes: Mapping[str, Class],
) -> Narrowing:
    """Return the narrowing of a model for a set of expanded fields."""
    names = [field.name for field in fields]
    annotations = [field.annotation for field in fields]
    listed = ", ".join(f'"{name}"' for name in names)
    return Narrowing(
        name=model.name + "".join(f"With{pascal(name)}" for name in names),
        model=model.name,
        fields=fields,
        paths=tuple(path for path in paths if path not in expandable - {*names}),
        imports=tuple(import_lines(annotations, classes)),
        doc=docstring(
            f"`{model.name}` requested with `expand=[{listed}]`, for type checkers.\n\n"
            f"At run time, it is `{model.name}` itself.",
            indent=8,
        ),
    )


def expanded_type(field: Field) -> str:
    """Return the type of a field once expanded, or "" if it is not expandable."""
    parts = field.annotation.split(" | ")
    return " | ".join(part for part in parts if part != "str") if "str" in parts else ""
