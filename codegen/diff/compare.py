"""Compare two contracts, from the perspectives of callers and of response readers."""

import re
from collections.abc import Iterator
from typing import Any

from codegen.access import JSONObject, SpecError
from codegen.diff.changes import Change
from codegen.diff.inventory import (
    CALLERS,
    EVENT,
    READERS,
    Fingerprints,
    Item,
    Items,
    list_items,
)
from codegen.python.ir import Contract
from codegen.python.parse import parse_contract

ADDITIVE = "additive"
UNKNOWN = "read Stripe's changelog"
STRIPE_CHANGELOG = "https://docs.stripe.com/changelog"


def diff(old: JSONObject, new: JSONObject) -> list[Change]:
    """Return the differences between two contracts.

    The version comes first, followed by renamed, removed, added and changed items.
    """
    old_contract = parse(old, "the old contract")
    new_contract = parse(new, "the new contract")
    before, after = list_items(old_contract), list_items(new_contract)
    removed, added = only_in(before, after), only_in(after, before)
    renamed = find_renames(removed, added, Fingerprints(before), Fingerprints(after))
    names = {item.name: new.name for item, new in renamed if item.what == "schema"}
    return [
        *compare_versions(old_contract.version, new_contract.version),
        *list_renamed(renamed, removed, added),
        *(
            change
            for key in before
            if key in after
            for change in compare_items(before[key], after[key], names)
        ),
        # A renamed operation also has a new path, because names are derived from paths.
        *(
            change
            for pair in renamed
            for change in compare_items(*pair, names)
            if change.fact != "path"
        ),
    ]


def list_renamed(
    renamed: list[tuple[Item, Item]], removed: list[Item], added: list[Item]
) -> Iterator[Change]:
    """Yield renamed items, then removed and added ones that were not renamed."""
    for old, new in renamed:
        fact = ("name", old.name, new.name)
        yield Change("renamed", old.what, old.name, old.audience, *fact)
    renamed_items = {id(item) for pair in renamed for item in pair}
    for item in removed:
        if id(item) not in renamed_items:
            yield Change("removed", item.what, item.name, item.audience)
    for item in added:
        if id(item) not in renamed_items:
            yield Change("added", item.what, item.name, effect_of_addition(item))


def parse(document: JSONObject, description: str) -> Contract:
    """Parse a contract, adding its description to error messages."""
    try:
        return parse_contract(document)
    except SpecError as error:
        raise SpecError(f"{description}: {error}") from error


def compare_versions(was: str, now: str) -> Iterator[Change]:
    """Yield a change if the API version sent with every request differs.

    A version can change how Stripe behaves, which no schema shows.
    """
    if was != now:
        value = ("value", was, now, STRIPE_CHANGELOG)
        yield Change("changed", "header", "Stripe-Version", UNKNOWN, *value)


def only_in(these: Items, those: Items) -> list[Item]:
    """Return the items that are only in the first contract, without their children."""
    items = [these[key] for key in these if key not in those]
    names = {item.name for item in items}
    return [item for item in items if item.parent not in names]


def find_renames(
    removed: list[Item],
    added: list[Item],
    old_fingerprints: Fingerprints,
    new_fingerprints: Fingerprints,
) -> list[tuple[Item, Item]]:
    """Pair each removed item with the added item that it was renamed to.

    The items of a pair have the same fingerprint, which no other removed or added item
    has.
    """
    old = [(old_fingerprints.of(item), item) for item in removed if has_name(item)]
    new = [(new_fingerprints.of(item), item) for item in added if has_name(item)]
    old_hashes = [fingerprint for fingerprint, _ in old]
    pairs = []
    for fingerprint, item in old:
        candidates = [other for hash_, other in new if hash_ == fingerprint]
        if len(candidates) == 1 and old_hashes.count(fingerprint) == 1:
            pairs.append((item, candidates[0]))
    return pairs


def has_name(item: Item) -> bool:
    """Return False for values and event types, which are names themselves."""
    return item.what not in {EVENT, "value"}


def effect_of_addition(item: Item) -> str:
    """Return whom a new item breaks: callers, if they must now send it."""
    must_be_sent = item.audience == CALLERS and item.facts.get("required") is True
    return CALLERS if must_be_sent else ADDITIVE


def compare_items(old: Item, new: Item, names: dict[str, str]) -> Iterator[Change]:
    """Yield the changes to an item, ignoring renamed schemas in its types."""
    for key in [*old.facts, *(key for key in new.facts if key not in old.facts)]:
        was, now = old.facts.get(key), new.facts.get(key)
        renamed = was
        if isinstance(was, str):
            renamed = re.sub(r"\w+", lambda word: names.get(word[0], word[0]), was)
        if renamed != now:
            effect = effect_of_change(key, was, now, old.audience)
            yield Change("changed", old.what, old.name, effect, key, was, now)


def effect_of_change(key: str, was: Any, now: Any, audience: str) -> str:
    """Return whom a changed fact breaks.

    New requirements break callers. Weaker guarantees break readers.
    """
    if key == "response":
        return READERS
    if key == "nullable":
        return READERS if now else ADDITIVE
    if key == "required":
        return audience if now is (audience == CALLERS) else ADDITIVE
    if audience == CALLERS and (
        is_wider(was, now) if key == "type" else is_looser(key, was, now)
    ):
        return ADDITIVE
    return audience


def is_wider(was: str, now: str) -> bool:
    """Return whether a type accepts everything it accepted before, and more."""
    old, new = (set(re.split(r" \| (?![^\[]*\])", hint)) for hint in (was, now))
    return old < new


def is_looser(key: str, was: Any, now: Any) -> bool:
    """Return whether a limit allows everything it allowed before.

    A default is not a limit: changing it changes the meaning of existing calls.
    """
    if key == "default" or was is None:
        return False
    if now is None:
        return True
    return (key.startswith("max") and now > was) or (
        key.startswith("min") and now < was
    )
