"""Text on one line of limited length. Pure."""

import re
from collections.abc import Sequence

from financial_connections._redact.mask import Mask

_TAGS = re.compile(r"<(script|style)\b.*?</\1>|<[^>]*>", re.DOTALL | re.IGNORECASE)


def printable(text: str, limit: int = 500, *, secrets: Sequence[str] = ()) -> str:
    """Return `text` on one line, with secrets masked and without characters that do not
    print.

    Args:
        text: Text from outside.
        limit: Length at which the line is cut off.
        secrets: Exact values to mask, besides everything that looks like a secret.

    """
    # The text is cut off before it is processed because an error page can be megabytes
    # long.
    masked = Mask(secrets).start_of(text, 4 * limit)
    plain = (
        masked
        if masked.isprintable()
        else "".join(c if c.isprintable() else " " for c in masked)
    )
    line = " ".join(plain.split())
    return line if len(line) <= limit else line[: limit - 1] + "…"


def text_of_html(page: str) -> str:
    """Return the text of an error page without its tags."""
    # The page is cut off because the expression takes quadratic time if many brackets
    # are not closed.
    return _TAGS.sub(" ", page[:4_000])
