"""Things: everything of a contract that has a name, and when two of them are one thing
under two names.
"""

import re
from collections.abc import Iterator
from hashlib import sha256

from attrs import Factory, define, frozen

from codegen.access import Node
from codegen.python.ir import facts_of

CALLERS = "breaking for callers"
READERS = "breaking for readers"

Key = tuple[str, str]


@frozen
class Thing:
    """An operation, a parameter, a schema, a field or a value."""

    what: str
    name: str
    parent: str
    harm: str
    """Whom it breaks when it is gone."""
    facts: Node

    @property
    def key(self) -> Key:
        """What it is told apart by."""
        return self.what, self.name


def things_of(contract: Node) -> dict[Key, Thing]:
    """Everything in a contract that has a name."""
    facts = facts_of(contract)
    every = [*operations(facts["calls"]), *schemas(facts["classes"])]
    return {thing.key: thing for thing in every}


def operations(calls: Node) -> Iterator[Thing]:
    """The operations and their parameters."""
    for name, call in calls.items():
        known = {
            "verb": call["method"],
            "path": call["path"],
            "answer": call["answer"],
        }
        yield Thing("operation", name, "", CALLERS, known)
        for one in call["arguments"]:
            known = {"type": one["hint"], "required": one["required"], **one["limits"]}
            yield Thing("parameter", f"{name}.{one['wire']}", name, CALLERS, known)


def schemas(classes: Node) -> Iterator[Thing]:
    """The schemas with their fields and values."""
    for name, one in classes.items():
        asked = one["kind"] in {"dict", "literal"}
        harm = CALLERS if asked else READERS
        yield Thing("schema", name, "", harm, {"kind": one["kind"]})
        for field in (*one.get("fields", ()), *one.get("extra", ())):
            known = field["limits"] if asked else promises_of(field)
            known = {"type": field["hint"], "required": field["required"], **known}
            yield Thing("field", f"{name}.{field['name']}", name, harm, known)
        for member in one.get("members", ()):
            yield Thing("value", f"{name}.{member['wire']}", name, harm, {})


def promises_of(field: Node) -> Node:
    """What a reader relies on beyond the type."""
    formats = {key: value for key, value in field["limits"].items() if key == "format"}
    return {"nullable": field["nullable"], "constant": field["constant"], **formats}


@define
class Portraits:
    """What each thing looks like, whatever it is called; what it is made of looks like
    itself, too.
    """

    things: dict[Key, Thing]
    _known: dict[Key, str] = Factory(dict)
    _inside: dict[str, list[Thing]] = Factory(dict)

    def __attrs_post_init__(self) -> None:
        for thing in self.things.values():
            self._inside.setdefault(thing.parent, []).append(thing)

    def of(self, thing: Thing) -> str:
        """Equal for things that differ in nothing but names, and in whether they are
        required.
        """
        if thing.key not in self._known:
            parent = "" if thing.what in {"operation", "schema"} else thing.parent
            inside = [
                (one.what, one.name.removeprefix(thing.name), self._spelt(one))
                for one in self._inside.get(thing.name, ())
            ]
            facts = {
                key: fact
                for key, fact in self._spelt(thing).items()
                if key != "required"
            }
            whole = repr((thing.what, parent, facts, inside))
            self._known[thing.key] = sha256(whole.encode()).hexdigest()[:12]
        return self._known[thing.key]

    def _spelt(self, thing: Thing) -> dict[str, object]:
        facts = dict(thing.facts)
        if "path" in facts:
            # The last word of a path is where the name of the operation comes from.
            facts["path"] = re.sub(r"[^/{}]+(?=(/\{[^/]*\})?$)", "…", facts["path"])
        for key in facts.keys() & {"type", "answer"}:
            facts[key] = re.sub(r"\w+", self._schema, facts[key])
        return facts

    def _schema(self, word: re.Match[str]) -> str:
        named = self.things.get(("schema", word[0]))
        return self.of(named) if named else word[0]
