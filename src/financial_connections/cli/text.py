"""Make untrusted text safe to print on a terminal."""

import re

# API keys of accounts and organizations, ephemeral keys, webhook and client secrets.
_SECRETS = re.compile(
    r"((?<![^\W_])(?:[sre]k_(?:live|test|org)_|whsec_)|_secret_)[\w+/=-]+"
)
# Joins several emoji into one, and letters in some scripts.
_JOINER = "\N{ZERO WIDTH JOINER}"


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
