"""Base classes whose objects are decoded into subclasses, depending on their content.

msgspec chooses between classes only by a tag in the classes themselves, and rejects
unknown tags.
"""

from collections.abc import Callable
from typing import Any, cast

from financial_connections._decoding.model import Model, ModelT

Choose = Callable[[bytes], type[Any]]
"""A function that returns the class for the JSON text of an object."""

_variants: dict[Any, Choose] = {}


def register_variants(base: type[Model], choose: Choose) -> None:
    """Decode objects into the class that fits them instead of their base class.

    Args:
        base: Base class, which responses and lists are declared to contain.
        choose: Returns the class for the JSON text of an object, which has no variants
            itself. It raises `ContentError` if the text is not an object.
    """
    _variants[base] = choose


def has_variants(cls: type[Model]) -> bool:
    """Return True if objects of a class are decoded into its subclasses."""
    return cls in _variants


def variant_of(cls: type[ModelT], content: bytes) -> type[ModelT]:
    """Return the class into which to decode an object.

    Args:
        cls: Class that the object is declared to have.
        content: The JSON text of the object, in UTF-8.

    Raises:
        ContentError: The class has variants, and the content is not an object.
    """
    choose = _variants.get(cls)
    return cls if choose is None else cast("type[ModelT]", choose(content))
