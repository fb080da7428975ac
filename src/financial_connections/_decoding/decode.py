"""Decode JSON bytes into models, losslessly. Pure, but for the warnings about values
that do not fit.

msgspec decodes whatever keeps to the contract. An object that does not is decoded field
by field (`lenient`). Either way each model keeps the bytes that it came in, from which
`to_dict()` returns everything that was sent.
"""

from collections.abc import Callable
from contextlib import suppress
from typing import Any

from financial_connections._decoding.json import REFUSALS, ContentError, slice_at
from financial_connections._decoding.lenient import Document, build, own
from financial_connections._decoding.misfits import log_misfits
from financial_connections._decoding.model import (
    Model,
    ModelT,
    Remarks,
    set_raw,
    set_remarks,
    set_request_id,
)
from financial_connections._decoding.shape import Shape, shape_of
from financial_connections._decoding.text import utf8_from


def decode(
    cls: type[ModelT],
    content: bytes,
    request_id: str | None,
    content_type: str | None = None,
    on_misfits: Callable[[tuple[str, ...]], object] | None = None,
) -> ModelT:
    """Return the model in the body of a response; for a list class, with one model per
    item.

    Args:
        cls: The class of the model.
        content: The body.
        request_id: ID of the request (`req_…`), for `Model.request_id`.
        content_type: The value of the `Content-Type` header, for the charset that it may declare.
        on_misfits: Called with the fields in which something does not fit, such as `Transaction.amount`, if
            there are any.

    Raises:
        ContentError: The content is not a JSON object, or is a list without `data`.

    """
    document = Document(request_id)
    model = decode_document(cls, utf8_from(content, content_type), document)
    if shape_of(cls).item is not None and getattr(model, "data", None) is None:
        raise ContentError("it is a list without data")
    if document.misfits:
        fields = tuple(sorted(document.misfits))
        log_misfits(fields, request_id)
        if on_misfits is not None:
            on_misfits(fields)
    return model


def decode_document(cls: type[ModelT], content: bytes, document: Document) -> ModelT:
    """Return the model in `content`, and collect what does not fit in `document`,
    silently.
    """
    shape = shape_of(cls)
    try:
        if shape.item is None:
            model: ModelT = shape.decode(content)
            own(model, content, document)
            return model
        head = shape.decode(content)
        items = (
            None
            if head.data is None
            else _decode_items(shape, content, head.data, document)
        )
    except REFUSALS:
        pass  # outside of `except`, an error does not carry the one before, which holds the document
    else:
        return _list_of(cls, head, items, content, document)
    return _build(cls, content, document)


def _build(cls: type[ModelT], content: bytes, document: Document) -> ModelT:
    model: ModelT | None = None
    with suppress(RecursionError):
        model = build(cls, content, document)
    if model is None:
        raise ContentError("the JSON is nested too deeply")
    return model


def _list_of(
    cls: type[ModelT],
    head: Any,
    items: list[Model] | None,
    content: bytes,
    document: Document,
) -> ModelT:
    fields = {name: getattr(head, name) for name in head.__struct_fields__}
    model = cls(**(fields | {"data": items}))
    set_raw(model, content)
    set_request_id(model, document.request_id)
    return model


def _decode_items(
    shape: Shape, content: bytes, views: list[Any], document: Document
) -> list[Model]:
    """Decode all items in one go: the hot loop of the package."""
    items: list[Model] = shape.decode_items(content).data
    # Copies: an item that is kept must not keep its whole page.
    raws = [bytes(view) for view in views]
    request_id = document.request_id
    for item, raw in zip(items, raws, strict=True):
        set_raw(item, raw)
        set_request_id(item, request_id)
    if shape.item is not None:
        _own_fields(shape.item, items, raws, (), document)
    return items


def _own_fields(
    shape: Shape,
    items: list[Any],
    raws: list[bytes],
    path: tuple[str, ...],
    document: Document,
) -> None:
    """Do for the fields of many items what `own` does for one object, in less time.

    A model in a field keeps the bytes of its item, and where in them it is: to cut out
    its own would take longer than all the rest. An item is small, and what is pickled
    is the model's own part all the same.
    """
    request_id = document.request_id
    for nested in shape.nested:
        name, place = nested.name, (*path, nested.name)
        remarks = Remarks(place)
        is_single = nested.model is not None
        for item, raw in zip(items, raws, strict=True):
            child = getattr(item, name)
            if is_single and isinstance(child, Model):
                set_raw(child, raw)
                set_remarks(child, remarks)
                set_request_id(child, request_id)
            elif child is not None and not is_single:
                own(child, slice_at(raw, place), document)
        if nested.model is not None and nested.model.nested:
            models = [
                (getattr(item, name), raw)
                for item, raw in zip(items, raws, strict=True)
            ]
            models = [(child, raw) for child, raw in models if isinstance(child, Model)]
            _own_fields(
                nested.model,
                [child for child, _ in models],
                [raw for _, raw in models],
                place,
                document,
            )
