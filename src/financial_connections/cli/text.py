"""Text from elsewhere, made fit for a terminal. Pure."""


def clean(text: object) -> str:
    """
    Return text that cannot steer a terminal.

    White space becomes a space; what does not print (escape sequences, other controls, marks that change the
    direction) becomes `�`.
    """
    return "".join(_clean(character) for character in str(text))


def _clean(character: str) -> str:
    if character.isprintable():
        return character
    return " " if character.isspace() else "\N{REPLACEMENT CHARACTER}"
