"""Convert JSON text from any charset to UTF-8. Pure."""

import re
from encodings import normalize_encoding
from encodings.aliases import aliases

from financial_connections._decoding.json import ContentError

_CHARSET = re.compile(r";\s*charset\s*=\s*\"?([^\s\";]+)", re.IGNORECASE)
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"


def to_utf8(content: bytes, content_type: str | None) -> bytes:
    """Return JSON text as UTF-8 without a byte order mark.

    Args:
        content: The text, in UTF-8 unless `content_type` declares another charset.
        content_type: Value of the `Content-Type` header. A charset that Python does not
            know is ignored.

    Raises:
        ContentError: The content is in neither the declared charset nor UTF-8.
    """
    codec = _codec_from(content_type)
    if codec is not None:
        try:
            return content.decode(codec).removeprefix("\ufeff").encode()
        except (UnicodeError, LookupError):
            pass  # LookupError: a codec that is not a charset, such as zlib
    if content.isascii():
        return content
    try:
        content.decode()
    except UnicodeDecodeError:
        pass
    else:
        return content.removeprefix(_BYTE_ORDER_MARK)
    # Raised outside the `except` block so that its `__context__` does not keep the
    # document alive.
    raise ContentError("it is not UTF-8")


def _codec_from(content_type: str | None) -> str | None:
    """Return Python's name for the declared charset, unless it is UTF-8 or unknown."""
    declaration = _CHARSET.search(content_type or "")
    if declaration is None:
        return None
    # `codecs.lookup` is not used because it caches every name, even unknown ones.
    name = normalize_encoding(declaration[1]).lower()
    codec = aliases.get(name, name if name in aliases.values() else "utf_8")
    return None if codec == "utf_8" else codec
