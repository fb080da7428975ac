"""Decode each event into the class of its type."""

from financial_connections._decoding import (
    decode,
    parse_json,
    register_variants,
    split_object,
)
from financial_connections._events import (
    Event,
    EventNotification,
    SnapshotEvent,
    UnknownEvent,
    UnknownEventNotification,
)
from financial_connections._generated.events import EVENT_CLASSES

SNAPSHOT_TYPES = tuple(
    name for name, cls in EVENT_CLASSES.items() if issubclass(cls, SnapshotEvent)
)
"""All types of snapshot events that this version knows."""

_THIN = "v2.core.event"


def decode_event(content: bytes) -> Event:
    """Return the event in a JSON text.

    Args:
        content: The JSON text, in UTF-8.

    Raises:
        ContentError: The content is not a JSON object.
    """
    return decode(Event, content, None)


def _class_of(content: bytes) -> type[Event]:
    """Return the class for the JSON text of an event."""
    parts = split_object(content)
    is_thin = _text(parts.get("object")) == _THIN
    unknown = UnknownEventNotification if is_thin else UnknownEvent
    return EVENT_CLASSES.get(_text(parts.get("type")), unknown)


def _text(part: bytes | None) -> str:
    value = None if part is None else parse_json(part)
    return value if isinstance(value, str) else ""


for _base in (Event, EventNotification, SnapshotEvent):
    register_variants(_base, _class_of)
