"""Hooks of mkdocs that adapt pages before they are rendered."""
# ruff: noqa: INP001 - mkdocs loads it by its path

import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from financial_connections import API_VERSION, __version__, models
from financial_connections._generated import events, response_types
from financial_connections.models import OpenEnum

README = Path(__file__).parents[1] / "README.md"


def on_config(config: Any, **_: Any) -> None:
    """Show the versions at the bottom of each page."""
    config.copyright = (
        f"Version {__version__}, for version {API_VERSION} of Stripe's API."
        " Not affiliated with Stripe."
    )


def on_page_markdown(markdown: str, *, page: Any, **_: Any) -> str:
    """Exclude decisions from the search, and insert sections that are not in the file.

    In the search, decisions would crowd out the guides. Each generated class has a
    section on a reference page. The home page shares some sections with the README.
    """
    if page.file.src_uri.startswith("decisions/0"):
        page.meta["search"] = {"exclude": True}
    for place, text in LISTS.items():
        markdown = markdown.replace(place, text)
    return re.sub("<!-- README: (.*) -->", readme_section, markdown)


def readme_section(match: re.Match[str]) -> str:
    """Return a section of the README, with links that are relative to docs."""
    _, section = README.read_text(encoding="utf-8").split(f"\n## {match[1]}\n")
    return section.partition("\n## ")[0].strip().replace("](docs/", "](")


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
