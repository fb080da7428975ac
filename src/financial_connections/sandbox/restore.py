"""Restore a sandbox by repeating the calls in its state file."""

from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from financial_connections._version import __version__
from financial_connections.sandbox.api.journal import Journal, checksum, to_json
from financial_connections.sandbox.api.linking import NewAccount
from financial_connections.sandbox.clock import Clock
from financial_connections.sandbox.faults import Fault
from financial_connections.sandbox.rules import RateLimits
from financial_connections.sandbox.state_file import FORMAT, StateFile, StateFileError

if TYPE_CHECKING:
    from financial_connections.sandbox.sandbox import Sandbox

_CLASSES: Mapping[str, Callable[..., object]] = {
    cls.__name__: cls for cls in (Fault, NewAccount, RateLimits)
}


@contextmanager
def restoring(
    file: StateFile, clock: Clock, settings: Mapping[str, Any]
) -> Generator[Callable[["Sandbox"], None], None, None]:
    """Return a context manager in which to create a sandbox and restore its state.

    It returns a function to call with the sandbox once it has been created. All later
    changes to the sandbox are written to the file. If anything fails, it is closed.

    Args:
        file: The state file.
        clock: The sandbox's clock.
        settings: Settings that determine the sandbox's data at the start.

    Raises:
        StateFileError: The file was written with other settings or by a version of the
            sandbox that gave other results, or it is damaged.
    """
    try:
        _check_settings(file, settings)
        with clock.hold(file.header["start"] if file.header else None):
            yield lambda sandbox: _restore(sandbox, file, settings)
    except BaseException:
        file.close()
        raise


def _check_settings(file: StateFile, settings: Mapping[str, Any]) -> None:
    stored = settings if file.header is None else file.header["settings"]
    for name in sorted({*stored, *settings}):
        if to_json(stored.get(name)) != to_json(settings.get(name)):
            raise StateFileError(
                f"{file.path} belongs to a sandbox with a different value of {name}:"
                " use the same value, or another file"
            )


def _restore(sandbox: "Sandbox", file: StateFile, settings: Mapping[str, Any]) -> None:
    state, clock = sandbox.api.state, sandbox.clock
    check = checksum(_data_of(sandbox))
    if file.header is None:
        header = {
            "financial_connections_sandbox": FORMAT,
            "version": __version__,
            "start": clock.now(),
            "settings": settings,
            "check": check,
        }
        file.write(to_json(header))
    elif check != file.header["check"]:
        raise _different_result(file, 1)
    last, calls = clock.now(), _calls(sandbox)
    for number, entry in enumerate(file.entries, start=2):
        with clock.hold(entry["at"]):
            outcome = _repeat(entry, calls)
            last = clock.now()
        if checksum(outcome) != entry["check"]:
            raise _different_result(file, number)
    clock.skip_to(last)
    state.journal = Journal(clock, file)
    if file.header is not None:
        with clock.hold(last):
            state.journal.record("restart", [], {}, state.ids.restart_requests)


def _calls(sandbox: "Sandbox") -> dict[str, Callable[..., object]]:
    """Return the functions that repeat calls, by their names in the log."""
    calls: dict[str, Callable[..., object]] = {
        "request": sandbox.api.repeat,
        "restart": sandbox.api.state.ids.restart_requests,
    }
    parts = (sandbox, sandbox.institution, sandbox.delivery, sandbox.api.faults)
    for part in parts:
        for attribute in dir(type(part)):
            method = getattr(type(part), attribute)
            if hasattr(method, "recorded_as"):
                calls[method.recorded_as] = getattr(part, attribute)
    return calls


def _repeat(
    entry: Mapping[str, Any], calls: Mapping[str, Callable[..., object]]
) -> object:
    """Repeat a call, and return its result or exception."""
    try:
        args = [_object_from(value) for value in entry["args"]]
        kwargs = {key: _object_from(value) for key, value in entry["kwargs"].items()}
        return calls[entry["call"]](*args, **kwargs)
    except Exception as error:  # noqa: BLE001 - the outcome is compared
        return error


def _object_from(value: Any) -> Any:
    """Return a value with the objects that `to_json` replaced by their attributes."""
    if isinstance(value, list):
        return [_object_from(item) for item in value]
    if isinstance(value, dict) and len(value) == 1:
        [(name, attributes)] = value.items()
        if name in _CLASSES:
            return _CLASSES[name](**attributes)
    return value


def _data_of(sandbox: "Sandbox") -> object:
    """Return data that depends on everything that a new sandbox contains."""
    state = sandbox.api.state
    return [
        state.events,
        [
            [transaction.id, transaction.amount, transaction.description]
            for merchant in state.merchants
            for transaction in merchant.transactions.values()
        ],
    ]


def _different_result(file: StateFile, number: int) -> StateFileError:
    written_by = (file.header or {}).get("version")
    return StateFileError(
        f"{file.path} cannot be restored: line {number} gives a different result than"
        " when it was written. Either the file was changed, or another version of the"
        f" sandbox wrote it ({written_by}; this is {__version__})"
    )
