"""Reword the errors of Typer, whose versions take them from Click or Pydantic."""

import re

_REWORDINGS = [
    (re.compile(pattern), replacement)
    for pattern, replacement in (
        (r"\bValue error, ", ""),
        (r"\S+ is not a valid int(?:eger)?(?: range)?\b", "must be a whole number"),
        (r"\S+ is not a valid float(?: range)?\b", "must be a number"),
        (r"Input should be a valid integer\b.*", "must be a whole number"),
        (r"Input should be a valid number\b.*", "must be a number"),
        (r"\S+ is not in the range x>=(\S+)", r"must be at least \1"),
        (r"\S+ is not in the range x<=(\S+)", r"must be at most \1"),
        (r"\S+ is not in the range (\S+)<=x<=(\S+)", r"must be between \1 and \2"),
        (r"Input should be greater than or equal to", "must be at least"),
        (r"Input should be less than or equal to", "must be at most"),
        (r"Input should be", "must be"),
        (r"\.? Choose from:\s*", "; choose from "),
        (r"\. Did you mean (.*)\?", r"; did you mean \1"),
        (r"Got unexpected extra argument(?:s|\(s\))? \((.*)\)", r"unexpected: \1"),
    )
]


def reword(message: str) -> str:
    """Reword the message of a usage error, so that it does not mention a parser.

    Args:
        message: Message of Typer.

    Returns:
        The message on one line, in lower case and without a full stop.
    """
    text = " ".join(message.split())
    for pattern, replacement in _REWORDINGS:
        text = pattern.sub(replacement, text)
    return f"{text[:1].lower()}{text[1:]}".rstrip(".")
