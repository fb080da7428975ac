"""Determine the imports of generated modules."""

import re
from collections.abc import Collection, Iterable

from openapi_python_client.strings import PythonIdentifier

from codegen.contract.names import EVENTS

PACKAGE = "financial_connections._generated"
LIBRARY = {
    "Any": "typing",
    "Literal": "typing",
    "Mapping": "collections.abc",
    "Sequence": "collections.abc",
    "datetime": "datetime",
}
WRITTEN = dict.fromkeys(EVENTS.values(), "financial_connections._events")
"""The modules of classes that are written by hand."""


def import_lines(annotations: Iterable[str], classes: Collection[str]) -> list[str]:
    """Return the sorted import lines that the annotations need.

    Args:
        annotations: Types as Python source.
        classes: Names of the generated classes.
    """
    words = {word for text in annotations for word in re.findall(r"\w+", text)}
    library = [f"from {LIBRARY[word]} import {word}" for word in words & LIBRARY.keys()]
    models = [
        f"from {PACKAGE}.models.{module_name(word)} import {word}"
        for word in words
        if word in classes and word not in WRITTEN
    ]
    written = [f"from {WRITTEN[word]} import {word}" for word in words & WRITTEN.keys()]
    return sorted(library) + sorted(written) + sorted(models)


def module_name(name: str) -> str:
    """Return the name of the module in which openapi-python-client puts a class."""
    return str(PythonIdentifier(name, "field_"))
