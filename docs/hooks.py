"""What mkdocs cannot do by itself: every decision in the navigation, and a list of
them.
"""
# ruff: noqa: INP001 - mkdocs loads it by its path

import re
from pathlib import Path
from typing import Any

_DECISIONS = Path(__file__).parent / "decisions"
_LIST = "<!-- decisions -->"


def on_config(config: Any) -> Any:
    """Put every decision into the navigation."""
    [project] = [section["Project"] for section in config.nav if "Project" in section]
    pages = [
        {name.replace("`", ""): f"decisions/{path}"} for path, name in _decisions()
    ]
    project.append({"Decisions": ["decisions/index.md", *pages]})
    return config


def on_page_markdown(markdown: str, **_: Any) -> str:
    """List the decisions where a page asks for it."""
    return markdown.replace(
        _LIST, "\n".join(f"* [{name}]({path})" for path, name in _decisions())
    )


def _decisions() -> list[tuple[str, str]]:
    """Return file names and titles; a page's first line is `# 0001 The title`."""
    return [
        (path.name, re.sub(r"^#\s*", "", path.read_text().partition("\n")[0]))
        for path in sorted(_DECISIONS.glob("[0-9]*.md"))
    ]
