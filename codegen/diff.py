"""Diff: contract → contract, as what changed for those who call and for those who read the answers."""

from collections.abc import Iterator
from typing import Any

from attrs import asdict, frozen

from codegen.checked import Node
from codegen.facts import facts_of

ADDITIVE = "additive"
CALLERS = "breaking for callers"
READERS = "breaking for readers"
SIGNS = {"added": "+", "removed": "-", "changed": "~", "renamed": ">"}


@frozen
class Thing:
    """Something of a contract that has a name: an operation, a parameter, a schema, a field or a value."""

    what: str
    name: str
    parent: str
    harm: str
    """Whom it breaks when it is gone."""
    facts: Node


@frozen
class Change:
    """One line of a diff."""

    change: str
    what: str
    name: str
    effect: str
    detail: str = ""


def diff(old: Node, new: Node) -> list[Change]:
    """What changed between two contracts: what is gone, what is new, then what is different."""
    before, after = things_of(old), things_of(new)
    gone = [before[key] for key in before if key not in after]
    fresh = [after[key] for key in after if key not in before]
    renamed = renames(gone, fresh, before, after)
    left = {id(thing) for pair in renamed for thing in pair}
    # What is inside of something new, or of something gone, goes without saying.
    outside = {thing.name for thing in [*gone, *fresh]}
    gone, fresh = ([one for one in many if id(one) not in left and one.parent not in outside] for many in (gone, fresh))
    return [
        *(Change("renamed", one.what, one.name, one.harm, f"is {other.name} now") for one, other in renamed),
        *(Change("removed", one.what, one.name, one.harm) for one in gone),
        *(Change("added", one.what, one.name, CALLERS if is_demanded(one) else ADDITIVE) for one in fresh),
        *(line for key in before if key in after for line in differences(before[key], after[key])),
    ]


def things_of(contract: Node) -> dict[tuple[str, str], Thing]:
    """Everything in a contract that has a name."""
    facts = facts_of(contract)
    every = [*calls(facts["calls"]), *classes(facts["classes"])]
    return {(thing.what, thing.name): thing for thing in every}


def calls(facts: Node) -> Iterator[Thing]:
    """The operations and their parameters."""
    for name, call in facts.items():
        route = f"{call['method']} {' '.join(call['path'])}"
        yield Thing("operation", name, "", CALLERS, {"route": route, "answer": call["answer"]})
        for one in call["arguments"]:
            known = {"type": one["hint"], "required": one["required"], "limits": one["limits"]}
            yield Thing("parameter", f"{name}.{one['wire']}", name, CALLERS, known)


def classes(facts: Node) -> Iterator[Thing]:
    """The schemas with their fields and values."""
    for name, one in facts.items():
        harm = CALLERS if one["kind"] in {"dict", "literal"} else READERS
        yield Thing("schema", name, "", harm, {"kind": one["kind"]})
        for field in one.get("fields", ()):
            known = {"type": field["hint"], "required": field["required"]}
            yield Thing("field", f"{name}.{field['name']}", name, harm, known)
        for member in one.get("members", ()):
            yield Thing("value", f"{name}.{member['value'][1:-1]}", name, harm, {})


def renames(gone: list[Thing], fresh: list[Thing], before: Any, after: Any) -> list[tuple[Thing, Thing]]:
    """The pairs that are one thing under two names: equal in all but the name, and nothing else is."""

    def likeness(thing: Thing, every: dict[tuple[str, str], Thing]) -> str:
        inside = [
            (one.what, one.name.partition(".")[2], one.facts) for one in every.values() if one.parent == thing.name
        ]
        return repr((thing.what, thing.parent, thing.facts, inside))

    old = [(likeness(one, before), one) for one in gone if one.what in {"operation", "schema", "field"}]
    new = [(likeness(one, after), one) for one in fresh if one.what in {"operation", "schema", "field"}]
    pairs = []
    for like, one in old:
        twins = [other for other_like, other in new if other_like == like]
        if len(twins) == 1 and sum(other_like == like for other_like, _ in old) == 1:
            pairs.append((one, twins[0]))
    return pairs


def is_demanded(thing: Thing) -> bool:
    """Whether a newcomer has to be sent by those who did not know of it."""
    return thing.harm == CALLERS and thing.facts.get("required") is True


def differences(old: Thing, new: Thing) -> Iterator[Change]:
    """What changed about one thing."""
    for key in old.facts:
        was, now = old.facts[key], new.facts[key]
        if was != now:
            yield Change("changed", old.what, old.name, effect(key, was, now, old.harm), f"{key}: {was} → {now}")


def effect(key: str, was: Any, now: Any, harm: str) -> str:
    """Whom a change breaks. Callers mind new demands, readers mind what is no longer sure."""
    if key == "required":
        return harm if now is (harm == CALLERS) else ADDITIVE
    if key == "answer":
        return READERS
    if key == "type" and harm == CALLERS and set(was.split(" | ")) < set(now.split(" | ")):
        return ADDITIVE
    return harm


def as_text(changes: list[Change]) -> str:
    """A line for each change."""
    return "".join(f"{SIGNS[one.change]} {one.what} {one.name}{detail(one)} ({one.effect})\n" for one in changes)


def as_markdown(changes: list[Change]) -> str:
    """A list item for each change, for a changelog."""
    return "".join(
        f"- {one.change.capitalize()} {one.what} `{one.name}`{detail(one)} ({one.effect}).\n" for one in changes
    )


def as_data(changes: list[Change]) -> list[Node]:
    """The changes as plain data."""
    return [asdict(one) for one in changes]


def detail(change: Change) -> str:
    """What there is to say beyond the name."""
    return f", {change.detail}" if change.detail else ""
