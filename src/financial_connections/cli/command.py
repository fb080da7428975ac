"""From arguments to an exit status: signals, errors and closed pipes end here."""

import io
import os
import signal
import sys
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from types import FrameType
from typing import Any

import typer

from financial_connections.cli.app import app

_BROKEN_PIPE = 141
"""What a shell says of a program that SIGPIPE ended."""


def run(args: Sequence[str]) -> int:
    """Run `fincon` and return its exit status; whatever goes wrong is told in one line."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")  # a terminal need not be UTF-8
    with _sigterm_as_interrupt() as signals:
        try:
            _invoke(list(args) or ["--help"])
            sys.stdout.flush()
        except typer.Exit as end:
            return end.exit_code
        except BrokenPipeError:
            # Else the interpreter complains when it flushes what nobody reads.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            return _BROKEN_PIPE
        except (Exception, KeyboardInterrupt) as error:  # noqa: BLE001 - no traceback unless it is asked for
            return _tell(error, signals, is_debug="--debug" in args)
    return 0


def _invoke(args: list[str]) -> None:
    command: Any = typer.main.get_command(app)
    if "_FINCON_COMPLETE" in os.environ:  # a shell asks how a line goes on
        command.main(prog_name="fincon")
    # Not by `main()`, which would print what goes wrong in boxes.
    with command.make_context("fincon", args) as context:
        command.invoke(context)


def _tell(error: BaseException, signals: Sequence[int], *, is_debug: bool) -> int:
    from financial_connections.cli import failure  # noqa: PLC0415 - needed when something goes wrong

    if is_debug:
        sys.stderr.write(failure.places(error))
    told = failure.failure_from(error)
    failure.show(told)
    return 128 + signals[0] if signals else told.status


@contextmanager
def _sigterm_as_interrupt() -> Generator[list[int]]:
    """Let SIGTERM end everything as Ctrl-C does; the list tells whether it did."""
    received: list[int] = []

    def interrupt(number: int, frame: FrameType | None) -> None:
        received.append(number)
        handler = signal.getsignal(signal.SIGINT)
        (handler if callable(handler) else signal.default_int_handler)(signal.SIGINT, frame)

    before = signal.signal(signal.SIGTERM, interrupt)
    try:
        yield received
    finally:
        signal.signal(signal.SIGTERM, before)
