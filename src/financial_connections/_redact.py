"""Text from elsewhere, made fit to print: no secret, no control character, no more than a few lines. Pure."""

import re

_SECRETS = re.compile(
    r"(?P<kind>\b[sr]k_(?:live|test)_|\bwhsec_|_secret_)[A-Za-z0-9_+/=-]+"  # keys, signing secrets, client secrets
)
_SECRET_BYTES = re.compile(_SECRETS.pattern.encode())
_TAGS = re.compile(r"<(script|style)\b.*?</\1>|<[^>]*>", re.DOTALL | re.IGNORECASE)


def printable(text: str, limit: int = 500) -> str:
    """Return `text` on one line of at most `limit` characters, with the secrets it may quote masked."""
    # Bounded before the expressions run, too: an error page can be megabytes.
    masked = _SECRETS.sub(r"\g<kind>***", text[: 4 * limit])
    plain = masked if masked.isprintable() else "".join(c if c.isprintable() else " " for c in masked)
    line = " ".join(plain.split())
    return line if len(line) <= limit else line[: limit - 1] + "…"


def text_of_html(page: str) -> str:
    """Return what a person would read of an error page."""
    # Bounded: the expression is quadratic in the number of brackets that nothing closes.
    return _TAGS.sub(" ", page[:4_000])


def masked(content: bytes) -> bytes:
    """Return `content` with the secrets that it may quote masked."""
    return _SECRET_BYTES.sub(rb"\g<kind>***", content)
