"""Decode JSON into models, losslessly.

msgspec decodes everything that matches the schema. An object that does not match is
decoded one field at a time (`lenient`). Each model keeps the bytes it was decoded from,
so that `to_dict()` can return everything that was sent, unless its attributes hold all
of that.
"""

from collections.abc import Callable
from typing import Any

from financial_connections._decoding.charset import to_utf8
from financial_connections._decoding.exact import decode_exactly, list_from
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
    set_origin,
    set_raw,
)
from financial_connections._decoding.shape import Shape, shape_of
from financial_connections._decoding.variants import has_variants, variant_of
from financial_connections._response import Origin, request_id_of


def decode(
    cls: type[ModelT],
    content: bytes,
    origin: Origin,
    content_type: str | None = None,
    on_misfits: Callable[[tuple[str, ...]], object] | None = None,
) -> ModelT:
    """Decode the body of a response into a model.

    Args:
        cls: Class of the model. The items of a list are decoded into models as well.
        content: The body.
        origin: The response, or only the ID of its request; None for other content.
        content_type: Value of the `Content-Type` header, which may declare a charset.
        on_misfits: Called with the names of the fields that do not match the schema,
            such as `Transaction.amount`, if there are any.

    Raises:
        ContentError: The content is not a JSON object, or it is a list without `data`.
    """
    document = Document(request_id_of(origin))
    model = decode_document(cls, to_utf8(content, content_type), document)
    return finish(model, origin, document, on_misfits)


def finish(
    model: ModelT,
    origin: Origin,
    document: Document,
    on_misfits: Callable[[tuple[str, ...]], object] | None,
) -> ModelT:
    """Return the result of decoding a whole document, and report its misfits.

    Raises:
        ContentError: It is a list without `data`.
    """
    # Only the result itself keeps the response, because an item or a nested object may
    # be kept for long.
    set_origin(model, origin)
    if shape_of(type(model)).item is not None and getattr(model, "data", None) is None:
        raise ContentError("it is a list without data")
    if document.misfits:
        fields = tuple(sorted(document.misfits))
        log_misfits(fields, document.request_id)
        if on_misfits is not None:
            on_misfits(fields)
    return model


def decode_document(cls: type[ModelT], content: bytes, document: Document) -> ModelT:
    """Decode JSON text into a model without reporting misfits.

    Args:
        cls: Class of the model.
        content: The JSON text, in UTF-8.
        document: Shared state of this document, to which misfits are added.

    Raises:
        ContentError: The content is not a JSON object.
    """
    model = decode_matching(cls, content, document)
    if model is not None:
        return model
    try:
        return decode_fields(cls, content, document)
    except RecursionError:
        raise ContentError("the JSON is nested too deeply") from None


def decode_matching(
    cls: type[ModelT], content: bytes, document: Document
) -> ModelT | None:
    """Decode JSON text that matches the schema.

    Args:
        cls: Class of the model.
        content: The JSON text, in UTF-8.
        document: Shared state of this document.

    Returns:
        The model; None if the content does not match.

    Raises:
        ContentError: The class has variants, and the content is not an object.
    """
    cls = variant_of(cls, content)
    exact = decode_exactly(cls, content, document)
    if exact is not None:
        return exact
    shape = shape_of(cls)
    try:
        if shape.item is None:
            model: ModelT = shape.decode(content)
            attach_raw(model, content, document)
            return model
        head = shape.decode(content)
        items = _decode_items(shape, content, head.data, document)
    except (*DECODE_ERRORS, ContentError):
        return None
    return list_from(cls, head, items, content, document)


def _decode_items(
    shape: Shape, content: bytes, views: list[Any], document: Document
) -> list[Model]:
    """Decode all items of a list at once."""
    if shape.item_class is not None and has_variants(shape.item_class):
        return [
            _decode_variant(shape.item_class, bytes(view), document) for view in views
        ]
    items: list[Model] = shape.decode_items(content).data
    # Copied, so that an item that is kept does not keep its whole page alive.
    raws = [bytes(view) for view in views]
    request_id = document.request_id
    for item, raw in zip(items, raws, strict=True):
        set_raw(item, raw)
        set_origin(item, request_id)
    if shape.item is not None:
        _attach_raw_to_fields(shape.item, items, raws, (), document)
    return items


def _decode_variant(cls: type[Model], raw: bytes, document: Document) -> Model:
    model = decode_matching(cls, raw, document)
    if model is None:
        raise ContentError("an item does not match its class")
    return model


def _attach_raw_to_fields(
    shape: Shape,
    items: list[Any],
    raws: list[bytes],
    path: tuple[str, ...],
    document: Document,
) -> None:
    """Do what `attach_raw` does, but faster and for the fields of many items.

    A nested model keeps the bytes of the whole item and its own path within them,
    because extracting its part would take longer than everything else. Items are small,
    and only the model's own part is pickled.
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
                set_origin(child, request_id)
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
