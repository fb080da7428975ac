"""Base class of the generated models."""

from collections.abc import Mapping
from copy import copy, deepcopy
from typing import Any, ClassVar, Self, TypeVar

import msgspec
from attrs import NOTHING, frozen

from financial_connections._decoding.attributes import hashable, plain, struct_of
from financial_connections._decoding.hooks import ModelHooks
from financial_connections._decoding.json import parse_json, slice_at, write_json
from financial_connections._decoding.public import PUBLIC, publish
from financial_connections._decoding.representation import Representation
from financial_connections._response import Origin, ResponseInfo, request_id_of

REQUIRED: Any = NOTHING
"""Default of a field that the contract requires and does not allow to be null.

For attrs, such a field has no default, so decoding detects that it is absent. For type
checkers it has one, so constructors accept any subset of the fields.
"""


@frozen
class Details:
    """Data that only a few decoded models need.

    It is kept in a single slot so that all other models stay small.
    """

    path: tuple[str, ...] = ()
    """Path of the object in `Model._raw`."""
    misfits: tuple[str, ...] = ()
    """Names of the fields that violate the contract."""


_NO_DETAILS = Details()


class Model(Representation, ModelHooks):
    """Base class of API objects, which keep everything the server sent.

    An attribute is `None` if the server sent null, omitted the field, or sent a value
    of an unexpected type. If that violates the contract, `misfits` lists the field.
    An attribute can therefore be `None` even if its type excludes that. Two models are
    equal if they have the same class and attributes.
    """

    # Models are frozen, so these are set through the descriptors of the slots.
    __slots__ = ("_details", "_origin", "_raw")

    # `Any`, because the type that attrs declares cannot be resolved at run time.
    __attrs_attrs__: ClassVar[Any]

    _raw: bytes
    """JSON text of this object, or of the page item that contains it.

    Unset if the attributes hold everything that was sent.
    """
    _details: Details
    """Unset if there are no misfits and `_raw` is not the text of another object."""
    _origin: Origin
    """Unset if the object was created by its constructor."""

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        publish(cls)

    @classmethod
    def __attrs_init_subclass__(cls) -> None:
        # Constructors require no field, because tests need only parts of objects.
        cls.__repr__ = Representation.__repr__  # type: ignore[method-assign]
        init = vars(cls)["__init__"]
        required = [
            field.name for field in cls.__attrs_attrs__ if field.default is REQUIRED
        ]
        init.__kwdefaults__ = dict.fromkeys(required) | (init.__kwdefaults__ or {})

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Self:
        """Create a model from parsed JSON; the inverse of `to_dict()`.

        This is as lenient as decoding a response: unknown fields are kept, and a field
        that violates the contract is `None` and listed in `misfits`.

        Args:
            data: The parsed JSON object. A `Decimal` is treated as a number.

        Returns:
            The model, without a `request_id` and a `response`.

        Raises:
            TypeError: A value cannot be represented in JSON.
            ValueError: The data contains a circular reference, or is nested too deeply.
        """
        return restore_model(cls, write_json(data), None)

    def to_dict(self) -> dict[str, Any]:
        """Return everything the server sent, as parsed JSON.

        Unknown fields and values of unexpected types are included. A number that
        neither `int` nor `float` can represent is returned as a `Decimal`.

        Returns:
            A new dict.
        """
        if hasattr(self, "_raw"):
            return dict(parse_json(self._own_raw()))
        if hasattr(self, "_origin"):
            values: dict[str, Any] = msgspec.to_builtins(self._as_struct())
            return values
        return {
            name: plain(value) for name, value in self._items() if value is not None
        }

    @property
    def extra(self) -> dict[str, Any]:
        """Fields of the response that this version does not know, as parsed JSON."""
        known = {field.name for field in self.__attrs_attrs__}
        return {
            name: value for name, value in self.to_dict().items() if name not in known
        }

    @property
    def misfits(self) -> tuple[str, ...]:
        """Names of the fields whose values violate the contract.

        The attribute is `None` if the value does not have the expected type, or if a
        required value is null or absent. Invalid items of lists and maps are dropped,
        and lone surrogates in strings are replaced with U+FFFD. A nested object has its
        own `misfits`.
        """
        return getattr(self, "_details", _NO_DETAILS).misfits

    @property
    def request_id(self) -> str | None:
        """ID of the request that returned this object (`req_…`), for Stripe's support.

        None if the object was not returned by a request.
        """
        return request_id_of(getattr(self, "_origin", None))

    @property
    def response(self) -> ResponseInfo | None:
        """Metadata of the response to the call that returned this object.

        None for items of a list (see the `response` of their page), nested objects,
        objects restored from a pickle, and objects that no call returned.
        """
        origin = getattr(self, "_origin", None)
        return origin if isinstance(origin, ResponseInfo) else None

    def _items(self) -> list[tuple[str, Any]]:
        return [
            (field.name, getattr(self, field.name)) for field in self.__attrs_attrs__
        ]

    def _version(self) -> int:
        """Return a hash of what was sent, regardless of other items of the page."""
        if hasattr(self, "_raw"):
            alone = copy(self)  # keeps its text only if it needs it
            if hasattr(alone, "_raw"):
                return hash(alone._raw)
            return alone._version()
        return hash(msgspec.json.encode(self))

    def _as_struct(self) -> Any:
        # mypy considers a class unhashable if its instances define `__hash__`.
        hashable_class: Any = type(self)
        return msgspec.convert(self, struct_of(hashable_class), from_attributes=True)

    def _own_raw(self) -> bytes:
        return slice_at(self._raw, getattr(self, "_details", _NO_DETAILS).path)

    def _json(self) -> bytes:
        if hasattr(self, "_raw"):
            return self._own_raw()
        if hasattr(self, "_origin"):
            return msgspec.json.encode(self._as_struct())
        return write_json(self.to_dict())

    def __eq__(self, other: object) -> bool:
        if type(self) is not type(other) or not isinstance(other, Model):
            return NotImplemented
        return self._items() == other._items()

    def __hash__(self) -> int:
        # The ID is sufficient and fast. Objects without one, such as balances, can only
        # be distinguished by their attributes.
        object_id = getattr(self, "id", None)
        key = (
            tuple(hashable(value) for _, value in self._items())
            if object_id is None
            else object_id
        )
        return hash((type(self), key))

    def __reduce__(self) -> tuple[Any, ...]:
        # Pickles contain the bytes instead of the attributes, so that a newer version
        # can set fields that this one does not know.
        return restore_model, (type(self), self._json(), self.request_id)

    def __copy__(self) -> Self:
        return self.__deepcopy__({})

    def __deepcopy__(self, memo: dict[int, Any]) -> Self:
        if not hasattr(self, "_origin"):  # Decoding would call absent fields misfits.
            return type(self)(**deepcopy(dict(self._items()), memo))
        if not hasattr(self, "_raw"):
            return self  # Nothing in it can be modified.
        return _decode(type(self), self._own_raw(), self._origin)


ModelT = TypeVar("ModelT", bound=Model)

set_raw: Any = vars(Model)["_raw"].__set__
set_details: Any = vars(Model)["_details"].__set__
set_origin: Any = vars(Model)["_origin"].__set__


def restore_model(cls: type[ModelT], content: bytes, request_id: str | None) -> ModelT:
    """Restore a model from its JSON text.

    Pickles refer to this function by name and pass arguments by position, so neither
    its name nor its parameters may change.

    Args:
        cls: Class of the model.
        content: The JSON text, in UTF-8.
        request_id: ID of the request that returned the object (`req_…`).
    """
    return _decode(cls, content, request_id)


restore_model.__module__ = PUBLIC


def _decode(cls: type[ModelT], content: bytes, origin: Origin) -> ModelT:
    # Imported here because these modules import this one.
    from financial_connections._decoding.decode import decode_document  # noqa: PLC0415
    from financial_connections._decoding.lenient import Document  # noqa: PLC0415

    model = decode_document(cls, content, Document(request_id_of(origin)))
    set_origin(model, origin)
    return model
