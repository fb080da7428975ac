"""Describe the event types of Financial Connections."""

import re

from codegen.access import JSONObject, Node
from codegen.contract.names import event_name
from codegen.contract.schemas import SchemaNormaliser

EVENT = re.compile(r"(v\d+\.)?(financial_connections\.\w+)\.\w+")
KINDS = {"x-webhook-events": "snapshot", "x-thin-events": "thin"}


def normalise_events(upstream: Node, schemas: SchemaNormaliser) -> JSONObject:
    """Return the event types with the classes of the events and of their objects.

    A snapshot event contains its object, and a thin one only the ID of its object.
    """
    events: JSONObject = {}
    for key, kind in KINDS.items():
        for element in upstream.get(key, []).elements():
            event = element.text()
            match = EVENT.fullmatch(event)
            if not match:
                raise element.error(f"{event!r} is not an event about a resource")
            resource = schemas.names.get(match[2])
            if not resource:
                raise element.error(f"no schema is called {match[2]!r}")
            name = schemas.table.name("events", event, event_name(event))
            events[event] = {"class": name, "kind": kind, "object": resource}
    return dict(sorted(events.items()))
