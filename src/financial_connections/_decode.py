"""
Bytes → models, losslessly. Pure.

The fast path is msgspec. Real answers break the contract, and msgspec then refuses the whole object: the
lenient path decodes it again field by field, and what does not fit is `None`. Either way the object keeps the
bytes it came in, from which `to_dict()` returns everything that was sent.
"""

from collections.abc import Callable, Iterator
from functools import cache
from types import UnionType
from typing import Any, Union, get_args, get_origin, get_type_hints

import msgspec
from attrs import frozen

from financial_connections._json import ContentError, parse_json
from financial_connections._model import Model, ModelT, OpenEnum

_REFUSALS = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)
_MISFIT = object()

_set_raw: Any = vars(Model)["_raw"].__set__
_set_path: Any = vars(Model)["_path"].__set__
_set_request_id: Any = vars(Model)["_request_id"].__set__

Path = tuple[str | int, ...]


def decode(cls: type[ModelT], content: bytes, request_id: str | None) -> ModelT:
    """
    Return the `cls` that `content` spells; for a list class, with one model an item.

    Raises `ContentError` when `content` is no JSON object, or a list without `data`; nothing else.
    """
    shape, origin = _shape(cls), _Origin(content, request_id)
    if shape.item is not None:
        return _decode_list(cls, shape, origin)
    try:
        model: ModelT = shape.decode(content)
    except _REFUSALS:
        return _build(cls, _json_object(content), origin, ())
    _adopt(model, origin, ())
    return model


def _decode_list(cls: type[ModelT], shape: "_Shape", origin: "_Origin") -> ModelT:
    try:
        head = shape.decode(origin.raw)
    except _REFUSALS:
        page = _json_object(origin.raw)
        if not isinstance(page.get("data"), list):
            raise ContentError("it is a list without data") from None
        return _build(cls, page, origin, ())
    if head.data is None:
        raise ContentError("it is a list without data")
    fields = {name: getattr(head, name) for name in head.__struct_fields__}
    fields["data"] = list(_decode_items(shape.item, head.data, origin.request_id))
    model = cls(**fields)
    _mark(model, origin, ())
    return model


def _decode_items(cls: Any, raws: list[msgspec.Raw], request_id: str | None) -> Iterator[Model]:
    shape = _shape(cls)
    for view in raws:
        raw = bytes(view)  # a copy: one item kept must not keep its whole page
        try:
            item = shape.decode(raw)
        except _REFUSALS:
            # What is no object cannot be a model; the list's own to_dict() has it.
            value = parse_json(raw)
            if isinstance(value, dict):
                yield _build(cls, value, _Origin(raw, request_id), ())
            continue
        _set_raw(item, raw)
        _set_request_id(item, request_id)
        if shape.nested:
            _adopt_children(item, shape.nested, _Origin(raw, request_id), ())
        yield item


def _json_object(content: bytes) -> dict[str, Any]:
    value = parse_json(content)
    if not isinstance(value, dict):
        raise ContentError(f"it is a JSON {type(value).__name__}, not an object")
    return value


# -- what a class is made of ------------------------------------------------------------------------------


@frozen
class _Shape:
    hints: dict[str, Any]
    decode: Callable[[bytes], Any]
    """Bytes → an instance; for a list class, → its own fields, with the items still bytes."""
    nested: tuple[str, ...]
    """The names of the fields that can hold models."""
    item: type[Model] | None
    """The class of a list's items; None for a class that is no list."""


@cache
def _shape_of(cls: Any) -> _Shape:
    every_hint = get_type_hints(cls)
    hints = {field.name: every_hint[field.name] for field in cls.__attrs_attrs__}
    items = _models_in(hints.get("data")) if "has_more" in hints else []
    nested = tuple(name for name, hint in hints.items() if _models_in(hint))
    decoded: Any = cls
    if items:
        own = [(name, hint, None) for name, hint in hints.items() if name != "data"]
        decoded = msgspec.defstruct("Head", [("data", list[msgspec.Raw] | None, None), *own])
    return _Shape(hints, msgspec.json.Decoder(decoded).decode, nested, items[0] if items else None)


def _shape(cls: Any) -> _Shape:
    return _shape_of(cls)


def _models_in(hint: Any) -> list[type[Model]]:
    if isinstance(hint, type) and issubclass(hint, Model):
        return [hint]
    return [model for arm in get_args(hint) for model in _models_in(arm)]


# -- where an object came from ----------------------------------------------------------------------------


@frozen
class _Origin:
    raw: bytes
    request_id: str | None


def _mark(model: Model, origin: _Origin, path: Path) -> None:
    _set_raw(model, origin.raw)
    _set_request_id(model, origin.request_id)
    if path:
        _set_path(model, path)


def _adopt(model: Model, origin: _Origin, path: Path) -> None:
    """Mark a decoded model, and all models in it, with where they came from."""
    _mark(model, origin, path)
    _adopt_children(model, _shape(type(model)).nested, origin, path)


def _adopt_children(model: Model, names: tuple[str, ...], origin: _Origin, path: Path) -> None:
    for name in names:
        child = getattr(model, name)
        if isinstance(child, Model):
            _adopt(child, origin, (*path, name))
        elif isinstance(child, list | dict):
            entries = child.items() if isinstance(child, dict) else enumerate(child)
            for key, item in entries:
                _adopt(item, origin, (*path, name, key))


# -- the lenient path -------------------------------------------------------------------------------------


def _build(cls: type[ModelT], value: dict[str, Any], origin: _Origin, path: Path) -> ModelT:
    """Return a model with every field that fits."""
    fitted = {
        name: _fit(hint, value[name], origin, (*path, name))
        for name, hint in _shape(cls).hints.items()
        if name in value
    }
    model = cls(**{name: item for name, item in fitted.items() if item is not _MISFIT})
    _mark(model, origin, path)
    return model


def _fit(hint: Any, value: Any, origin: _Origin, path: Path) -> Any:  # noqa: PLR0911 - one a kind of hint
    """Return `value` as `hint` describes it, or `_MISFIT`. In lists and maps only what fits remains."""
    kind = get_origin(hint)
    if kind in {Union, UnionType}:
        fits = (_fit(arm, value, origin, path) for arm in get_args(hint))
        return next((fit for fit in fits if fit is not _MISFIT), _MISFIT)
    if kind is list and isinstance(value, list):
        items = (_fit(get_args(hint)[0], item, origin, (*path, i)) for i, item in enumerate(value))
        return [item for item in items if item is not _MISFIT]
    if kind is dict and isinstance(value, dict):
        entries = {key: _fit(get_args(hint)[1], item, origin, (*path, key)) for key, item in value.items()}
        return {key: item for key, item in entries.items() if item is not _MISFIT}
    if hint is Any or type(value) is hint or (hint is float and type(value) is int):
        return value
    if isinstance(hint, type) and issubclass(hint, Model) and isinstance(value, dict):
        return _build(hint, value, origin, path)
    if isinstance(hint, type) and issubclass(hint, OpenEnum) and isinstance(value, str):
        return hint(value)
    return _MISFIT
