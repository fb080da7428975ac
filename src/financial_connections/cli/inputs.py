"""Read files and stdin."""

import sys
from pathlib import Path

from financial_connections.cli.failure import UsageError


def read_secret(name: str) -> str:
    """Read a secret and strip surrounding whitespace.

    Args:
        name: Path of the file, or `-` for stdin.

    Raises:
        UsageError: The file contains no text, or stdin is closed.
    """
    try:
        # Some editors write a byte order mark at the start of a file.
        secret = read_bytes(name).decode("utf-8-sig").strip()
    except UnicodeDecodeError:
        secret = ""
    if not secret:
        raise UsageError(f"{name} does not contain a secret")
    return secret


def read_bytes(name: str) -> bytes:
    """Read a file or stdin.

    Args:
        name: Path of the file, or `-` for stdin.

    Raises:
        UsageError: Stdin is closed.
    """
    if name != "-":
        return Path(name).read_bytes()
    if sys.stdin is None:
        raise UsageError("stdin is closed")
    return sys.stdin.buffer.read()
