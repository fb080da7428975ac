"""What goes to stdout: tables on a terminal, JSON Lines anywhere else. What goes to
stderr is for people.
"""

import os
import stat
import sys
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from attrs import frozen

from financial_connections.cli import durable
from financial_connections.cli.jsontext import json_text

if TYPE_CHECKING:
    from rich.console import Console, RenderableType

    from financial_connections import Pager
    from financial_connections.models import Model

ModelT = TypeVar("ModelT", bound="Model")

ROWS = 20
"""How many items of a list a terminal gets, unless it asks for more."""


def console(*, stderr: bool = False) -> "Console":
    """Return a console that takes nothing in a text for a colour, a link or an emoji."""
    from rich.console import Console  # noqa: PLC0415 - in a pipe nothing is drawn

    return Console(stderr=stderr, markup=False, emoji=False, highlight=False)


def json_line(value: Any) -> str:
    """Return a value as a line of JSON, in ASCII: whole in any encoding, and harmless
    on any terminal.
    """
    return json_text(value) + "\n"


def write_lines(values: Iterable[Any], *, to_disk: bool = False) -> None:
    """Write values as lines of JSON to stdout. Raises `OSError` unless all of them are
    out.

    With `to_disk` they are on the disk when this returns, if stdout is a file; the
    first begins a line of its own, even behind one that was torn.
    """
    content = "".join(map(json_line, values)).encode()
    descriptor = _file_of_stdout() if to_disk else None
    if content and descriptor is not None and _is_torn(descriptor):
        content = b"\n" + content
    # Not by the text stream: without a buffer (PYTHONUNBUFFERED) it drops what a full
    # disk has no room for.
    durable.write_all(sys.stdout.buffer, content)
    if to_disk:
        sys.stdout.flush()
    if descriptor is not None:
        os.fsync(descriptor)


def _file_of_stdout() -> int | None:
    try:
        descriptor = sys.stdout.fileno()
    except OSError:  # a stand-in
        return None
    return descriptor if stat.S_ISREG(os.fstat(descriptor).st_mode) else None


def _is_torn(descriptor: int) -> bool:
    """Tell whether a file ends within a line; that of a shell's `>>` is read under its
    other name, where it has one.
    """
    try:
        with Path(f"/dev/fd/{descriptor}").open("rb") as file:
            file.seek(-1, os.SEEK_END)
            return file.read() != b"\n"
    except OSError:  # it is empty, too
        return False


@frozen
class Output:
    """Where results go, and how they look there."""

    is_json: bool

    @classmethod
    def chosen(cls, *, is_json: bool) -> "Output":
        """Return JSON Lines when they are asked for, or stdout is no terminal."""
        return cls(is_json or not sys.stdout.isatty())

    def show(self, value: Any, drawing: "Callable[[], RenderableType]") -> None:
        """Print one result: `value` as a line of JSON, or the drawing of it."""
        self.show_lines([value], drawing)

    def show_lines(
        self, values: Iterable[Any], drawing: "Callable[[], RenderableType]"
    ) -> None:
        """Print several results: each as a line of JSON, or all as one drawing."""
        if self.is_json:
            write_lines(values)
            sys.stdout.flush()  # the command may go on, and somebody waits for the line
        else:
            console().print(drawing())

    async def show_all(
        self,
        items: "Pager[ModelT]",
        limit: int | None,
        drawing: "Callable[[list[ModelT]], RenderableType]",
    ) -> None:
        """Print a list: as lines of JSON while it is read, or as one drawing. `limit` 0
        is all of it.
        """
        if self.is_json:
            async for item in items.take(limit) if limit else items:
                write_lines([item.to_dict()])
            return
        most = ROWS if limit is None else limit
        shown = [item async for item in (items.take(most + 1) if most else items)]
        rest = most and limit is None and len(shown) > most
        console().print(drawing(shown[:most] if most else shown))
        if rest:
            note(f"The newest {most} are shown; --limit sets how many, 0 for all.")


def note(text: str) -> None:
    """Tell people something beside the result; a program that reads stderr is not
    bothered.
    """
    if sys.stderr is not None and sys.stderr.isatty():
        console(stderr=True).print(text, style="dim")


def warn(text: str) -> None:
    """Tell of a danger, whoever reads stderr; where it is broken, the command goes on."""
    with suppress(OSError, SystemExit):
        console(stderr=True).print(f"fincon: {text}", style="yellow", soft_wrap=True)
