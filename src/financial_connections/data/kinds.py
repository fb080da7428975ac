"""A column of a table, and the kind of its values."""

from enum import Enum, auto

from attrs import frozen


class Kind(Enum):
    """The kind of values in a column."""

    TEXT = auto()
    REFERENCE = auto()
    """The ID of an object, which the API sends in full if it is expanded."""
    TEXTS = auto()
    """A list of strings."""
    INTEGER = auto()
    BOOLEAN = auto()
    TIME = auto()
    """Seconds since the epoch."""
    AMOUNT = auto()
    """An amount in the smallest unit of the currency in the same object."""
    AMOUNTS = auto()
    """Amounts in the smallest unit of each currency, by currency."""


@frozen
class Column:
    """A column and the field whose values it contains."""

    path: tuple[str, ...]
    """The names of the nested objects, and then the name of the field."""
    kind: Kind

    @property
    def name(self) -> str:
        """The name of the column, such as `status_transitions_posted_at`."""
        return "_".join(self.path)
