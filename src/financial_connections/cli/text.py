"""Text from elsewhere, made fit for a terminal. Pure."""

import re

_SECRETS = re.compile(r"(\b[sr]k_(?:live|test)_|\bwhsec_|_secret_)[\w+/=-]+")  # keys, and two kinds of secrets
_JOINER = "\N{ZERO WIDTH JOINER}"  # of two emoji, and of letters


def clean(text: object) -> str:
    """
    Return text that cannot steer a terminal.

    White space becomes a space; what does not print (escape sequences, other controls, marks that change the
    direction) becomes `�`.
    """
    return "".join(_clean(character) for character in str(text))


def _clean(character: str) -> str:
    if character.isprintable() or character == _JOINER:
        return character
    return " " if character.isspace() else "\N{REPLACEMENT CHARACTER}"


def masked(text: str) -> str:
    """Return text without the secrets that somebody put where none belongs."""
    return _SECRETS.sub(r"\1***", text)
