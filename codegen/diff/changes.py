"""Changes: the lines of a diff, for people, for a changelog and for programs."""

from typing import Any

from attrs import asdict, frozen

from codegen.access import Node

SIGNS = {"added": "+", "removed": "-", "changed": "~", "renamed": ">"}


@frozen
class Change:
    """One line of a diff."""

    change: str
    what: str
    name: str
    effect: str
    fact: str = ""
    """What about it is different: its type, whether it is required, …; of a rename, its
    name.
    """
    was: Any = None
    now: Any = None


def as_text(changes: list[Change]) -> str:
    """A line for each change."""
    lines = [
        f"{SIGNS[one.change]} {one.what} {one.name}{text_detail(one)} ({one.effect})\n"
        for one in changes
    ]
    return "".join(lines)


def text_detail(change: Change) -> str:
    """What there is to say beyond the name."""
    return (
        f", {change.fact}: {said(change.was)} → {said(change.now)}"
        if change.fact
        else ""
    )


def as_markdown(changes: list[Change]) -> str:
    """A list item for each change, for a changelog."""
    return "".join(
        f"- {one.change.capitalize()} {one.what} `{one.name}`{markdown_detail(one)} (*{one.effect}*).\n"
        for one in changes
    )


def markdown_detail(change: Change) -> str:
    """What there is to say beyond the name."""
    if change.change == "renamed":
        return f" to `{change.now}`"
    return (
        f", {change.fact}: `{said(change.was)}` → `{said(change.now)}`"
        if change.fact
        else ""
    )


def as_data(changes: list[Change]) -> list[Node]:
    """The changes as plain data."""
    return [asdict(one) for one in changes]


def said(value: object) -> str:
    """A fact in a word."""
    return (
        {None: "none", True: "yes", False: "no"}[value]
        if value is None or value is True or value is False
        else str(value)
    )
