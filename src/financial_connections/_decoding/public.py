"""Make classes of private modules appear to be defined in public ones."""

from typing import Any

_GENERATED = "financial_connections._generated."
_EVENTS = (f"{_GENERATED}events", "financial_connections._events")
PUBLIC = "financial_connections.models"
_PUBLIC_EVENTS = "financial_connections.webhooks"


def publish(cls: Any) -> None:
    """Move a class of a private module to the public module that exports it.

    Pickles refer to classes by module, and must stay readable when private modules are
    moved.
    """
    is_event = cls.__module__ in _EVENTS
    if is_event or cls.__module__.startswith(_GENERATED):
        # The docstrings of the attributes are read from the source of this module.
        cls._source_module = cls.__module__
        cls.__module__ = _PUBLIC_EVENTS if is_event else PUBLIC
