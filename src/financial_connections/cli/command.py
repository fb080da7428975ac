"""From arguments to an exit status: signals, errors and closed pipes end here."""

import io
import os
import signal
import sys
from collections.abc import Generator, Sequence
from contextlib import contextmanager, suppress
from types import FrameType
from typing import Any

import typer

from financial_connections.cli import completion
from financial_connections.cli.app import app
from financial_connections.cli.usage import UsageError

_BROKEN_PIPE = 141
"""What a shell says of a program that SIGPIPE ended."""


def run(args: Sequence[str]) -> int:
    """Run `fincon` and return its exit status; whatever goes wrong is told in one line."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")  # a terminal need not be UTF-8
    with _sigterm_as_interrupt() as signals:
        try:
            return _run(args)
        except BrokenPipeError:
            return _BROKEN_PIPE
        except (Exception, KeyboardInterrupt) as error:  # noqa: BLE001 - no traceback unless it is asked for
            return _tell(error, signals, is_debug="--debug" in args)
        finally:
            _finish(sys.stdout)
            _finish(sys.stderr)


def _run(args: Sequence[str]) -> int:
    if sys.stdout is None:
        raise UsageError("stdout is closed")
    try:
        _invoke(completion.with_shell(args) or ["--help"])
        status = 0
    except typer.Exit as end:
        status = end.exit_code
    except SystemExit as end:
        if isinstance(end.__context__, BrokenPipeError):  # Rich's way to say so
            raise end.__context__ from None
        status = int(end.code or 0)
    sys.stdout.flush()
    return status


def _invoke(args: list[str]) -> None:
    command: Any = typer.main.get_command(app)
    if "_FINCON_COMPLETE" in os.environ:  # a shell asks how a line goes on
        completion.prepare()
        command.main(prog_name="fincon")
    # Not by `main()`, which would print what goes wrong in boxes.
    with command.make_context("fincon", args) as context:
        command.invoke(context)


def _finish(stream: Any) -> None:
    """Write what is left; what cannot be written is dropped, else the interpreter
    complains of it at its end.
    """
    if stream is None:
        return
    try:
        stream.flush()
    except (OSError, ValueError):
        with suppress(OSError):
            os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


def _tell(error: BaseException, signals: Sequence[int], *, is_debug: bool) -> int:
    from financial_connections.cli import failure  # noqa: PLC0415 - needed when something goes wrong

    told = failure.failure_from(error)
    _finish(sys.stdout)  # Rich drops it where stderr is a pipe that nobody reads
    with suppress(
        OSError, SystemExit
    ):  # whatever becomes of the line, there is the status
        if is_debug and sys.stderr is not None:
            sys.stderr.write(failure.places(error))
        failure.show(told)
    return 128 + signals[0] if signals else told.status


@contextmanager
def _sigterm_as_interrupt() -> Generator[list[int]]:
    """Let SIGTERM end everything as Ctrl-C does; the list tells whether it did."""
    received: list[int] = []

    def interrupt(number: int, frame: FrameType | None) -> None:
        received.append(number)
        handler = signal.getsignal(signal.SIGINT)
        (handler if callable(handler) else signal.default_int_handler)(
            signal.SIGINT, frame
        )

    before = signal.signal(signal.SIGTERM, interrupt)
    try:
        yield received
    finally:
        signal.signal(signal.SIGTERM, before)
