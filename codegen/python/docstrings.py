"""Format descriptions as docstrings in Google style.

Descriptions come from YAML. The result is always a single string literal, whatever they
contain.
"""

import re
from collections.abc import Mapping, Sequence
from textwrap import wrap

WIDTH = 88
Sections = Mapping[str, Mapping[str, str] | str]
QUOTES = '"""'


def docstring(
    text: str,
    sections: Sections | None = None,
    last: str = "",
    *,
    indent: int = 4,
) -> str:
    """Return a docstring, or an empty string if there is no text.

    Args:
        text: The summary, optionally followed by further paragraphs.
        sections: The content of `Args`, `Returns` and so on: either a description for
            each name, or a string. Empty sections are omitted.
        last: A paragraph to add after the sections.
        indent: Number of columns by which the caller will indent the docstring. Lines
            are wrapped to fit, but not indented.
    """
    safe = _escape(text)
    if not safe:
        return ""
    width = WIDTH - indent
    lines = _wrap_paragraphs(safe, width)
    for title, content in (sections or {}).items():
        entries = _entries(content, width)
        if entries:
            lines += ["", f"{title}:", *entries]
    if last:
        lines += ["", *_wrap(_escape(last), width)]
    return _quote(lines, width)


def _quote(lines: Sequence[str], width: int) -> str:
    first, *rest = lines
    if not rest and len(first) + 2 * len(QUOTES) <= width:
        return f"{QUOTES}{first}{QUOTES}"
    return "\n".join([f"{QUOTES}{first}", *rest, QUOTES])


def _entries(content: Mapping[str, str] | str, width: int) -> list[str]:
    if isinstance(content, str):
        lines = _wrap(_escape(content), width, "    ", "    ")
    else:
        lines = [
            line
            for name, text in content.items()
            for line in _wrap(f"{name}: {_escape(text)}", width, "    ", "        ")
        ]
    return lines


def _wrap_paragraphs(text: str, width: int) -> list[str]:
    lines: list[str] = []
    for paragraph in re.split(r"\n\s*\n", text):
        if lines:
            lines.append("")
            lines += _wrap(paragraph, width)
        else:
            # The opening quotes take up space only on the first line.
            lines += _wrap(paragraph, width, " " * len(QUOTES))
            lines[0] = lines[0][len(QUOTES) :]
    return lines


def _wrap(text: str, width: int, first: str = "", rest: str = "") -> list[str]:
    return wrap(
        " ".join(text.split()),
        width,
        initial_indent=first,
        subsequent_indent=rest,
        break_long_words=False,
        break_on_hyphens=False,
    )


def _escape(text: str) -> str:
    safe = re.sub(r"[^\S\n]|[\x00-\x09\x0b-\x1f\x7f]", " ", text)
    safe = safe.strip().replace("\\", "\\\\")
    if QUOTES in safe or safe.startswith('"') or safe.endswith('"'):
        return safe.replace('"', '\\"')
    return safe
