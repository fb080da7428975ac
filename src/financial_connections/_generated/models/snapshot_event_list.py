"""Generated code. Do not edit."""

from attrs import field, frozen

from financial_connections._decoding import REQUIRED, Model
from financial_connections._events import SnapshotEvent


@frozen(kw_only=True, eq=False, repr=False)
class SnapshotEventList(Model):
    """A page of events."""

    object: str = REQUIRED
    """Name of the object's type in the API."""
    data: list[SnapshotEvent] = REQUIRED
    """Items on this page, newest first."""
    has_more: bool = REQUIRED
    """True if there are more items beyond this page."""
    url: str = field(default=REQUIRED, repr=False)
    """Path of the list in the API."""
