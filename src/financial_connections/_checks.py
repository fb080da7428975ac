"""Checks of arguments and settings that several modules share. Pure."""

import math
from typing import Any

from financial_connections.errors import ConfigurationError, InvalidArgumentError


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
