"""Files that are there whole, or not at all, whatever ends the program or the machine."""

import os
from contextlib import suppress
from io import BufferedWriter
from pathlib import Path
from typing import Literal


def write(path: Path, content: bytes) -> None:
    """Put `content` into the place of a file, readable by its owner alone."""
    draft = path.with_name(f"{path.name}.tmp")
    with created(draft, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    move(draft, path)


def move(source: Path, target: Path) -> None:
    """Give a file that is on the disk another name, in place of what has that name."""
    source.replace(target)
    with suppress(OSError):  # not every system lets a folder be opened
        folder = os.open(target.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)


def created(path: Path, mode: Literal["ab", "wb"]) -> BufferedWriter:
    """Open a file to write to; one that is new is for its owner alone, since it gets bank data."""
    return open(path, mode, opener=lambda name, flags: os.open(name, flags, 0o600))
