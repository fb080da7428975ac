"""Base classes of generated models, which keep what the server sent, compare, pickle,
and hide data in a repr.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import Any, ClassVar, Self, TypeVar

from attrs import frozen

from financial_connections._decoding.json import parse_json, slice_at, write_json

_GENERATED = "financial_connections._generated."
_PUBLIC = "financial_connections.models"


def _publish(cls: type) -> None:
    """Name the public module of a generated class: a pickle can then be read when the
    generated one has moved.
    """
    if cls.__module__.startswith(_GENERATED):
        cls.__module__ = _PUBLIC


class OpenEnum(StrEnum):
    """An enum that outlives its definition: a value the contract does not know is a
    member too.

    Such a member equals, hashes, formats and pickles like its string, and its
    `is_known` is False.
    """

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        _publish(cls)

    @classmethod
    def _missing_(cls, value: object) -> Self | None:
        if not isinstance(value, str):
            return None
        # Not registered among the members: a server could otherwise fill our memory
        # with them.
        member = str.__new__(cls, value)
        member._name_ = value
        member._value_ = value
        return member

    @property
    def is_known(self) -> bool:
        """True if the contract that this package was generated from has this value."""
        return self._value_ in type(self)._value2member_map_

    def __repr__(self) -> str:
        if self.is_known:
            return super().__repr__()
        return f"<{type(self).__name__}: {self._value_[:40]!a} (unknown)>"


@frozen
class Remarks:
    """Facts about a decoded model that few models need: one slot for both keeps the
    others small.
    """

    path: tuple[str, ...] = ()
    """Path of the object in `Model._raw`."""
    misfits: tuple[str, ...] = ()
    """The fields that do not fit the contract."""


_NO_REMARKS = Remarks()


class Model:
    """An object of the API: typed attributes over exactly what the server sent.

    An attribute is `None` when the server sent null, nothing, or a value of another
    type than the contract promises; `misfits` names the last of these, and `to_dict()`
    has the value. Two models are equal when their class and attributes are.
    """

    # Set after decoding, through the slots' own descriptors: models are frozen, and no
    # field can reach these.
    __slots__ = ("_raw", "_remarks", "_request_id")

    __attrs_attrs__: ClassVar[
        Any
    ]  # attrs' own; hints must resolve at run time, and its type does not

    _raw: bytes
    """The JSON text of this object, or of the item of a page that it is a field of."""
    _remarks: Remarks
    """Unset for most objects, whose bytes are their own and fit."""
    _request_id: str | None

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        _publish(cls)

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Self:
        """Return the model of a parsed JSON object: the inverse of `to_dict()`.

        It is as lenient as the client is with the server: no field is required, an
        unknown one is kept, and one of the wrong type is `None` and named in `misfits`.

        Args:
            data: The object. A `Decimal` is written as a number.

        Raises:
            TypeError: A value has no counterpart in JSON.
            ValueError: The data contains itself.

        """
        return restore_model(cls, write_json(data), None)

    def to_dict(self) -> dict[str, Any]:
        """Return everything the server sent, as parsed JSON: unknown and unusable
        fields included.

        A number that neither `int` nor `float` can hold is a `Decimal`.
        """
        if not hasattr(self, "_raw"):
            return {
                name: _plain(value)
                for name, value in self._items()
                if value is not None
            }
        return dict(parse_json(self._own_raw()))

    @property
    def extra(self) -> dict[str, Any]:
        """The fields the server sent that the contract does not know."""
        known = {field.name for field in self.__attrs_attrs__}
        return {
            name: value for name, value in self.to_dict().items() if name not in known
        }

    @property
    def misfits(self) -> tuple[str, ...]:
        """The names of the fields whose attribute is not all that the server sent.

        Their values are of another type than the contract promises, so the attribute is
        `None`, or are lists and maps, of which entries that do not fit are left out, or
        are text with characters that no text can have, which are replaced by U+FFFD. An
        object in a field has `misfits` of its own.
        """
        return getattr(self, "_remarks", _NO_REMARKS).misfits

    @property
    def request_id(self) -> str | None:
        """The id of the request that this object was the answer to (`req_…`), for
        Stripe's support.
        """
        return getattr(self, "_request_id", None)

    def _items(self) -> list[tuple[str, Any]]:
        return [
            (field.name, getattr(self, field.name)) for field in self.__attrs_attrs__
        ]

    def _own_raw(self) -> bytes:
        return slice_at(self._raw, getattr(self, "_remarks", _NO_REMARKS).path)

    def __eq__(self, other: object) -> bool:
        if type(self) is not type(other) or not isinstance(other, Model):
            return NotImplemented
        return self._items() == other._items()

    def __hash__(self) -> int:
        # An id is enough, and quick. Objects without one, such as balances, differ in
        # their attributes only.
        own_id = getattr(self, "id", None)
        facts = (
            tuple(_hashable(value) for _, value in self._items())
            if own_id is None
            else own_id
        )
        return hash((type(self), facts))

    def __reduce__(self) -> tuple[Any, ...]:
        # The bytes, not the attributes: a pickle read by a newer version gets the newer
        # version's fields.
        raw = self._own_raw() if hasattr(self, "_raw") else write_json(self.to_dict())
        return restore_model, (type(self), raw, self.request_id)


ModelT = TypeVar("ModelT", bound=Model)

set_raw: Any = vars(Model)["_raw"].__set__
set_remarks: Any = vars(Model)["_remarks"].__set__
set_request_id: Any = vars(Model)["_request_id"].__set__


def _hashable(value: Any) -> Any:
    """Return what can be hashed of an attribute: JSON that is nested further is left
    out.
    """
    match value:
        case list():
            return tuple(item for item in value if not isinstance(item, list | dict))
        case dict():
            return frozenset(
                (key, item)
                for key, item in value.items()
                if not isinstance(item, list | dict)
            )
        case _:
            return value


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


def restore_model(cls: type[ModelT], content: bytes, request_id: str | None) -> ModelT:
    """Return a model from its JSON text.

    Pickles name this function and the order of its parameters, so neither can change.
    """
    from financial_connections._decoding.decode import decode_document  # noqa: PLC0415 - it is built on this module
    from financial_connections._decoding.lenient import Document  # noqa: PLC0415 - likewise

    return decode_document(cls, content, Document(request_id))


restore_model.__module__ = _PUBLIC
