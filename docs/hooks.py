"""A hook of mkdocs that adapts pages before they are rendered."""
# ruff: noqa: INP001 - mkdocs loads it by its path

from typing import Any

from financial_connections._generated import events

_EVENT = """
::: financial_connections.webhooks.{name}
    options:
      heading_level: 3
"""


def on_page_markdown(markdown: str, *, page: Any, **_: Any) -> str:
    """Exclude decisions from the search, and list the classes of events.

    In the search, decisions would crowd out the guides. The classes of events are
    generated, and each has a section on the reference page.
    """
    if page.file.src_uri.startswith("decisions/0"):
        page.meta["search"] = {"exclude": True}
    if page.file.src_uri == "reference/webhooks.md":
        return markdown + "".join(_EVENT.format(name=name) for name in events.__all__)
    return markdown
