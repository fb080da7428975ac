"""Parse the types of webhook events in the contract.

The contract lists them under `x-events`. Each has the name of its class, its kind, the
model of the object that it is about, and a description.
"""

from collections import Counter
from collections.abc import Mapping
from typing import cast, get_args

from codegen.access import Node, SpecError
from codegen.python.classes import CLASS, RESERVED_CLASSES
from codegen.python.docstrings import docstring
from codegen.python.ir import Class, Event, EventKind

RESERVED = RESERVED_CLASSES | {
    *("Event", "EventClient", "EventNotification", "Protocol", "RelatedObject"),
    *("SnapshotEvent", "EVENT_CLASSES"),
}


def parse_events(node: Node, classes: Mapping[str, Class]) -> dict[str, Event]:
    """Parse the types of webhook events, keyed and sorted by type.

    Args:
        node: The value of `x-events`.
        classes: The classes to generate.

    Raises:
        SpecError: An event type is invalid, or two have the same class.
    """
    events = {
        event_type: parse_event(event_type, entry, classes)
        for event_type, entry in sorted(node.items())
    }
    bases = {name for event in events.values() for name in base_names(event.model)}
    names = Counter([*classes, *bases, *(event.name for event in events.values())])
    for event in events.values():
        if names[event.name] > 1:
            raise SpecError(
                f"{event.location}: another class is already called {event.name!r}"
            )
    return events


def base_names(model: str) -> tuple[str, str, str]:
    """Return the names of the classes that the events about a model share.

    They are the base of snapshots, the class of their `data`, and the base of thin
    events.
    """
    return f"{model}Event", f"{model}EventData", f"{model}Notification"


def parse_event(event_type: str, node: Node, classes: Mapping[str, Class]) -> Event:
    """Parse one type of webhook event."""
    name = node.get("class")
    if not CLASS.fullmatch(name.text()) or name.value in RESERVED:
        raise name.error(f"{name.value!r} is not a valid class name")
    kind = node.get("kind")
    if kind.value not in get_args(EventKind):
        raise kind.error(f"{kind.value!r} is neither snapshot nor thin")
    model = node.get("object")
    schema = classes.get(model.text())
    if schema is None or schema.kind != "model":
        raise model.error(f"there is no model called {model.value!r}")
    return Event(
        location=node.location,
        type=event_type,
        name=name.text(),
        kind=cast("EventKind", kind.value),
        model=model.text(),
        doc=docstring(node.get("description").text_or("") or f"`{event_type}`."),
    )
