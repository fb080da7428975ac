"""Write files atomically: after a crash, a file has its old or its new content."""

import glob
import os
import stat
from collections.abc import Generator
from contextlib import contextmanager, suppress
from io import FileIO
from pathlib import Path
from tempfile import mkstemp
from typing import BinaryIO

from financial_connections.cli.failure import UsageError


def write_file(path: Path, content: bytes) -> None:
    """Write a file that only its owner can read, replacing any file at its path.

    Args:
        path: Path of the file.
        content: Content of the file.
    """
    with open_replacement(path) as file:
        file.write(content)


@contextmanager
def open_replacement(path: Path) -> Generator[BinaryIO]:
    """Open a draft that replaces a file when the block ends without an error.

    Args:
        path: Path of the file to replace, which need not exist.

    Yields:
        The draft, which only its owner can read.
    """
    with add_filename_to_errors(path):
        descriptor, name = mkstemp(
            prefix=_draft_prefix(path), suffix=".tmp", dir=path.parent
        )
        draft = Path(name)
        try:
            with os.fdopen(descriptor, "wb") as file:
                yield file
                file.flush()
                os.fsync(file.fileno())
            move(draft, path)
        except BaseException:
            draft.unlink(missing_ok=True)
            raise


def remove_drafts(path: Path) -> None:
    """Remove drafts of a file that were left behind when a process was killed.

    Args:
        path: Path of the file.
    """
    for draft in path.parent.glob(f"{glob.escape(_draft_prefix(path))}????????.tmp"):
        draft.unlink(missing_ok=True)


def _draft_prefix(path: Path) -> str:
    return f".{path.name.removeprefix('.')}."


def move(source: Path, target: Path) -> None:
    """Rename a file, replacing any file at the new path, and sync its directory.

    Args:
        source: Path of the file, whose content must be on the disk already.
        target: New path, in the same directory.
    """
    source.replace(target)
    with suppress(OSError):  # some systems cannot open a directory
        directory = os.open(target.parent, os.O_RDONLY)
        try:
            os.fsync(directory)
        finally:
            os.close(directory)


def open_for_append(path: Path) -> FileIO:
    """Open a file for appending, readable only by its owner, and create it if needed.

    The file is unbuffered, so closing it cannot fail with unwritten data.

    Args:
        path: Path of the file.

    Raises:
        UsageError: The path is a link or is not a regular file, or the file belongs
            to another user.
    """
    # Following a link would write account data elsewhere, and opening a named pipe
    # would wait for a reader.
    safe_flags = getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)
    try:
        file = FileIO(
            path,
            "ab",
            opener=lambda name, flags: os.open(name, flags | safe_flags, 0o600),
        )
    except OSError:
        if path.is_symlink() or path.is_fifo():
            raise _unsafe_file(path) from None
        raise
    if not _is_safe(os.fstat(file.fileno())):
        file.close()
        raise _unsafe_file(path)
    if hasattr(os, "fchmod"):
        os.fchmod(file.fileno(), 0o600)
    return file


def _is_safe(status: os.stat_result) -> bool:
    is_owned = not hasattr(os, "getuid") or status.st_uid == os.getuid()
    return is_owned and stat.S_ISREG(status.st_mode) and status.st_nlink == 1


def _unsafe_file(path: Path) -> UsageError:
    return UsageError(f"{path} must be a regular file that you own, not a link")


def write_all(file: BinaryIO | FileIO, content: bytes) -> None:
    """Write all bytes to an unbuffered file.

    A single `write` to a full disk may write only some of the bytes without raising.

    Args:
        file: File to write to.
        content: Bytes to write.

    Raises:
        OSError: Some of the bytes could not be written.
    """
    remaining = memoryview(content)
    while remaining:
        remaining = remaining[file.write(remaining) or 0 :]


@contextmanager
def add_filename_to_errors(path: Path) -> Generator[None]:
    """Add a file's name to an `OSError` without one, such as that of a failed write.

    Args:
        path: Path of the file that is used in the block.
    """
    try:
        yield
    except OSError as error:
        if error.filename is None:
            error.filename = str(path)
        raise
