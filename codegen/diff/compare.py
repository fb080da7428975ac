"""Diff: contract → contract, as what changed for those who call and for those who read
the answers.
"""

import re
from collections.abc import Iterator
from typing import Any

from codegen.access import Node, SpecError
from codegen.diff.changes import Change
from codegen.diff.inventory import CALLERS, READERS, Key, Portraits, Thing, things_of

ADDITIVE = "additive"

Things = dict[Key, Thing]


def diff(old: Node, new: Node) -> list[Change]:
    """What changed between two contracts: the version, then what is renamed, gone, new,
    and different.
    """
    before, after = (
        inventory(old, "the old contract"),
        inventory(new, "the new contract"),
    )
    gone, fresh = alone(before, after), alone(after, before)
    renamed = renames(gone, fresh, Portraits(before), Portraits(after))
    both = [(before[key], after[key]) for key in before if key in after]
    left = {id(thing) for pair in renamed for thing in pair}
    spelling = {one.name: other.name for one, other in renamed if one.what == "schema"}
    return [
        *version_change(old["info"]["version"], new["info"]["version"]),
        *(
            Change("renamed", one.what, one.name, one.harm, "name", one.name, two.name)
            for one, two in renamed
        ),
        *(
            Change("removed", one.what, one.name, one.harm)
            for one in gone
            if id(one) not in left
        ),
        *(
            Change("added", one.what, one.name, effect_of_new(one))
            for one in fresh
            if id(one) not in left
        ),
        *(line for pair in both for line in differences(*pair, spelling)),
        # The path of an operation is where its new name comes from: that goes without
        # saying.
        *(
            line
            for pair in renamed
            for line in differences(*pair, spelling)
            if line.fact != "path"
        ),
    ]


def inventory(contract: Node, which: str) -> Things:
    """Everything in one of the two."""
    try:
        return things_of(contract)
    except SpecError as error:
        raise SpecError(f"{which}: {error}") from error


def version_change(was: str, now: str) -> Iterator[Change]:
    """What every request says it is made for."""
    if was != now:
        yield Change("changed", "header", "Stripe-Version", ADDITIVE, "value", was, now)


def alone(these: Things, those: Things) -> list[Thing]:
    """What is only here; what is inside of it goes without saying."""
    found = [these[key] for key in these if key not in those]
    names = {thing.name for thing in found}
    return [thing for thing in found if thing.parent not in names]


def renames(
    gone: list[Thing], fresh: list[Thing], old: Portraits, new: Portraits
) -> list[tuple[Thing, Thing]]:
    """The pairs that are one thing under two names: equal in all but the name, and
    nothing else is.
    """
    before, after = (
        [(many.of(one), one) for one in some if one.what != "value"]
        for some, many in ((gone, old), (fresh, new))
    )
    pairs = []
    for look, one in before:
        twins = [other for other_look, other in after if other_look == look]
        if (
            len(twins) == 1
            and [other_look for other_look, _ in before].count(look) == 1
        ):
            pairs.append((one, twins[0]))
    return pairs


def effect_of_new(thing: Thing) -> str:
    """Whom it breaks that something is new: only those who have to send it now."""
    return (
        CALLERS
        if thing.harm == CALLERS and thing.facts.get("required") is True
        else ADDITIVE
    )


def differences(old: Thing, new: Thing, spelling: dict[str, str]) -> Iterator[Change]:
    """What changed about one thing, and is not a new spelling only."""
    for key in [*old.facts, *(key for key in new.facts if key not in old.facts)]:
        was, now = old.facts.get(key), new.facts.get(key)
        respelt = (
            re.sub(r"\w+", lambda word: spelling.get(word[0], word[0]), was)
            if isinstance(was, str)
            else was
        )
        if respelt != now:
            yield Change(
                "changed",
                old.what,
                old.name,
                effect(key, was, now, old.harm),
                key,
                was,
                now,
            )


def effect(key: str, was: Any, now: Any, harm: str) -> str:
    """Whom a change breaks. Callers mind new demands, readers mind what is no longer
    sure.
    """
    if key == "answer":
        return READERS
    if key == "nullable":
        return READERS if now else ADDITIVE
    if key == "required":
        return harm if now is (harm == CALLERS) else ADDITIVE
    if harm == CALLERS and (
        is_wider(was, now) if key == "type" else is_looser(key, was, now)
    ):
        return ADDITIVE
    return harm


def is_wider(was: str, now: str) -> bool:
    """Whether a type takes all that it took, and more."""
    old, new = (set(re.split(r" \| (?![^\[]*\])", hint)) for hint in (was, now))
    return old < new


def is_looser(key: str, was: Any, now: Any) -> bool:
    """Whether a limit lets through all that it let through. A default is no limit:
    another one is another call.
    """
    if key == "default" or was is None:
        return False
    if now is None:
        return True
    return (key.startswith("max") and now > was) or (
        key.startswith("min") and now < was
    )
