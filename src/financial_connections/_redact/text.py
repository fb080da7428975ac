"""Reduce text to one line of limited length. Pure."""

import re
from collections.abc import Sequence

from financial_connections._redact.mask import Mask

_TAGS = re.compile(r"<(script|style)\b.*?</\1>|<[^>]*>", re.DOTALL | re.IGNORECASE)


def sanitize(text: str, limit: int = 500, *, secrets: Sequence[str] = ()) -> str:
    """Return text as one line of printable characters, with secrets masked.

    Args:
        text: Untrusted text, such as an error message from the server.
        limit: Maximum number of characters; longer text is truncated.
        secrets: Exact values to mask, in addition to everything that looks like a
            secret.

    Returns:
        The text, ending with `…` if it was truncated.
    """
    # Truncated before anything else, because an error page can be megabytes long.
    masked = Mask(secrets).start_of(text, 4 * limit)
    printable = (
        masked
        if masked.isprintable()
        else "".join(c if c.isprintable() else " " for c in masked)
    )
    line = " ".join(printable.split())
    return line if len(line) <= limit else line[: limit - 1] + "…"


def strip_tags(page: str) -> str:
    """Return the text of an HTML error page, without tags, scripts or styles."""
    # Truncated because the pattern takes quadratic time on many unclosed brackets.
    return _TAGS.sub(" ", page[:4_000])
