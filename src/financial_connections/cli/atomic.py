"""Write files atomically: after a crash, a file has either its old or new content."""

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
    """Write a file readable only by its owner, replacing any existing file.

    Args:
        path: Path of the file.
        content: Content of the file.
    """
    with open_replacement(path) as file:
        file.write(content)


@contextmanager
def open_replacement(path: Path) -> Generator[BinaryIO]:
    """Open a temporary file that replaces another when the block exits without error.

    Args:
        path: Path of the file to replace, which need not exist.

    Yields:
        The temporary file, readable only by its owner.
    """
    with add_filename_to_errors(path):
        descriptor, name = mkstemp(
            prefix=_temporary_prefix(path), suffix=".tmp", dir=path.parent
        )
        temporary = Path(name)
        try:
            with os.fdopen(descriptor, "wb") as file:
                yield file
                file.flush()
                os.fsync(file.fileno())
            move(temporary, path)
        except BaseException:
            temporary.unlink(missing_ok=True)
            raise


def remove_temporary_files(path: Path) -> None:
    """Remove the temporary files of `path` left behind by killed processes.

    Args:
        path: Path of the file they were meant to replace.
    """
    pattern = f"{glob.escape(_temporary_prefix(path))}????????.tmp"
    for temporary in path.parent.glob(pattern):
        temporary.unlink(missing_ok=True)


def _temporary_prefix(path: Path) -> str:
    return f".{path.name.removeprefix('.')}."


def move(source: Path, target: Path) -> None:
    """Rename a file, replacing any existing file, and sync the directory to disk.

    Args:
        source: Path of the file, whose content must already be on disk.
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
    """Open a file for appending, creating it if needed, readable only by its owner.

    The file is unbuffered, so closing it cannot fail because of unwritten data.

    Args:
        path: Path of the file.

    Raises:
        UsageError: The path is a link, is not a regular file, or belongs to another
            user.
    """
    # Following a link would write account data elsewhere, and opening a named pipe
    # would block until there is a reader.
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

    On a full disk, a single `write` may write only some of the bytes without raising.

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
    """Add the file name to any `OSError` that lacks one, such as from a failed write.

    Args:
        path: Path of the file used inside the `with` block.
    """
    try:
        yield
    except OSError as error:
        if error.filename is None:
            error.filename = str(path)
        raise
