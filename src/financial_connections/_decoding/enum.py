"""Base class of the generated enums."""

from enum import StrEnum
from typing import Self

from financial_connections._decoding.hooks import EnumHooks
from financial_connections._decoding.public import publish


class OpenEnum(EnumHooks, StrEnum):
    """An enum that also accepts values added to the API later.

    A value that is missing from the schema becomes a member as well. It compares,
    hashes, formats and pickles like its string, and its `is_known` is False.
    """

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        publish(cls)

    @classmethod
    def _missing_(cls, value: object) -> Self | None:
        if not isinstance(value, str):
            return None
        # Not registered as a member, because a server could then exhaust memory.
        member = str.__new__(cls, value)
        member._name_ = value
        member._value_ = value
        return member

    @property
    def is_known(self) -> bool:
        """True if this version of the package knows the value."""
        return self._value_ in type(self)._value2member_map_

    def __repr__(self) -> str:
        if self.is_known:
            return super().__repr__()
        return f"<{type(self).__name__}: {self._value_[:40]!a} (unknown)>"
