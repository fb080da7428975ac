"""Schemas of models and enums for pydantic. Imported only by programs that use it.

Validation is as lenient as decoding a response, and serialization is as lossless. The
JSON Schema describes what the contract promises, even though a value may break it.
"""

from collections.abc import Callable, Mapping
from typing import Any, get_args

from pydantic_core import InitErrorDetails, ValidationError, core_schema

from financial_connections._decoding.docstrings import attribute_docs, class_doc
from financial_connections._decoding.enum import OpenEnum
from financial_connections._decoding.json import to_strict
from financial_connections._decoding.model import Model
from financial_connections._decoding.shape import shape_of


def model_schema(cls: type[Model], handler: Any) -> Any:
    """Return the core schema of a model.

    Args:
        cls: Class of the model.
        handler: pydantic's handler, which generates the schemas of the fields.
    """

    def validate(value: Any, _: object) -> Model:
        if isinstance(value, cls):
            return value
        if not isinstance(value, Mapping):
            raise _error(cls, "model_type", class_name=cls.__name__)
        try:
            return cls.from_dict(dict(value))
        except (TypeError, ValueError) as error:
            reason = str(error)
        # Raised outside the `except` block so that `__context__` does not keep the
        # caught exception alive.
        raise _error(cls, "value_error", error=reason)

    fields = {
        field.name: core_schema.typed_dict_field(
            handler.generate_schema(field.hint), required=field.is_required
        )
        for field in shape_of(cls).fields
    }
    return _object_schema(cls, cls.__name__, fields, validate)


def page_schema(cls: type, source: Any, handler: Any) -> Any:
    """Return the core schema of a page, which is validated only as an instance.

    Args:
        cls: The class `Page`.
        source: The annotation, such as `Page[Account]`.
        handler: pydantic's handler, which generates the schema of the items.
    """

    def validate(value: Any, _: object) -> Any:
        if isinstance(value, cls):
            return value
        raise _error(cls, "is_instance_of", **{"class": cls.__name__})

    [item] = get_args(source) or (Any,)
    name = f"{cls.__name__}[{item.__name__}]" if get_args(source) else cls.__name__
    types = {
        "data": core_schema.list_schema(handler.generate_schema(item)),
        "has_more": core_schema.bool_schema(),
        "url": core_schema.str_schema(),
    }
    fields = {
        key: core_schema.typed_dict_field(schema, required=True)
        for key, schema in types.items()
    }
    return _object_schema(cls, name, fields, validate)


def describe_object(cls: type, schema: Any, handler: Any) -> Any:
    """Return the JSON Schema of a model or page.

    Args:
        cls: Class of the object.
        schema: The core schema.
        handler: pydantic's handler, which generates the JSON Schema without docstrings.
    """
    # The same for input and output, and more specific than that of the serializer.
    fields = {key: part for key, part in schema.items() if key != "serialization"}
    reference = handler(fields)
    result = handler.resolve_ref_schema(reference)
    docs = attribute_docs(cls)
    result |= {
        "title": schema["schema"]["config"]["title"],
        "description": class_doc(cls),
    }
    for name, field in result["properties"].items():
        if name in docs:
            field["description"] = docs[name]
    return reference


def enum_schema(cls: type[OpenEnum]) -> Any:
    """Return the core schema of an open enum, which accepts any string.

    Args:
        cls: Class of the enum.
    """
    return core_schema.no_info_after_validator_function(
        cls, core_schema.str_schema(), ref=_reference(cls, cls.__name__)
    )


def describe_enum(cls: type[OpenEnum], schema: Any, handler: Any) -> Any:
    """Return the JSON Schema of an open enum: a string with examples.

    Args:
        cls: Class of the enum.
        schema: The core schema.
        handler: pydantic's handler, which generates the schema of a string.
    """
    docs = attribute_docs(cls)
    values = "\n".join(
        f"* `{member.value}`: {docs.get(member.name, member.name)}" for member in cls
    )
    reference = handler(schema)
    result = handler.resolve_ref_schema(reference)
    result |= {
        "title": cls.__name__,
        "description": f"{class_doc(cls)}\n\n{values}\n\nOther values are possible.",
        "examples": [member.value for member in cls],
    }
    return reference


def _object_schema(
    cls: type,
    name: str,
    fields: dict[str, core_schema.TypedDictField],
    validate: Callable[[Any, object], Any],
) -> Any:
    """Return the core schema of an object with a `to_dict()` method.

    The fields are needed only for the JSON Schema, because `validate` does not call
    the validator of the typed dict.
    """
    validate.__name__ = name  # shown in errors
    return core_schema.no_info_wrap_validator_function(
        validate,
        core_schema.typed_dict_schema(
            fields, config=core_schema.CoreConfig(title=name)
        ),
        ref=_reference(cls, name),
        serialization=core_schema.wrap_serializer_function_ser_schema(
            _serialize, info_arg=True, schema=core_schema.dict_schema()
        ),
    )


def _serialize(value: Any, handler: Any, info: Any) -> Any:
    """Serialize an object; the handler applies `include` and `exclude`."""
    data = value.to_dict()
    return handler(to_strict(data) if info.mode == "json" else data)


def _reference(cls: type, name: str) -> str:
    """Return a unique reference; its last name becomes that of the JSON Schema."""
    return f"{cls.__module__}.{name}:{id(cls)}"


def _error(cls: type, kind: str, **context: Any) -> ValidationError:
    """Return an error that does not quote the input, which may be bank data."""
    details = InitErrorDetails(type=kind, input="(hidden)", ctx=context)
    return ValidationError.from_exception_data(cls.__name__, [details])
