"""Decode JSON into models, losslessly.

msgspec decodes everything that fits the contract. An object that does not fit is
decoded one field at a time (`lenient`). In both cases each model keeps the bytes it was
decoded from, so that `to_dict()` returns everything that was sent.
"""

from collections.abc import Callable
from typing import Any

from financial_connections._decoding.charset import to_utf8
from financial_connections._decoding.json import DECODE_ERRORS, ContentError, slice_at
from financial_connections._decoding.lenient import (
    Document,
    attach_raw,
    decode_fields,
)
from financial_connections._decoding.misfits import log_misfits
from financial_connections._decoding.model import (
    Details,
    Model,
    ModelT,
    set_details,
    set_raw,
    set_request_id,
)
from financial_connections._decoding.shape import Shape, shape_of


def decode(
    cls: type[ModelT],
    content: bytes,
    request_id: str | None,
    content_type: str | None = None,
    on_misfits: Callable[[tuple[str, ...]], object] | None = None,
) -> ModelT:
    """Return the model in the body of a response.

    Args:
        cls: The class of the model. If it is a list, its items are models, too.
        content: The body.
        request_id: ID of the request (`req_…`), for `Model.request_id`.
        content_type: Value of the `Content-Type` header, which may declare a charset.
        on_misfits: Called with the names of the fields that do not fit, such as
            `Transaction.amount`, if there are any.

    Raises:
        ContentError: The content is not a JSON object, or is a list without `data`.
    """
    document = Document(request_id)
    model = decode_document(cls, to_utf8(content, content_type), document)
    if shape_of(cls).item is not None and getattr(model, "data", None) is None:
        raise ContentError("it is a list without data")
    if document.misfits:
        fields = tuple(sorted(document.misfits))
        log_misfits(fields, request_id)
        if on_misfits is not None:
            on_misfits(fields)
    return model


def decode_document(cls: type[ModelT], content: bytes, document: Document) -> ModelT:
    """Return the model in a JSON text, without reporting what does not fit.

    Args:
        cls: The class of the model.
        content: The JSON text, in UTF-8.
        document: State of this document. The misfits are added to it.

    Raises:
        ContentError: The content is not a JSON object.
    """
    shape = shape_of(cls)
    try:
        if shape.item is None:
            model: ModelT = shape.decode(content)
            attach_raw(model, content, document)
            return model
        head = shape.decode(content)
        items = (
            None
            if head.data is None
            else _decode_items(shape, content, head.data, document)
        )
    except DECODE_ERRORS:
        pass
    else:
        return _list_from(cls, head, items, content, document)
    try:
        return decode_fields(cls, content, document)
    except RecursionError:
        raise ContentError("the JSON is nested too deeply") from None


def _list_from(
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
    """Decode all items of a list at once. This is the hot path of the package."""
    items: list[Model] = shape.decode_items(content).data
    # Copied, so that an item that is kept does not keep its whole page alive.
    raws = [bytes(view) for view in views]
    request_id = document.request_id
    for item, raw in zip(items, raws, strict=True):
        set_raw(item, raw)
        set_request_id(item, request_id)
    if shape.item is not None:
        _attach_raw_to_fields(shape.item, items, raws, (), document)
    return items


def _attach_raw_to_fields(
    shape: Shape,
    items: list[Any],
    raws: list[bytes],
    path: tuple[str, ...],
    document: Document,
) -> None:
    """Do the same as `attach_raw` for the fields of many items, but faster.

    A model in a field keeps the bytes of its item and its path in them, because to
    extract its own part would take longer than everything else. An item is small, and
    only the model's own part is pickled.
    """
    request_id = document.request_id
    for nested in shape.nested:
        name, child_path = nested.name, (*path, nested.name)
        details = Details(child_path)
        is_single = nested.model is not None
        for item, raw in zip(items, raws, strict=True):
            child = getattr(item, name)
            if is_single and isinstance(child, Model):
                set_raw(child, raw)
                set_details(child, details)
                set_request_id(child, request_id)
            elif child is not None and not is_single:
                attach_raw(child, slice_at(raw, child_path), document)
        if nested.model is not None and nested.model.nested:
            models = [
                (getattr(item, name), raw)
                for item, raw in zip(items, raws, strict=True)
            ]
            models = [(child, raw) for child, raw in models if isinstance(child, Model)]
            _attach_raw_to_fields(
                nested.model,
                [child for child, _ in models],
                [raw for _, raw in models],
                child_path,
                document,
            )
