"""Print results to stdout as tables or JSON Lines, and notes for people to stderr."""

import os
import stat
import sys
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from attrs import frozen

from financial_connections.cli import atomic
from financial_connections.data.jsontext import json_text

if TYPE_CHECKING:
    from rich.console import Console, RenderableType

    from financial_connections import Pager
    from financial_connections.models import Model

ModelT = TypeVar("ModelT", bound="Model")

ROWS = 20
"""Default number of list items shown on a terminal."""


def console(*, stderr: bool = False) -> "Console":
    """Return a console that does not interpret markup, emoji codes or links.

    Args:
        stderr: Print to stderr instead of stdout.
    """
    # Imported lazily because piped output does not need it.
    from rich.console import Console  # noqa: PLC0415

    return Console(stderr=stderr, markup=False, emoji=False, highlight=False)


def json_line(value: Any) -> str:
    """Encode a value as a line of JSON, in ASCII.

    The output survives any encoding and contains no terminal control sequences.

    Args:
        value: Value to encode, made up of the types that `to_dict()` returns.
    """
    return json_text(value) + "\n"


def write_lines(values: Iterable[Any], *, to_disk: bool = False) -> None:
    """Write values to stdout as lines of JSON.

    Args:
        values: Values to write.
        to_disk: If stdout is a file, sync it to disk before returning. If the file
            ends with an incomplete line, start a new line first.

    Raises:
        OSError: Some of the lines could not be written.
    """
    content = "".join(map(json_line, values)).encode()
    descriptor = _descriptor_of_regular_stdout() if to_disk else None
    if content and descriptor is not None and _ends_within_line(descriptor):
        content = b"\n" + content
    # Bypass the text stream: without a buffer (PYTHONUNBUFFERED), it silently drops
    # output when the disk is full.
    atomic.write_all(sys.stdout.buffer, content)
    if to_disk:
        sys.stdout.flush()
    if descriptor is not None:
        os.fsync(descriptor)


def _descriptor_of_regular_stdout() -> int | None:
    try:
        descriptor = sys.stdout.fileno()
    except OSError:  # stdout was replaced by an object without a file descriptor
        return None
    return descriptor if stat.S_ISREG(os.fstat(descriptor).st_mode) else None


def _ends_within_line(descriptor: int) -> bool:
    # A file opened by the shell's `>>` is write-only, but systems with /dev/fd allow
    # opening it again for reading.
    try:
        with Path(f"/dev/fd/{descriptor}").open("rb") as file:
            file.seek(-1, os.SEEK_END)
            return file.read() != b"\n"
    except OSError:  # also raised by `seek` for an empty file
        return False


@frozen
class Output:
    """A printer of results to stdout.

    Attributes:
        is_json: Print JSON Lines instead of tables and charts.
    """

    is_json: bool

    @classmethod
    def for_stdout(cls, *, is_json: bool) -> "Output":
        """Return an output that prints JSON Lines unless stdout is a terminal.

        Args:
            is_json: Print JSON Lines even on a terminal.
        """
        return cls(is_json or not sys.stdout.isatty())

    def show(self, value: Any, draw: "Callable[[], RenderableType]") -> None:
        """Print one result.

        Args:
            value: Result to print as a line of JSON.
            draw: Function that returns what to print on a terminal instead.
        """
        self.show_lines([value], draw)

    def show_lines(
        self, values: Iterable[Any], draw: "Callable[[], RenderableType]"
    ) -> None:
        """Print several results.

        Args:
            values: Results to print, each as a line of JSON.
            draw: Function that returns what to print on a terminal instead, for all
                results together.
        """
        if self.is_json:
            write_lines(values)
            sys.stdout.flush()  # a reader may need the output before the command ends
        else:
            console().print(draw())

    async def show_list(
        self,
        pager: "Pager[ModelT]",
        limit: int | None,
        draw: "Callable[[list[ModelT]], RenderableType]",
    ) -> None:
        """Print a list.

        JSON is printed as the items are read; a table or chart is printed at the end.

        Args:
            pager: Items to print.
            limit: Maximum number of items; 0 means no limit. None means no limit for
                JSON, and `ROWS` on a terminal.
            draw: Function that returns what to print on a terminal for a list of items.
        """
        if self.is_json:
            async for item in pager.take(limit) if limit else pager:
                write_lines([item.to_dict()])
            return
        limit_or_default = ROWS if limit is None else limit
        if not limit_or_default:
            console().print(draw([item async for item in pager]))
            return
        # Read one more than is shown, to find out whether there are more.
        items = [item async for item in pager.take(limit_or_default + 1)]
        console().print(draw(items[:limit_or_default]))
        if limit is None and len(items) > limit_or_default:
            note(f"Only the first {ROWS} are shown; use --limit for more (0 for all).")


def note(text: str) -> None:
    """Print a note to stderr if it is a terminal.

    Args:
        text: Note to print.
    """
    if sys.stderr is not None and sys.stderr.isatty():
        console(stderr=True).print(text, style="dim")


def warn(text: str) -> None:
    """Print a warning to stderr, ignoring a broken stderr.

    Args:
        text: Warning to print.
    """
    with suppress(OSError, SystemExit):
        console(stderr=True).print(f"fincon: {text}", style="yellow", soft_wrap=True)
