"""A hook of mkdocs that adapts pages before they are rendered."""
# ruff: noqa: INP001 - mkdocs loads it by its path

from collections.abc import Iterable
from typing import Any

from financial_connections import models
from financial_connections._generated import events, response_types
from financial_connections.models import OpenEnum


def on_page_markdown(markdown: str, *, page: Any, **_: Any) -> str:
    """Exclude decisions from the search, and list the generated classes.

    In the search, decisions would crowd out the guides. Each generated class has a
    section on a reference page.
    """
    if page.file.src_uri.startswith("decisions/0"):
        page.meta["search"] = {"exclude": True}
    for place, text in LISTS.items():
        markdown = markdown.replace(place, text)
    return markdown


def sections(module: str, names: Iterable[str], options: str = "") -> str:
    """Return a section of a reference page for each class of a module."""
    return "\n".join(
        f"::: financial_connections.{module}.{name}\n"
        f"    options:\n      heading_level: 3\n{options}\n"
        for name in names
    )


ENUMS = [
    name
    for name in response_types.__all__
    if issubclass(getattr(models, name), OpenEnum)
]
OBJECTS = [name for name in response_types.__all__ if name not in ENUMS]
LISTS = {
    "<!-- every object -->": sections("models", OBJECTS),
    "<!-- every enum -->": sections(
        "models", ENUMS, "      show_attribute_values: true"
    ),
    "<!-- every event -->": sections("webhooks", events.__all__),
}
"""The sections to insert into reference pages, by the comment that they replace."""
