"""Exports that can be resumed after an error, a kill or a power cut.

While `out.csv` is being exported, rows are appended to `.out.csv.part`.
`.out.csv.part.state` records how many of its bytes are valid and, as `cursor`, the ID
of the last transaction in them. Rows are synced to disk before the state that counts
them, so a resumed export can truncate the partial file to the recorded length and
continue after `cursor`. Once complete, the partial file is renamed to the target.
"""

import os
from collections.abc import Callable, Mapping, Sequence
from io import FileIO
from pathlib import Path
from types import TracebackType
from typing import Any, BinaryIO, Self

from attrs import evolve

from financial_connections.cli import atomic
from financial_connections.cli.export_state import (
    ExportState,
    decode_state,
    encode_state,
    initial_state,
)
from financial_connections.cli.failure import UsageError
from financial_connections.cli.formats import Format


class Export:
    """An export to a file, used as a context manager.

    Enter it, append every page, and publish it. If the block exits early, the pages
    appended so far are kept for `--resume`.

    Attributes:
        target: Path of the file to write.
        state: Progress of the export.
    """

    def __init__(
        self,
        target: Path,
        file_format: Format,
        options: Mapping[str, Any],
        *,
        resume: bool,
        force: bool,
    ) -> None:
        """Prepare an export without touching any file.

        Args:
            target: Path of the file to write.
            file_format: Format of the file.
            options: Filters and settings of the export, which can only be resumed
                with the same ones.
            resume: Continue an unfinished export, if there is one.
            force: Replace an existing target, and restart an unfinished export.
        """
        self.target = target
        self.state = ExportState(options=dict(options))
        self._format = file_format
        self._part = target.with_name(f".{target.name}.part")
        self._state_path = self._part.with_name(f"{self._part.name}.state")
        self._finished = (
            self._part
            if file_format.convert is None
            else self._part.with_name(f"{self._part.name}.done")
        )
        self._file: FileIO | None = None
        self._flags = {"resume": resume, "force": force}

    def __enter__(self) -> Self:
        if not self.target.parent.is_dir() or self.target.is_dir():
            raise UsageError("--to must name a file in an existing directory")
        content = self._read_state()
        self.state = initial_state(
            self.state.options,
            previous=decode_state(content)
            if content is not None and self._flags["resume"]
            else None,
            has_part=self._part.exists() or self._finished.exists(),
            has_target=_exists(self.target),
            **self._flags,
        )
        if self._part.exists() or not self.state.is_complete:
            self._file = self._open_part(content)
            if not (self.state.count or self.state.is_complete):
                self._start(self._file)
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
        """True if the export was entered and has saved transactions to resume from."""
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
        """Append a page and sync it to disk.

        Args:
            transactions: Transactions on the page.
            cursor: ID of the last transaction on the page; None for an empty page.
            is_last: True if no page follows.
        """
        self._write(
            self._format.lines(transactions),
            cursor=cursor or self.state.cursor,
            count=self.state.count + len(transactions),
            is_complete=is_last,
        )

    def publish(self) -> None:
        """Move a complete export to its target and remove the other files.

        Raises:
            UsageError: The target was created during the export.
        """
        if self._format.convert and self._part.exists():
            self._convert(self._format.convert)
        if self._finished.exists():
            if _exists(self.target) and not self.state.may_overwrite:
                raise UsageError(
                    "the file was created during the export;"
                    " replace it with --resume --force"
                )
            atomic.move(self._finished, self.target)
        for path in (self._finished, self._state_path):
            atomic.remove_temporary_files(path)
        self._state_path.unlink(missing_ok=True)

    def _convert(self, convert: Callable[[Path, BinaryIO], None]) -> None:
        with atomic.open_replacement(self._finished) as file:
            convert(self._part, file)
        self._part.unlink()

    def _read_state(self) -> bytes | None:
        return self._state_path.read_bytes() if self._state_path.exists() else None

    def _open_part(self, state_content: bytes | None) -> FileIO:
        file = atomic.open_for_append(self._part)
        try:
            _lock(file)
            self._truncate(file, state_content)
        except BaseException:
            file.close()
            raise
        return file

    def _truncate(self, file: FileIO, state_content: bytes | None) -> None:
        """Check that the partial file is ours, and truncate it to its valid length."""
        if self._read_state() != state_content or not _is_at(file, self._part):
            raise UsageError("another export has just written to this file")
        if file.seek(0, os.SEEK_END) < self.state.length:
            raise UsageError(
                "the partial file of the export is damaged; start over with --force"
            )
        file.truncate(self.state.length)

    def _start(self, file: FileIO) -> None:
        try:
            self._state_path.unlink(missing_ok=True)
            if self._finished != self._part:
                self._finished.unlink(missing_ok=True)
            file.truncate(0)
            self.state = evolve(self.state, length=0)
            self._write(self._format.header)
        except BaseException as error:
            self.__exit__(type(error), error, None)
            raise

    def _write(self, content: bytes, **changes: Any) -> None:
        assert self._file is not None  # noqa: S101 - the export was entered
        with atomic.add_filename_to_errors(self._part):
            atomic.write_all(self._file, content)
            os.fsync(self._file.fileno())
        self.state = evolve(
            self.state, length=self.state.length + len(content), **changes
        )
        atomic.write_file(self._state_path, encode_state(self.state))


def _exists(path: Path) -> bool:
    # Unlike `Path.exists`, this returns True for broken links.
    return os.path.lexists(path)


def _is_at(file: FileIO, path: Path) -> bool:
    # The previous holder of the lock may have renamed or removed the file.
    return path.exists() and os.path.samestat(os.fstat(file.fileno()), path.stat())


def _lock(file: FileIO) -> None:
    """Prevent other exports from writing to this part until the file is closed."""
    try:
        # Imported here because it is not available on all systems.
        import fcntl  # noqa: PLC0415
    except ImportError:
        return
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise UsageError("another export is writing to this file") from None
