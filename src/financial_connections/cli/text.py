"""Make text from outside fit for a terminal. Pure."""

import re

# Keys of accounts and of organizations, signing secrets, client secrets.
_SECRETS = re.compile(
    r"((?<![^\W_])(?:[sre]k_(?:live|test|org)_|whsec_)|_secret_)[\w+/=-]+"
)
_JOINER = "\N{ZERO WIDTH JOINER}"  # of two emoji, and of letters


def clean(text: object) -> str:
    """Return text that cannot steer a terminal.

    White space becomes a space; what does not print (escape sequences, other controls,
    marks that change the direction) becomes `�`.
    """
    return "".join(_clean(character) for character in str(text))


def _clean(character: str) -> str:
    if character.isprintable() or character == _JOINER:
        return character
    return " " if character.isspace() else "\N{REPLACEMENT CHARACTER}"


def masked(text: str) -> str:
    """Return text in which whatever looks like a secret is masked, such as a key given
    as an argument.
    """
    return _SECRETS.sub(r"\1***", text)
