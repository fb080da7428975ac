"""Exports that survive whatever ends them.

Beside a target `out.csv` grows `.out.csv.part`, and `.out.csv.part.state` tells how far
it is to be trusted: so many bytes, which end with the transaction `cursor`. Bytes reach
the disk before the state that counts them, so that after a kill the part is cut to its
state and goes on after `cursor`. The target appears by a rename, at the end.
"""

import json
import os
from collections.abc import Callable, Mapping, Sequence
from io import FileIO
from pathlib import Path
from types import TracebackType
from typing import Any, BinaryIO, Self

from attrs import asdict, evolve, field, frozen
from attrs.validators import ge, instance_of, optional

from financial_connections.cli import durable
from financial_connections.cli.formats import Format
from financial_connections.cli.usage import UsageError

_VERSION = 1
_WHOLE = (instance_of(int), ge(0))


@frozen(kw_only=True)
class State:
    """How far an export has come."""

    options: dict[str, Any] = field(validator=instance_of(dict))
    """What is exported; going on with other options would mix two exports."""
    cursor: str | None = field(default=None, validator=optional(instance_of(str)))
    """The last transaction that is in the part for good."""
    length: int = field(default=0, validator=_WHOLE)
    """The part's bytes that are to be trusted."""
    count: int = field(default=0, validator=_WHOLE)
    """How many transactions they are."""
    is_complete: bool = field(default=False, validator=instance_of(bool))
    """Whether there are no more to come."""
    may_overwrite: bool = field(default=False, validator=instance_of(bool))
    """Whether a target that is there was to be replaced when the export began."""
    version: int = _VERSION


def state_from(content: bytes) -> State:
    """Return the state that `bytes_of` wrote. Raises `UsageError`."""
    try:
        state = State(**json.loads(content))
    except (TypeError, ValueError):
        raise UsageError(
            "the state of the unfinished export is damaged: start over with --force"
        ) from None
    if state.version != _VERSION:
        raise UsageError(
            "the unfinished export is another version's: start over with --force"
        )
    return state


def bytes_of(state: State) -> bytes:
    """Return a state as JSON."""
    return json.dumps(asdict(state)).encode()


def state_to_begin_with(
    options: Mapping[str, Any],
    *,
    found: State | None,
    has_part: bool,
    has_target: bool,
    resume: bool,
    force: bool,
) -> State:
    """Return where an export begins, given what lies there from earlier. Raises
    `UsageError` where it must not.

    `found` is the state to go on from, None without `resume`.
    """
    if has_part and not (resume or force):
        raise UsageError(
            "an unfinished export is there: go on with --resume, or start over with --force"
        )
    # A complete export without a part is its target: what was left to do is to remove
    # the state.
    is_published = (
        found is not None and found.is_complete and has_target and not has_part
    )
    may_overwrite = force or (found is not None and found.may_overwrite)
    if has_target and not (may_overwrite or is_published):
        raise UsageError("the file is there already: --force replaces it")
    if found is None:
        return State(options=dict(options), may_overwrite=may_overwrite)
    if different := [
        name for name, value in options.items() if found.options.get(name) != value
    ]:
        raise UsageError(
            f"the unfinished export had another {', '.join(different)}: repeat its options, or start over with --force"
        )
    if not (has_part or is_published):
        raise UsageError(
            "the part of the unfinished export is gone: start over with --force"
        )
    return evolve(found, may_overwrite=may_overwrite)


class Export:
    """An export on its way: enter it, append to it, publish it. Leaving it early keeps
    what was appended.
    """

    def __init__(
        self,
        target: Path,
        form: Format,
        options: Mapping[str, Any],
        *,
        resume: bool,
        force: bool,
    ) -> None:
        self.target = target
        self.state = State(options=dict(options))
        self._format = form
        self._part = target.with_name(f".{target.name}.part")
        self._state_path = self._part.with_name(f"{self._part.name}.state")
        self._ready = (
            self._part
            if form.convert is None
            else self._part.with_name(f"{self._part.name}.done")
        )
        self._file: FileIO | None = None
        self._wishes = {"resume": resume, "force": force}

    def __enter__(self) -> Self:
        if not self.target.parent.is_dir() or self.target.is_dir():
            raise UsageError("--to: it must be a file in a folder that is there")
        left = self._left()
        self.state = state_to_begin_with(
            self.state.options,
            found=state_from(left)
            if left is not None and self._wishes["resume"]
            else None,
            has_part=self._part.exists() or self._ready.exists(),
            has_target=_is_taken(self.target),
            **self._wishes,
        )
        if self._part.exists() or not self.state.is_complete:
            self._file = self._opened(left)
            if not (self.state.count or self.state.is_complete):
                self._begin(self._file)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if self._file:
            with self._file:
                if not (self.state.count or self.state.is_complete):
                    self._state_path.unlink(missing_ok=True)
                    self._part.unlink(missing_ok=True)

    @property
    def is_resumable(self) -> bool:
        """Whether it was entered, and there is something to go on with."""
        return (
            self._file is not None
            and bool(self.state.count)
            and self._state_path.exists()
        )

    def append(
        self,
        transactions: Sequence[dict[str, Any]],
        cursor: str | None,
        *,
        is_last: bool,
    ) -> None:
        """Keep a page, for good once this returns. `cursor` is its last transaction."""
        self._keep(
            self._format.lines(transactions),
            cursor=cursor or self.state.cursor,
            count=self.state.count + len(transactions),
            is_complete=is_last,
        )

    def publish(self) -> None:
        """Put a complete export where it was wanted, and leave nothing beside it."""
        if self._format.convert and self._part.exists():
            self._convert(self._format.convert)
        if self._ready.exists():
            if _is_taken(self.target) and not self.state.may_overwrite:
                raise UsageError(
                    "the file has appeared meanwhile: --resume --force replaces it"
                )
            durable.move(self._ready, self.target)
        for path in (self._ready, self._state_path):
            durable.sweep(path)
        self._state_path.unlink(missing_ok=True)

    def _convert(self, convert: Callable[[Path, BinaryIO], None]) -> None:
        with durable.replaced(self._ready) as draft:
            convert(self._part, draft)
        self._part.unlink()

    def _left(self) -> bytes | None:
        return self._state_path.read_bytes() if self._state_path.exists() else None

    def _opened(self, left: bytes | None) -> FileIO:
        file = durable.appended(self._part)
        try:
            _lock(file)
            self._settle(file, left)
        except BaseException:
            file.close()
            raise
        return file

    def _settle(self, file: FileIO, left: bytes | None) -> None:
        """Cut the part to what is to be trusted."""
        if self._left() != left or not _is_at(file, self._part):
            raise UsageError("another export has just written to this file")
        if file.seek(0, os.SEEK_END) < self.state.length:
            raise UsageError(
                "the part of the unfinished export is damaged: start over with --force"
            )
        file.truncate(self.state.length)

    def _begin(self, file: FileIO) -> None:
        try:
            self._state_path.unlink(missing_ok=True)
            if self._ready != self._part:
                self._ready.unlink(missing_ok=True)
            file.truncate(0)
            self.state = evolve(self.state, length=0)
            self._keep(self._format.header)
        except BaseException as error:
            self.__exit__(type(error), error, None)
            raise

    def _keep(self, content: bytes, **changes: Any) -> None:
        assert self._file is not None  # noqa: S101 - it is entered
        with durable.named(self._part):
            durable.write_all(self._file, content)
            os.fsync(self._file.fileno())
        self.state = evolve(
            self.state, length=self.state.length + len(content), **changes
        )
        durable.write(self._state_path, bytes_of(self.state))


def _is_taken(path: Path) -> bool:
    """Return True if there is something of that name, also a link that leads nowhere."""
    return os.path.lexists(path)


def _is_at(file: FileIO, path: Path) -> bool:
    """Tell whether a file still has its name: the export that had the lock before may
    have moved or removed it.
    """
    return path.exists() and os.path.samestat(os.fstat(file.fileno()), path.stat())


def _lock(file: FileIO) -> None:
    """Keep other exports off this part, as long as this process lives."""
    try:
        import fcntl  # noqa: PLC0415 - not on every system
    except ImportError:
        return
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise UsageError("another export writes to this file at this moment") from None
