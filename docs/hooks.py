"""A hook of mkdocs that keeps the decisions out of the site's search."""
# ruff: noqa: INP001 - mkdocs loads it by its path

from typing import Any


def on_page_markdown(markdown: str, *, page: Any, **_: Any) -> str:
    """Exclude a decision from the search, where it would crowd out the guides."""
    if page.file.src_uri.startswith("decisions/0"):
        page.meta["search"] = {"exclude": True}
    return markdown
