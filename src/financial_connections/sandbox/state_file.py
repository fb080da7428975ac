"""The file that keeps the state of a sandbox, as JSON lines.

The first line has the settings of the sandbox, and each further one a call that has
changed it. Every line is stored before the result of its call is returned.
"""

import json
import os
from os import PathLike
from pathlib import Path
from typing import Any

FORMAT = 1
_BINARY = getattr(os, "O_BINARY", 0)  # only Windows distinguishes text files


class StateFileError(ValueError):
    """A file does not hold the state of a sandbox, or cannot be restored from."""


class StateFile:
    """An open state file, which no other sandbox can use.

    Args:
        path: Path of the file, which is created if it does not exist.

    Attributes:
        path: Path of the file.
        header: Settings from the first line; None for a new file.
        entries: Entries from the other lines.

    Raises:
        OSError: The file cannot be opened.
        StateFileError: The file is not a state file, or is in use.
    """

    def __init__(self, path: str | PathLike[str]) -> None:
        self.path = Path(path)
        self._problem: str | None = None
        flags = os.O_RDWR | os.O_CREAT | os.O_APPEND | _BINARY
        self._file = os.open(path, flags, 0o600)
        try:
            self._lock()
            self.header, self.entries = self._read()
        except BaseException:
            os.close(self._file)
            raise

    def close(self) -> None:
        """Close the file. Nothing can be written after that."""
        if self._problem is None:
            os.close(self._file)
        self._problem = "it is closed"

    def require_writable(self) -> None:
        """Raise `OSError` if nothing can be written."""
        if self._problem is not None:
            raise OSError(f"cannot write to {self.path}: {self._problem}")

    def write(self, line: str) -> None:
        """Append a line, and return once it is on the disk.

        Args:
            line: JSON without a line break.
        """
        self.require_writable()
        content = memoryview(line.encode() + b"\n")
        size = os.fstat(self._file).st_size
        try:
            while content:
                content = content[os.write(self._file, content) :]
            os.fsync(self._file)
        except OSError as error:
            # Without this entry, later ones could not be repeated.
            os.ftruncate(self._file, size)
            os.close(self._file)
            self._problem = f"an earlier attempt failed ({error.strerror})"
            raise

    def _lock(self) -> None:
        try:
            # Imported here because it is not available on all systems.
            import fcntl  # noqa: PLC0415
        except ImportError:
            return
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise StateFileError(f"{self.path} is in use by another sandbox") from None

    def _read(self) -> tuple[dict[str, Any] | None, list[dict[str, Any]]]:
        with os.fdopen(os.dup(self._file), "rb") as reader:
            content = reader.read()
        if not content:
            return None, []
        first, *lines = content.split(b"\n")
        header = _parse(first)
        if "financial_connections_sandbox" not in header or not lines:
            raise StateFileError(f"{self.path} is not a state file of the sandbox")
        if header["financial_connections_sandbox"] != FORMAT or not _has(
            header, start=(int, float), settings=dict, check=str
        ):
            raise StateFileError(
                f"{self.path} was written by version {header.get('version')}"
                " in a format that this version cannot read"
            )
        if incomplete := lines.pop():
            # The sandbox ended while it wrote this line, so nobody saw its result.
            os.ftruncate(self._file, len(content) - len(incomplete))
        return header, [
            self._entry(line, number) for number, line in enumerate(lines, start=2)
        ]

    def _entry(self, line: bytes, number: int) -> dict[str, Any]:
        entry = _parse(line)
        types = {"call": str, "args": list, "kwargs": dict, "check": str}
        if not _has(entry, at=(int, float), **types):
            raise StateFileError(f"{self.path} is damaged in line {number}")
        return entry


def _has(value: dict[str, Any], **types: type | tuple[type, ...]) -> bool:
    """Return True if a JSON object has values of these types."""
    return all(isinstance(value.get(key), type_) for key, type_ in types.items())


def _parse(line: bytes) -> dict[str, Any]:
    """Return the JSON object in a line, or an empty one if there is none."""
    try:
        value = json.loads(line)
    except (ValueError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}
