"""What every generated model can do: keep what the server sent, compare, pickle, stay quiet in a repr."""

import json
from collections.abc import Mapping
from enum import StrEnum
from typing import Any, ClassVar, Self, TypeVar

from financial_connections._decoding.json import parse_json


class OpenEnum(StrEnum):
    """
    An enum that outlives its definition: a value the contract does not know is a member too.

    Such a member equals, hashes, formats and pickles like its string, and its `is_known` is False.
    """

    @classmethod
    def _missing_(cls, value: object) -> Self | None:
        if not isinstance(value, str):
            return None
        # Not registered among the members: a server could otherwise fill our memory with them.
        member = str.__new__(cls, value)
        member._name_ = value
        member._value_ = value
        return member

    @property
    def is_known(self) -> bool:
        """Whether the contract that this package was generated from has this value."""
        return self._value_ in type(self)._value2member_map_

    def __repr__(self) -> str:
        if self.is_known:
            return super().__repr__()
        return f"<{type(self).__name__}: {self._value_[:40]!a} (unknown)>"


class Model:
    """
    An object of the API: typed attributes over exactly what the server sent.

    An attribute is `None` when the server sent null, nothing, or a value of another type than the contract
    promises; `to_dict()` has the difference. Two models are equal when their class and attributes are.
    """

    # Set after decoding, through the slots' own descriptors: models are frozen, and no field can reach these.
    __slots__ = ("_path", "_raw", "_request_id")

    __attrs_attrs__: ClassVar[Any]  # attrs' own; hints must resolve at run time, and its type does not

    _raw: bytes
    """The document this object came in."""
    _path: tuple[str | int, ...]
    """Where in `_raw` it stands; unset at the top."""
    _request_id: str | None

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Self:
        """
        Return the model of a parsed JSON object: the inverse of `to_dict()`.

        As lenient as the client is with the server: no field is required, an unknown one is kept, one of
        the wrong type is `None`. Raises `TypeError` or `ValueError` when `data` cannot be JSON.
        """
        return _restored(cls, json.dumps(data).encode(), None)

    def to_dict(self) -> dict[str, Any]:
        """Return everything the server sent, as parsed JSON: unknown and unusable fields included."""
        if not hasattr(self, "_raw"):
            return {name: _plain(value) for name, value in self._items() if value is not None}
        value = parse_json(self._raw)
        for step in getattr(self, "_path", ()):
            value = value[step]
        return dict(value)

    @property
    def extra(self) -> dict[str, Any]:
        """The fields the server sent that the contract does not know."""
        known = {field.name for field in self.__attrs_attrs__}
        return {name: value for name, value in self.to_dict().items() if name not in known}

    @property
    def request_id(self) -> str | None:
        """The id of the request that this object was the answer to (`req_…`), for Stripe's support."""
        return getattr(self, "_request_id", None)

    def _items(self) -> list[tuple[str, Any]]:
        return [(field.name, getattr(self, field.name)) for field in self.__attrs_attrs__]

    def __eq__(self, other: object) -> bool:
        if type(self) is not type(other) or not isinstance(other, Model):
            return NotImplemented
        return self._items() == other._items()

    def __hash__(self) -> int:
        # The id alone: maps such as `balance.current` cannot be hashed.
        return hash((type(self), getattr(self, "id", None)))

    def __reduce__(self) -> tuple[Any, ...]:
        # The bytes, not the attributes: a pickle read by a newer version gets the newer version's fields.
        if hasattr(self, "_raw"):
            return _restored, (type(self), self._raw, self.request_id, getattr(self, "_path", ()))
        return _restored, (type(self), json.dumps(self.to_dict()).encode(), None)


ModelT = TypeVar("ModelT", bound=Model)


def _plain(value: Any) -> Any:
    match value:
        case Model():
            return value.to_dict()
        case OpenEnum():
            return str(value)
        case list():
            return [_plain(item) for item in value]
        case dict():
            return {key: _plain(item) for key, item in value.items()}
        case _:
            return value


def _restored(cls: type[ModelT], content: bytes, request_id: str | None, path: tuple[str | int, ...] = ()) -> ModelT:
    from financial_connections._decoding.decode import decode, decode_at  # noqa: PLC0415 - _decode is built on this module

    return decode_at(cls, content, request_id, path) if path else decode(cls, content, request_id)
