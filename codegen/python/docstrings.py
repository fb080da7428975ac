"""Docstrings: any text, however hostile, as a Python string literal that stays one."""

import re
from textwrap import wrap

WIDTH = 100


def docstring(words: object) -> str:
    """The text in triple quotes, wrapped; nothing in it ends the literal or escapes.
    Empty for no text.
    """
    if not isinstance(words, str) or not words.strip():
        return ""
    lines = wrapped(escaped(words))
    return (
        f'"""{lines[0]}"""' if len(lines) == 1 else '"""\n' + "\n".join(lines) + '\n"""'
    )


def escaped(words: str) -> str:
    """The text as it may stand between triple quotes."""
    safe = re.sub(r"[^\S\n]|[\x00-\x09\x0b-\x1f\x7f]", " ", words.strip()).replace(
        "\\", "\\\\"
    )
    return (
        safe.replace('"', '\\"')
        if '"""' in safe or safe.startswith('"') or safe.endswith('"')
        else safe
    )


def wrapped(words: str) -> list[str]:
    """The lines of the text, paragraph by paragraph."""
    lines: list[str] = []
    for paragraph in re.split(r"\n\s*\n", words):
        if lines:
            lines.append("")
        lines += wrap(
            " ".join(paragraph.split()),
            WIDTH,
            break_long_words=False,
            break_on_hyphens=False,
        )
    return lines
