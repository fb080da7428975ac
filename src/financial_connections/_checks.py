"""Checks of arguments and settings that several modules share. Pure."""

import inspect
import math
from collections.abc import Collection
from functools import partial, wraps
from typing import Any, TypeVar

from financial_connections.errors import ConfigurationError, InvalidArgumentError

T = TypeVar("T")


def check_options(
    function: str, given: Collection[str], options: Collection[str]
) -> None:
    """Check the names of keyword arguments.

    Args:
        function: Name of the function for the error message.
        given: Names of the arguments that were given.
        options: Names of all arguments.

    Raises:
        TypeError: There is no such argument. The message suggests the nearest one.
    """
    unknown = [name for name in given if name not in options]
    if unknown:
        # Imported here because only mistakes need it.
        from difflib import get_close_matches  # noqa: PLC0415

        nearest = get_close_matches(unknown[0], options, n=1, cutoff=0.75)
        hint = f"; did you mean {nearest[0]!r}?" if nearest else ""
        raise TypeError(
            f"{function}() has no option {unknown[0]!r}{hint} "
            f"(options: {', '.join(options)})"
        )


def suggest_options(cls: type[T]) -> type[T]:
    """Apply `check_options` to the keyword arguments of a class.

    Python's own error does not name any valid argument.
    """
    init: Any = vars(cls)["__init__"]
    _, *options = inspect.signature(init).parameters

    @wraps(init)
    def checked_init(self: T, *args: object, **settings: object) -> None:
        check_options(cls.__name__, settings, options)
        init(self, *args, **settings)

    cls.__init__ = checked_init  # type: ignore[assignment]
    return cls


def positive_number(name: str, value: Any, kind: str = "number") -> float:
    """Return `value` if it is a finite number above 0.

    Args:
        name: Name of the setting.
        value: Value of the setting.
        kind: Description of the number for error messages.

    Raises:
        ConfigurationError: It is not.
    """
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ConfigurationError(f"{name} must be a {kind}, not {type(value).__name__}")
    try:
        number = float(value)
    except OverflowError:
        number = math.inf
    if not math.isfinite(number) or number <= 0:
        raise ConfigurationError(
            f"{name} must be a finite {kind} above 0, not {number}"
        )
    return number


def positive_seconds(name: str, value: Any) -> float:
    """Return `value` if it is a finite number of seconds above 0."""
    return positive_number(name, value, "number of seconds")


def whole_number(name: str, value: Any, *, at_least: int) -> int:
    """Return `value` if it is a whole number of at least `at_least`."""
    if isinstance(value, bool) or not isinstance(value, int) or value < at_least:
        raise ConfigurationError(
            f"{name} must be a whole number of at least {at_least}"
        )
    return value


def header_value(name: str, value: Any) -> str:
    """Return `value` if it can be sent as the value of a header.

    Args:
        name: Name of the argument or header for error messages.
        value: The value. Error messages do not contain it, because it may be a token.

    Raises:
        InvalidArgumentError: It cannot be sent.
    """
    if not isinstance(value, str):
        raise InvalidArgumentError(
            f"{name} must be a string, not {type(value).__name__}"
        )
    if (
        not value
        or not value.isascii()
        or not value.isprintable()
        or value != value.strip()
    ):
        raise InvalidArgumentError(
            f"{name} must be printable ASCII, not empty, without white space around it"
        )
    return value


def is_async_callable(value: Any) -> bool:
    """Return True for an `async def` function or an object with an async `__call__`.

    A `functools.partial` of an async callable counts as one.

    Args:
        value: Any object.
    """
    while isinstance(value, partial):
        value = value.func
    # The type's `__call__` is checked, because calling a class does not call the
    # `__call__` method of its instances.
    return inspect.iscoroutinefunction(value) or (
        callable(value) and inspect.iscoroutinefunction(type(value).__call__)
    )
