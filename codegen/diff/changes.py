"""Format the differences between contracts for people, changelogs and programs."""

from typing import Any

from attrs import asdict, frozen

from codegen.access import JSONObject

SIGNS = {"added": "+", "removed": "-", "changed": "~", "renamed": ">"}


@frozen
class Change:
    """A difference between two contracts."""

    change: str
    """`added`, `removed`, `changed` or `renamed`."""
    what: str
    """The kind of item: `operation`, `parameter`, `schema`, `field`, `value`, …"""
    name: str
    effect: str
    """Code that it breaks, `additive`, or what to read if a diff cannot show it."""
    fact: str = ""
    """The property that changed, such as `type`; `name` for a renamed item."""
    was: Any = None
    now: Any = None
    link: str = ""
    """The page to read about the effect, if there is one."""


def as_text(changes: list[Change]) -> str:
    """Format each change as a line of text, or state that there are none."""
    lines = [
        f"{SIGNS[change.change]} {change.what} {change.name}{text_detail(change)} "
        f"({change.effect}{change.link and ': '}{change.link})\n"
        for change in changes
    ]
    return "".join(lines) or "nothing changed\n"


def text_detail(change: Change) -> str:
    """Format the old and new values of a change, if it has any."""
    if not change.fact:
        return ""
    return f", {change.fact}: {format_value(change.was)} → {format_value(change.now)}"


def as_markdown(changes: list[Change]) -> str:
    """Format each change as a Markdown list item."""
    return "".join(
        f"- {change.change.capitalize()} {change.what} `{change.name}`"
        f"{markdown_detail(change)} (*{markdown_effect(change)}*).\n"
        for change in changes
    )


def markdown_effect(change: Change) -> str:
    """Format the effect of a change, as a link if it has one."""
    return f"[{change.effect}]({change.link})" if change.link else change.effect


def markdown_detail(change: Change) -> str:
    """Format the old and new values of a change, if it has any."""
    if change.change == "renamed":
        return f" to `{change.now}`"
    if not change.fact:
        return ""
    was, now = format_value(change.was), format_value(change.now)
    return f", {change.fact}: `{was}` → `{now}`"


def as_data(changes: list[Change]) -> list[JSONObject]:
    """Return the changes as JSON objects."""
    return [asdict(change) for change in changes]


def format_value(value: object) -> str:
    """Format a value, using words for null and booleans."""
    if value is None:
        return "none"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return str(value)
