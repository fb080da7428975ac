"""The command as people run it: a process, in a pipe or in a terminal."""

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
_SEQUENCES = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")


def environment(**more):
    """What a process is told: nothing of the shell that runs the tests, but where
    programs are.

    Of deprecations it hears nothing: see conftest.
    """
    kept = {
        name: os.environ[name]
        for name in ("PATH", "HOME", "TMPDIR")
        if name in os.environ
    }
    return {
        **kept,
        "LANG": "C.UTF-8",
        "PYTHONWARNINGS": "error,ignore::DeprecationWarning",
        "TERM": "xterm-256color",
        **more,
    }


def fincon(*args, cwd=None, stdin="", **env):
    """Run the command in a pipe."""
    return subprocess.run(
        [*COMMAND, *map(str, args)],
        env=environment(**env),
        cwd=cwd,
        input=stdin,
        capture_output=True,
        text=True,
        check=False,
    )


def in_shell(line, **env):
    """Run a line in which $fincon is the command, with streams that it closes or fills."""
    script = ["bash", "-c", line]
    env = environment(fincon=" ".join(COMMAND), **env)
    return subprocess.run(
        script,
        env=env,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )


@contextmanager
def started(*args, **env):
    """Start the command and go on; what is left of it at the end is killed."""
    process = subprocess.Popen(
        [*COMMAND, *map(str, args)],
        env=environment(**env),
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


def in_terminal(*args, columns=80, keys="", command=None, **env):
    """Run the command in a terminal; return all that it wrote there, and its exit
    status.
    """
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 40, columns, 0, 0))
    process = subprocess.Popen(
        [*(command or COMMAND), *map(str, args)],
        env=environment(**env),
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        start_new_session=True,
    )
    os.close(theirs)
    os.write(ours, keys.encode())
    written = b"".join(_read(ours))
    os.close(ours)
    return written.decode().replace("\r\n", "\n"), process.wait()


def _read(terminal):
    with suppress(OSError):  # what Linux says when nobody holds the other end any more
        while chunk := os.read(terminal, 65_536):
            yield chunk


def plain(text):
    """Text without what moves the cursor or sets colours."""
    return _SEQUENCES.sub("", text)


def seen(written):
    """What of it is left on the screen: a bar that was drawn over is not."""
    lines, row = [""], 0
    for token in re.findall(r"\x1b\[[0-9;?]*[A-Za-z]|\n|[^\x1b\r\n]+", written):
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


def lines_of(done):
    assert 0 == done.returncode, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]
