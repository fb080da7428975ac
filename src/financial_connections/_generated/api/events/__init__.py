"""Operations on events, each as a function.

Generated code. Do not edit.
"""

from financial_connections._generated.api.events.list_events import list_events
from financial_connections._generated.api.events.retrieve_event import retrieve_event

__all__ = [
    "list_events",
    "retrieve_event",
]
