"""Run the command line, and map errors, signals and closed pipes to exit statuses."""
# ruff: noqa: PLC0415 - lazy imports keep --version fast

import io
import os
import signal
import sys
from collections.abc import Generator, Sequence
from contextlib import contextmanager, suppress
from types import FrameType
from typing import Any

from financial_connections.cli import failure, text
from financial_connections.cli.settings import Settings

_BROKEN_PIPE = 141
"""The exit status that shells report for a program killed by SIGPIPE."""


def run(args: Sequence[str]) -> int:
    """Run `fincon` and report any error on stderr, in one line.

    Args:
        args: Arguments, excluding the program name.

    Returns:
        The exit status.
    """
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors=text.UNENCODABLE)  # not every terminal is UTF-8
    with _sigterm_as_interrupt() as received_signals:
        try:
            return _run(args)
        except BrokenPipeError:
            return _BROKEN_PIPE
        except (Exception, KeyboardInterrupt) as error:  # noqa: BLE001 - reported below
            return _report(error, received_signals, is_debug="--debug" in args)
        finally:
            _flush_or_discard(sys.stdout)
            _flush_or_discard(sys.stderr)


def _run(args: Sequence[str]) -> int:
    if sys.stdout is None:
        raise failure.UsageError("stdout is closed")
    try:
        status = _invoke(args)
    except SystemExit as error:
        if isinstance(error.__context__, BrokenPipeError):  # Rich raises it like this
            raise error.__context__ from None
        status = int(error.code or 0)
    sys.stdout.flush()
    return status


def _invoke(args: Sequence[str]) -> int:
    is_completing = "_FINCON_COMPLETE" in os.environ  # called by a shell
    if list(args) == ["--version"] and not is_completing:
        # Without Typer, whose import takes longer than everything else.
        Settings().show_versions()
        return 0
    import typer

    from financial_connections.cli import completion
    from financial_connections.cli.app import app

    command: Any = typer.main.get_command(app)
    if is_completing:
        completion.register_shells()
        command.main(prog_name="fincon")
    arguments = completion.add_current_shell(args) or ["--help"]
    try:
        # Not `command.main()`, which prints errors in boxes.
        with command.make_context("fincon", arguments) as context:
            command.invoke(context)
    except typer.Exit as error:
        return error.exit_code
    return 0


def _flush_or_discard(stream: Any) -> None:
    # If the buffer still contained output that cannot be written, the interpreter
    # would print an error at exit.
    if stream is None:
        return
    try:
        stream.flush()
    except (OSError, ValueError):
        with suppress(OSError):
            os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


def _report(
    error: BaseException, received_signals: Sequence[int], *, is_debug: bool
) -> int:
    result = failure.failure_from(error)
    # If stderr is a broken pipe, Rich discards any output still buffered for stdout.
    _flush_or_discard(sys.stdout)
    with suppress(OSError, SystemExit):  # the status still matters without a message
        if is_debug and sys.stderr is not None:
            sys.stderr.write(failure.format_traceback(error))
        failure.show(result)
    return 128 + received_signals[0] if received_signals else result.status


@contextmanager
def _sigterm_as_interrupt() -> Generator[list[int]]:
    """Handle SIGTERM like Ctrl-C.

    Yields:
        A list to which each SIGTERM received is appended.
    """
    received: list[int] = []

    def interrupt(number: int, frame: FrameType | None) -> None:
        received.append(number)
        handler = signal.getsignal(signal.SIGINT)
        (handler if callable(handler) else signal.default_int_handler)(
            signal.SIGINT, frame
        )

    previous = signal.signal(signal.SIGTERM, interrupt)
    try:
        yield received
    finally:
        signal.signal(signal.SIGTERM, previous)
