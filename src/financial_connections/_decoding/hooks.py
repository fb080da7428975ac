"""Methods that pydantic and FastAPI call. This package depends on neither."""

from collections.abc import Iterator
from typing import Any

from financial_connections._decoding.json import to_strict


class ModelHooks:
    """Base class that makes a model a field type of pydantic."""

    __slots__ = ()

    @classmethod
    def __get_pydantic_core_schema__(cls: Any, _source: Any, handler: Any) -> Any:
        # pydantic is imported only by programs that use it.
        from financial_connections._decoding import pydantic  # noqa: PLC0415

        return pydantic.model_schema(cls, handler)

    @classmethod
    def __get_pydantic_json_schema__(cls: Any, schema: Any, handler: Any) -> Any:
        from financial_connections._decoding import pydantic  # noqa: PLC0415

        return pydantic.describe_object(cls, schema, handler)

    def __iter__(self: Any) -> Iterator[tuple[str, Any]]:
        if hasattr(self, "has_more"):
            # Pairs would be mistaken for the items.
            raise TypeError(f"{type(self).__name__}: iterate over its `data`")
        # FastAPI's `jsonable_encoder` converts an unknown object with `dict()`.
        return iter(to_strict(self.to_dict()).items())

    # Otherwise, `"id" in account` would be False, because pairs would be compared.
    __contains__ = None


class EnumHooks:
    """Base class that makes an open enum a field type of pydantic."""

    __slots__ = ()

    @classmethod
    def __get_pydantic_core_schema__(cls: Any, _source: Any, _handler: Any) -> Any:
        from financial_connections._decoding import pydantic  # noqa: PLC0415

        return pydantic.enum_schema(cls)

    @classmethod
    def __get_pydantic_json_schema__(cls: Any, schema: Any, handler: Any) -> Any:
        from financial_connections._decoding import pydantic  # noqa: PLC0415

        return pydantic.describe_enum(cls, schema, handler)
