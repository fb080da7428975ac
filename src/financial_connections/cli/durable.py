"""Files that are there whole, or not at all, whatever ends the program or the machine."""

import glob
import os
import stat
from collections.abc import Generator
from contextlib import contextmanager, suppress
from io import FileIO
from pathlib import Path
from tempfile import mkstemp
from typing import BinaryIO

from financial_connections.cli.usage import UsageError


def write(path: Path, content: bytes) -> None:
    """Put `content` into the place of a file, readable by its owner alone."""
    with replaced(path) as file:
        file.write(content)


@contextmanager
def replaced(path: Path) -> Generator[BinaryIO]:
    """Give a file to write to, for its owner alone; in the end it takes the place of
    `path`.
    """
    with named(path):
        descriptor, name = mkstemp(prefix=_prefix(path), suffix=".tmp", dir=path.parent)
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


def sweep(path: Path) -> None:
    """Remove the drafts of a file that killed programs have left."""
    for draft in path.parent.glob(f"{glob.escape(_prefix(path))}????????.tmp"):
        draft.unlink(missing_ok=True)


def _prefix(path: Path) -> str:
    return f".{path.name.removeprefix('.')}."


def move(source: Path, target: Path) -> None:
    """Give a file that is on the disk another name, in place of what has that name."""
    source.replace(target)
    with suppress(OSError):  # not every system lets a folder be opened
        folder = os.open(target.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)


def appended(path: Path) -> FileIO:
    """Open a file to append to, for its owner alone. Raises `UsageError` where its name
    leads to another's file.

    It has no buffer, so that closing it has nothing left to fail with.
    """
    # A link would put bank data elsewhere; opening a named pipe would wait for a
    # reader.
    safely = getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)
    try:
        file = FileIO(
            path, "ab", opener=lambda name, flags: os.open(name, flags | safely, 0o600)
        )
    except OSError:
        if path.is_symlink() or path.is_fifo():
            raise _not_ours(path) from None
        raise
    if not _is_ours(os.fstat(file.fileno())):
        file.close()
        raise _not_ours(path)
    if hasattr(os, "fchmod"):
        os.fchmod(file.fileno(), 0o600)
    return file


def _is_ours(facts: os.stat_result) -> bool:
    is_owned = not hasattr(os, "getuid") or facts.st_uid == os.getuid()
    return is_owned and stat.S_ISREG(facts.st_mode) and facts.st_nlink == 1


def _not_ours(path: Path) -> UsageError:
    return UsageError(f"{path}: it must be a file of yours, and no link")


def write_all(file: BinaryIO | FileIO, content: bytes) -> None:
    """Write all of it, or raise `OSError`: without a buffer, a full disk takes a part
    and is silent about the rest.
    """
    left = memoryview(content)
    while left:
        left = left[file.write(left) or 0 :]


@contextmanager
def named(path: Path) -> Generator[None]:
    """Let an error say which file it is about; that of a write does not know."""
    try:
        yield
    except OSError as error:
        if error.filename is None:
            error.filename = str(path)
        raise
