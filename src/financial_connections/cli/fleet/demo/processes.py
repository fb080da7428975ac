"""The worker processes of the demonstration, as their parent sees them."""

import json
import subprocess
import sys
from threading import Thread
from typing import Any

from financial_connections.cli.fleet.demo.board import Process

_MODULE = "financial_connections.cli.fleet.demo.worker"
_STOP_SECONDS = 10.0


class WorkerProcess:
    """A worker process, which ends when this process does.

    Args:
        number: Number of the worker, from 1.
        settings: Settings of the worker.
    """

    def __init__(self, number: int, settings: dict[str, Any]) -> None:
        self.name = f"worker {number}"
        self._state = "starting"
        self._requests = 0
        # In a session of its own, so that Ctrl-C reaches only this process.
        self._process = subprocess.Popen(
            [sys.executable, "-m", _MODULE],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        assert self._process.stdin is not None  # noqa: S101
        self._process.stdin.write(json.dumps(settings).encode() + b"\n")
        self._process.stdin.flush()
        self._reader = Thread(target=self._read, daemon=True)
        self._reader.start()

    @property
    def pid(self) -> int:
        """ID of the process."""
        return self._process.pid

    @property
    def has_failed(self) -> bool:
        """True if the process has ended without being stopped."""
        is_wanted = self._state in {"starting", "running"}
        return is_wanted and self._process.poll() is not None

    def describe(self) -> Process:
        """Return the state of the process."""
        return Process(self.name, self.pid, self._state, self._requests)

    def kill(self) -> None:
        """Kill the process with SIGKILL, which it cannot catch."""
        self._state = "killed"
        self._process.kill()
        self._process.wait()

    def request_stop(self) -> None:
        """Ask the process to store what it is reading, and to end."""
        if self._state != "killed":
            self._state = "stopped"
            self._process.terminate()

    def close(self) -> None:
        """End the process, and wait for it."""
        try:
            if self._state == "stopped":
                self._process.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            pass
        finally:
            self._process.kill()
            self._process.wait()
            self._reader.join()
            for stream in (self._process.stdin, self._process.stdout):
                if stream is not None:
                    stream.close()

    def _read(self) -> None:
        """Read the number of requests that the process prints now and then."""
        assert self._process.stdout is not None  # noqa: S101
        for line in self._process.stdout:
            self._requests = int(line)
            if self._state == "starting":
                self._state = "running"
