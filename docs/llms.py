"""A hook of mkdocs that writes the pages as Markdown, for language models.

The site gets a Markdown file next to each page, `llms.txt`, which links to these
files, and `llms-full.txt`, which contains them. The format of the first is described
at https://llmstxt.org.
"""
# ruff: noqa: INP001 - mkdocs loads it by its path

import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import griffe
import yaml

ROOT = Path(__file__).parents[1]
PAGES: dict[str, str] = {}
"""The text of each page, by the path of its source."""

OPTIONAL = "Project"
"""The section of the navigation that `llms-full.txt` leaves out."""

FRONT = """\
# {name}

> {description}

In the examples, `client` is an open `financial_connections.AsyncClient`. All of its
methods that send requests are asynchronous.
"""


def on_page_markdown(markdown: str, *, page: Any, **_: Any) -> None:
    """Keep the text of a page, with everything inserted that it refers to."""
    text = re.sub(r'^--8<-- "(.*)"$', included, markdown, flags=re.MULTILINE)
    text = re.sub(r"^<!--.*?-->\n+", "", text, flags=re.DOTALL | re.MULTILINE)
    text = re.sub(r"\[([^\]]+)\]\[financial_connections[^\]]*\]", r"\1", text)
    text = re.sub(r"^(# .*?) \{.*\}$", r"\1", text, flags=re.MULTILINE)
    sections = re.compile(r"^::: (.*)\n((?: {4}.*\n)*)", re.MULTILINE)
    text = sections.sub(documented, f"{text}\n")
    PAGES[page.file.src_uri] = f"{text.strip()}\n"


def on_post_build(config: Any, **_: Any) -> None:
    """Write the files."""
    site = Path(config.site_dir)
    for path, text in PAGES.items():
        (site / path).write_text(text, encoding="utf-8")
    front = FRONT.format(name=config.site_name, description=config.site_description)
    sections = list(sections_of(config.nav))
    index, full = [front], [front]
    for title, pages in sections:
        links = [f"- [{name}]({path}){summary(path)}\n" for name, path in pages]
        heading = "Optional" if title == OPTIONAL else title
        index.append(f"## {heading}\n\n{''.join(links)}")
        if title != OPTIONAL:
            full += [PAGES[path] for _, path in pages]
    (site / "llms.txt").write_text("\n".join(index), encoding="utf-8")
    (site / "llms-full.txt").write_text("\n".join(full), encoding="utf-8")


def sections_of(nav: list[Any]) -> Iterator[tuple[str, list[tuple[str, str]]]]:
    """Yield each section of the navigation: its title, and its titled pages."""
    start = []
    for entry in nav:
        [(title, content)] = entry.items()
        if isinstance(content, str):
            start.append((title, content))
        else:
            if start:
                yield "Start", start
                start = []
            yield title, list(pages_in(content))


def pages_in(section: list[Any]) -> Iterator[tuple[str, str]]:
    """Yield the title and the path of each page in a section."""
    for item in section:
        if isinstance(item, str):
            yield PAGES[item].splitlines()[0].removeprefix("# "), item
            continue
        [(title, content)] = item.items()
        if isinstance(content, str):
            yield title, content
        else:
            yield from pages_in(content)


def summary(path: str) -> str:
    """Return the first sentence of a page after a colon, if it begins with one."""
    for paragraph in PAGES[path].split("\n\n"):
        if re.match(r"[A-Z`\[]", paragraph):
            text = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", " ".join(paragraph.split()))
            return ": " + re.split(r"(?<=[.:])\s", text)[0].removesuffix(":")
    return ""


def included(match: re.Match[str]) -> str:
    """Return the text of a file of the repository."""
    return (ROOT / match[1]).read_text(encoding="utf-8").rstrip()


def documented(match: re.Match[str]) -> str:
    """Return the signatures and docstrings of a public name and of its members."""
    options = (yaml.safe_load(match[2]) or {}).get("options", {})
    found = package()[match[1].partition(".")[2]] if "." in match[1] else package()
    target = found.final_target if found.is_alias else found
    names = options.get("members", True)
    inherited = options.get("inherited_members", False)
    members = target.all_members if inherited else target.members
    if names is True:
        names = target.exports or [m for m in members if not m.startswith("_")]
    parts = [f"## {match[1]}\n"] if options.get("show_root_heading", True) else []
    parts.append(text_of(target))
    parts += [
        f"### {target.name}.{name}\n\n{text_of(members[name])}"
        for name in names or []
        if name in members
    ]
    return "\n".join(parts)


@cache
def package() -> Any:
    """Return the package's modules, classes and functions."""
    return griffe.load(
        "financial_connections",
        search_paths=[str(ROOT / "src")],
        resolve_aliases=True,
        resolve_external=False,
    )


def text_of(item: Any) -> str:
    """Return the signature and the docstring of a name."""
    target = item.final_target if item.is_alias else item
    code = ""
    if target.is_function:
        code = "async " * ("async" in target.labels) + target.signature()
    elif target.is_attribute and target.annotation:
        code = f"{target.name}: {target.annotation}"
    prose = f"{target.docstring.value}\n" if target.docstring else ""
    return f"```python\n{code}\n```\n\n{prose}" if code else prose
