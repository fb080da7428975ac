"""
Bytes → models, losslessly. Pure.

The fast path is msgspec. Real answers break the contract, and msgspec then refuses the whole object: the
lenient path decodes it again field by field, and what does not fit is `None`. Either way the object keeps the
bytes it came in, from which `to_dict()` returns everything that was sent.
"""

from collections.abc import Callable
from functools import cache
from types import NoneType, UnionType
from typing import Any, Union, get_args, get_origin, get_type_hints

import msgspec
from attrs import frozen

from financial_connections._decoding.json import ContentError, parse_json
from financial_connections._decoding.model import Model, ModelT, OpenEnum

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
    shape = _shape(cls)
    if shape.item is not None:
        return _decode_list(cls, shape, content, request_id)
    try:
        model: ModelT = shape.decode(content)
    except _REFUSALS:
        return _build(cls, _json_object(content), _Origin(content, request_id), ())
    _adopt(model, shape, content, request_id, ())
    return model


def decode_at(cls: type[ModelT], content: bytes, request_id: str | None, path: "Path") -> ModelT:
    """Return the `cls` that stands at `path` in `content`."""
    value = parse_json(content)
    for step in path:
        value = value[step]
    return _build(cls, value, _Origin(content, request_id), path)


def _decode_list(cls: type[ModelT], shape: "_Shape", content: bytes, request_id: str | None) -> ModelT:
    try:
        head = shape.decode(content)
    except _REFUSALS:
        page = _json_object(content)
        if not isinstance(page.get("data"), list):
            raise ContentError("it is a list without data") from None
        return _build(cls, page, _Origin(content, request_id), ())
    if head.data is None:
        raise ContentError("it is a list without data")
    # Copies: one item kept must not keep its whole page.
    raws = [bytes(view) for view in head.data]
    try:
        items = _decode_items(shape, content, raws, request_id)
    except _REFUSALS:
        items = _decode_each(shape.item, raws, request_id)
    fields = {name: getattr(head, name) for name in head.__struct_fields__}
    model = cls(**(fields | {"data": items}))
    _mark(model, content, request_id, ())
    return model


def _decode_items(shape: "_Shape", content: bytes, raws: list[bytes], request_id: str | None) -> list[Model]:
    """Decode all items in one go. The hot loop of the package: what other functions here do is written out."""
    items: list[Model] = shape.decode_items(content).data
    for item, raw in zip(items, raws, strict=True):
        _set_raw(item, raw)
        _set_request_id(item, request_id)
    for name, path, leaf in _shape(shape.item).nested:
        for item, raw in zip(items, raws, strict=True):
            child = getattr(item, name)
            if child is None:
                continue
            if leaf:
                _set_raw(child, raw)
                _set_request_id(child, request_id)
                _set_path(child, path)
            else:
                _adopt_child(child, raw, request_id, path)
    return items


def _decode_each(cls: Any, raws: list[bytes], request_id: str | None) -> list[Model]:
    """Decode item by item: one that breaks the contract must not send the others down the slow path."""
    items: list[Model] = []
    shape = _shape(cls)
    for raw in raws:
        try:
            item = shape.decode(raw)
        except _REFUSALS:
            # What is no object cannot be a model; the list's own to_dict() has it.
            value = parse_json(raw)
            if isinstance(value, dict):
                items.append(_build(cls, value, _Origin(raw, request_id), ()))
        else:
            _adopt(item, shape, raw, request_id, ())
            items.append(item)
    return items


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
    nested: tuple[tuple[str, Path, bool], ...]
    """The fields that can hold models: name, path, and whether it is always one model without models in it."""
    item: type[Model] | None = None
    """The class of a list's items; None for a class that is no list."""
    decode_items: Callable[[bytes], Any] = msgspec.json.decode
    """Bytes of a list → its items."""


@cache
def _shape_of(cls: Any) -> _Shape:
    every_hint = get_type_hints(cls)
    hints = {field.name: every_hint[field.name] for field in cls.__attrs_attrs__}
    items = _models_in(hints.get("data")) if "has_more" in hints else []
    nested = tuple((name, (name,), _is_leaf(hint)) for name, hint in hints.items() if _models_in(hint))
    if not items:
        return _Shape(hints, msgspec.json.Decoder(cls).decode, nested)
    own = [(name, hint, None) for name, hint in hints.items() if name != "data"]
    head = msgspec.defstruct("Head", [("data", list[msgspec.Raw] | None, None), *own])
    body = msgspec.defstruct("Body", [("data", hints["data"])])
    decode_head, decode_body = (msgspec.json.Decoder(part).decode for part in (head, body))
    return _Shape(hints, decode_head, nested, items[0], decode_body)


def _shape(cls: Any) -> _Shape:
    return _shape_of(cls)


def _models_in(hint: Any) -> list[type[Model]]:
    if isinstance(hint, type) and issubclass(hint, Model):
        return [hint]
    return [model for arm in get_args(hint) for model in _models_in(arm)]


def _is_leaf(hint: Any) -> bool:
    arms = [arm for arm in get_args(hint) if arm is not NoneType] or [hint]
    return arms == _models_in(hint) and not any(_shape(model).nested for model in arms)


# -- where an object came from ----------------------------------------------------------------------------


@frozen
class _Origin:
    raw: bytes
    request_id: str | None


def _mark(model: Model, raw: bytes, request_id: str | None, path: Path) -> None:
    _set_raw(model, raw)
    _set_request_id(model, request_id)
    if path:
        _set_path(model, path)


def _adopt(model: Model, shape: _Shape, raw: bytes, request_id: str | None, path: Path) -> None:
    """Mark a decoded model, and all models in it, with where they came from."""
    _mark(model, raw, request_id, path)
    for name, own_path, leaf in shape.nested:
        child = getattr(model, name)
        if child is None:
            continue
        if leaf:
            _mark(child, raw, request_id, path + own_path)
        else:
            _adopt_child(child, raw, request_id, path + own_path)


def _adopt_child(child: Any, raw: bytes, request_id: str | None, path: Path) -> None:
    if isinstance(child, Model):
        _adopt(child, _shape(type(child)), raw, request_id, path)
    elif isinstance(child, list | dict):
        for key, item in child.items() if isinstance(child, dict) else enumerate(child):
            _adopt_child(item, raw, request_id, (*path, key))


# -- the lenient path -------------------------------------------------------------------------------------


def _build(cls: type[ModelT], value: dict[str, Any], origin: _Origin, path: Path) -> ModelT:
    """Return a model with every field that fits."""
    fitted = {
        name: _fit(hint, value[name], origin, (*path, name))
        for name, hint in _shape(cls).hints.items()
        if name in value
    }
    model = cls(**{name: item for name, item in fitted.items() if item is not _MISFIT})
    _mark(model, origin.raw, origin.request_id, path)
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
