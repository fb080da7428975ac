"""A log of everything that changes a sandbox, from which it can be restored.

Scheduled jobs are not logged, because they follow from the log and the clock.
"""

import json
from collections.abc import Callable
from functools import wraps
from typing import TYPE_CHECKING, Any, Protocol, TypeVar, cast
from zlib import crc32

import attrs

from financial_connections.sandbox.clock import Clock

if TYPE_CHECKING:
    from financial_connections.sandbox.api.state import State

Method = TypeVar("Method", bound=Callable[..., Any])
R = TypeVar("R")


class Log(Protocol):
    """A place to write entries to."""

    def require_writable(self) -> None:
        """Raise an error if entries cannot be written."""
        ...

    def write(self, line: str) -> None:
        """Write an entry, and return once it is stored."""
        ...

    def close(self) -> None:
        """Make further entries impossible."""
        ...


class Journal:
    """A log of calls, each written before its result is returned.

    Args:
        clock: The sandbox's clock, which stands still during a call.
        log: Log to write to.
    """

    def __init__(self, clock: Clock, log: Log) -> None:
        self._clock = clock
        self._log = log
        self._is_busy = False

    def record(
        self,
        name: str,
        args: object,
        kwargs: object,
        action: Callable[[], R],
        *,
        is_needed: Callable[[], bool] = lambda: True,
    ) -> R:
        """Make a call and log it, unless it is part of another call.

        Args:
            name: Name of the call in the log.
            args: Positional arguments with which to repeat it.
            kwargs: Keyword arguments with which to repeat it.
            action: Makes the call.
            is_needed: Returns False after a call that has changed nothing.
        """
        if self._is_busy:
            return action()
        self._log.require_writable()
        arguments = f'"args": {to_json(args)}, "kwargs": {to_json(kwargs)}'
        with self._clock.hold() as at:
            entry = f'"at": {at!r}, "call": {to_json(name)}, {arguments}'
            self._is_busy = True
            try:
                result = action()
            except Exception as error:
                self._write(entry, error)
                raise
            finally:
                self._is_busy = False
            if is_needed():
                self._write(entry, result)
            return result

    def _write(self, entry: str, outcome: object) -> None:
        self._log.write(f'{{{entry}, "check": "{checksum(outcome)}"}}')

    def close(self) -> None:
        """Close the log, after which no call can be made."""
        self._log.close()


def recorded(name: str) -> Callable[[Method], Method]:
    """Return a decorator for methods that change a sandbox.

    Args:
        name: Name of the method in the log.
    """

    def decorate(method: Method) -> Method:
        @wraps(method)
        def wrapper(self: Any, *args: Any, **kwargs: Any) -> Any:
            state: State = self._state
            with state.lock:
                if state.journal is None:
                    return method(self, *args, **kwargs)
                return state.journal.record(
                    name, args, kwargs, lambda: method(self, *args, **kwargs)
                )

        vars(wrapper)["recorded_as"] = name
        return cast("Method", wrapper)

    return decorate


def to_json(value: object) -> str:
    """Encode arguments or results as JSON."""
    return json.dumps(value, default=_plain)


def checksum(outcome: object) -> str:
    """Return a checksum of a result, or of the class of an exception."""
    if isinstance(outcome, BaseException):
        outcome = type(outcome).__name__
    return f"{crc32(to_json(outcome).encode()):08x}"


def _plain(value: Any) -> object:
    if attrs.has(type(value)):
        return {type(value).__name__: attrs.asdict(value, recurse=False)}
    if isinstance(value, bytes):
        return value.decode("latin-1")
    if isinstance(value, set | frozenset):
        return sorted(value)
    raise TypeError(
        f"a value of type {type(value).__name__} cannot be written to the state file"
    )
