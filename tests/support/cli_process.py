"""Run `fincon` in a subprocess, connected to pipes or to a terminal."""

import fcntl
import json
import os
import pty
import re
import struct
import subprocess
import sys
import termios
from contextlib import contextmanager, suppress

COMMAND = [sys.executable, "-m", "financial_connections.cli"]
_ESCAPE_SEQUENCES = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")


def environment(**variables):
    """Return an environment that is independent of the shell that runs the tests.

    Deprecation warnings are ignored for the reason given in tests/cli/conftest.py.
    """
    inherited = {
        name: os.environ[name]
        for name in ("PATH", "HOME", "TMPDIR", "XDG_CONFIG_HOME")
        if name in os.environ
    }
    return {
        **inherited,
        "LANG": "C.UTF-8",
        "PYTHONWARNINGS": "error,ignore::DeprecationWarning",
        "TERM": "xterm-256color",
        **variables,
    }


def fincon(*args, cwd=None, stdin="", **variables):
    """Run the command, connected to pipes."""
    return subprocess.run(
        [*COMMAND, *map(str, args)],
        env=environment(**variables),
        cwd=cwd,
        input=stdin,
        capture_output=True,
        text=True,
        check=False,
    )


def run_in_shell(line, **variables):
    """Run a line of bash in which `$fincon` is the command.

    Tests can redirect or close its streams in this way.
    """
    return subprocess.run(
        ["bash", "-c", line],
        env=environment(fincon=" ".join(COMMAND), **variables),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )


@contextmanager
def start_fincon(*args, **variables):
    """Start the command, and kill it if it is still running at the end of the block."""
    process = subprocess.Popen(
        [*COMMAND, *map(str, args)],
        env=environment(**variables),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    with process:
        try:
            yield process
        finally:
            process.kill()


def run_in_terminal(*args, columns=80, keys="", command=None, **variables):
    """Run the command in a terminal, and return its output and its exit status."""
    controller, terminal = pty.openpty()
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 40, columns, 0, 0))
    process = subprocess.Popen(
        [*(command or COMMAND), *map(str, args)],
        env=environment(**variables),
        stdin=terminal,
        stdout=terminal,
        stderr=terminal,
        start_new_session=True,
    )
    os.close(terminal)
    os.write(controller, keys.encode())
    output = b"".join(_read(controller))
    os.close(controller)
    return output.decode().replace("\r\n", "\n"), process.wait()


def _read(controller):
    with suppress(OSError):  # raised by Linux once the terminal is closed
        while chunk := os.read(controller, 65_536):
            yield chunk


def strip_escapes(text):
    """Remove the escape sequences that move the cursor or set colours."""
    return _ESCAPE_SEQUENCES.sub("", text)


def visible_screen(output):
    """Return the final content of the screen, without erased progress bars."""
    lines, row = [""], 0
    for token in re.findall(r"\x1b\[[0-9;?]*[A-Za-z]|\n|[^\x1b\r\n]+", output):
        if token == "\n":
            row += 1
            lines += [""] * (row == len(lines))
        elif token == "\x1b[1A":
            row -= 1
        elif token == "\x1b[2K":
            lines[row] = ""
        elif not token.startswith("\x1b"):
            lines[row] += token
    return "\n".join(line.rstrip() for line in lines)


def json_lines(result):
    """Return the JSON objects printed by a successful command."""
    assert 0 == result.returncode, result.stderr
    return [json.loads(line) for line in result.stdout.splitlines()]
