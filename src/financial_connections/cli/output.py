"""Print results to stdout in several formats, and notes for people to stderr."""

import os
import stat
import sys
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from attrs import frozen

from financial_connections.cli import atomic
from financial_connections.cli.choices import OutputFormat
from financial_connections.cli.selection import Selection
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
        format: Format of the results.
        selection: Parts of the results to print.
    """

    format: OutputFormat
    selection: Selection

    @classmethod
    def for_stdout(
        cls, output_format: OutputFormat | None, selection: Selection
    ) -> "Output":
        """Return an output that by default prints JSON Lines unless on a terminal.

        Args:
            output_format: Format of the results; None means the default.
            selection: Parts of the results to print.
        """
        default = OutputFormat.TABLE if sys.stdout.isatty() else OutputFormat.JSONL
        return cls(output_format or default, selection)

    def show(self, value: Any, draw: "Callable[[], RenderableType]") -> None:
        """Print one result.

        Args:
            value: Result to print.
            draw: Function that returns what to print instead as a table without a
                selection.
        """
        self._show([value], draw, is_single=True)

    def show_lines(
        self, values: Iterable[Any], draw: "Callable[[], RenderableType]"
    ) -> None:
        """Print several results.

        Args:
            values: Results to print.
            draw: Function that returns what to print instead as a table without a
                selection, for all results together.
        """
        self._show(list(values), draw)

    async def show_list(
        self,
        pager: "Pager[ModelT]",
        limit: int | None,
        draw: "Callable[[list[ModelT]], RenderableType]",
    ) -> None:
        """Print a list.

        JSON Lines are printed as the items are read, unless there is a query. All else
        is printed at the end.

        Args:
            pager: Items to print.
            limit: Maximum number of items; 0 means no limit. None means `ROWS` for a
                table without a query, and otherwise no limit.
            draw: Function that returns what to print on a terminal for a list of items.
        """
        has_query = self.selection.query is not None
        if self.format == OutputFormat.JSONL and not has_query:
            is_first = True
            async for model in pager.take(limit) if limit else pager:
                item = model.to_dict()
                if is_first:
                    self._warn_about_unknown_columns([item])
                    is_first = False
                write_lines([self.selection.pick(item)])
            return
        default = 0 if has_query or self.format != OutputFormat.TABLE else ROWS
        maximum = default if limit is None else limit
        # Read one more than is shown, to find out whether there are more.
        source = pager.take(maximum + 1) if maximum else pager
        items = [item async for item in source]
        shown = items[:maximum] if maximum else items
        self._show([item.to_dict() for item in shown], lambda: draw(shown))
        if limit is None and len(items) > len(shown):
            note(f"Only the first {ROWS} are shown; use --limit for more (0 for all).")

    def _show(
        self,
        items: list[Any],
        draw: "Callable[[], RenderableType]",
        *,
        is_single: bool = False,
    ) -> None:
        if self.format == OutputFormat.TABLE and not self.selection:
            console().print(draw())
            return
        if self.selection.query is not None:
            result = self.selection.search(items[0] if is_single else items)
            is_single = not isinstance(result, list)
            items = [result] if is_single else result
        self._warn_about_unknown_columns(items)
        self._write([self.selection.pick(item) for item in items], is_single=is_single)
        sys.stdout.flush()  # a reader may need the output before the command ends

    def _warn_about_unknown_columns(self, items: list[Any]) -> None:
        if items and (names := self.selection.unknown(items)):
            warn(f"no result has a field {' or '.join(names)}")

    def _write(self, items: list[Any], *, is_single: bool) -> None:
        if self.format == OutputFormat.JSONL:
            write_lines(items)
            return
        # Imported lazily because it imports all models.
        from financial_connections.cli import renderers  # noqa: PLC0415

        columns = self.selection.columns
        if self.format == OutputFormat.TABLE:
            console().print(renderers.table(items, columns))
        else:
            content = (
                renderers.csv_document(items, columns)
                if self.format == OutputFormat.CSV
                else renderers.json_document(items[0] if is_single else items)
            )
            atomic.write_all(sys.stdout.buffer, content)


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
