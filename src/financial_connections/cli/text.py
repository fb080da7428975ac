"""Make untrusted text safe to print on a terminal."""

import codecs
import re
import sys

# API keys of accounts and organizations, ephemeral keys, webhook and client secrets.
_SECRETS = re.compile(
    r"((?<![^\W_])(?:[sre]k_(?:live|test|org)_|whsec_)|_secret_)[\w+/=-]+"
)
# Joins several emoji into one, and letters in some scripts.
_JOINER = "\N{ZERO WIDTH JOINER}"

UNENCODABLE = "financial_connections.cli"
"""The name of an error handler for `str.encode`: see `replace_unencodable`."""
# Each replacement is one character, so that the columns of tables stay aligned. With
# an asterisk, `…1915` looks like a masked number, and `fca_…` like a pattern.
_PLAIN = {
    "…": "*",
    **dict.fromkeys("█▉▊▋▌", "#"),
    **dict.fromkeys("▍▎▏", "|"),
    **dict.fromkeys("─━", "-"),
    "│": "|",
    "•": "*",
}


def sanitize(text: object) -> str:
    """Return text that cannot control a terminal.

    Each whitespace character becomes a space. Nonprintable characters (escapes, other
    control characters, marks that change the direction of text) become `�`.

    Args:
        text: Value to convert to text.
    """
    return "".join(_sanitize_character(character) for character in str(text))


def _sanitize_character(character: str) -> str:
    if character.isprintable() or character == _JOINER:
        return character
    return " " if character.isspace() else "\N{REPLACEMENT CHARACTER}"


def redact(text: str) -> str:
    """Mask everything that looks like a secret, such as a key passed as an argument.

    Args:
        text: Text that may contain secrets.
    """
    return _SECRETS.sub(r"\1***", text)


def replace_unencodable(error: UnicodeError) -> tuple[str, int]:
    """Replace what a terminal cannot show: bars by `#`, other characters by `?`.

    Args:
        error: Error of the encoder.

    Returns:
        The replacement, and the position at which to continue.
    """
    if not isinstance(error, UnicodeEncodeError):
        raise error
    characters = error.object[error.start : error.end]
    return "".join(_PLAIN.get(item, "?") for item in characters), error.end


def is_encodable(text: str) -> bool:
    """Return True if the encoding of stdout has these characters.

    Args:
        text: Text to print.
    """
    try:
        text.encode(getattr(sys.stdout, "encoding", None) or "utf-8")
    except UnicodeEncodeError:
        return False
    return True


codecs.register_error(UNENCODABLE, replace_unencodable)
