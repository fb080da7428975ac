"""A sandbox in a process of its own, and what is in it."""

import subprocess
import sys
import warnings
from contextlib import contextmanager

import pytest
from attrs import frozen

from financial_connections.cli import main
from financial_connections.sandbox import Clock, Sandbox, serve
from tests.support.cli_process import environment, fincon, lines_of

with warnings.catch_warnings():
    # The oldest Typer that we take imports what the newest Click that it takes warns
    # of.
    warnings.simplefilter("ignore", DeprecationWarning)
    import typer  # noqa: F401


@frozen
class Served:
    """A sandbox that listens."""

    url: str
    key: str
    customer: str

    @property
    def env(self):
        return {"STRIPE_API_KEY": self.key}

    def accounts(self):
        return lines_of(fincon("--base-url", self.url, "accounts", "list", **self.env))


@contextmanager
def served(scenario):
    command = [
        sys.executable,
        "-m",
        "financial_connections.sandbox",
        "--port",
        "0",
        "--scenario",
        scenario,
    ]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, text=True, env=environment()
    ) as process:
        banner = [process.stdout.readline().split() for _ in range(5)]
        yield Served(banner[0][-1], banner[1][-1], banner[2][-1])
        process.terminate()


@pytest.fixture(scope="session")
def demo():
    with served("demo") as sandbox:
        yield sandbox


@pytest.fixture(scope="session")
def many():
    """25,000 transactions."""
    with served("many-transactions") as sandbox:
        yield sandbox


@pytest.fixture
def sandbox():
    """An empty sandbox whose clock stands still, for commands that run in this process."""
    return Sandbox(clock=Clock())


@pytest.fixture
def run(sandbox, monkeypatch, capsys):
    """Run a command in this process against `sandbox`; returns its status, its stdout
    and its stderr.
    """
    monkeypatch.setenv("STRIPE_API_KEY", sandbox.api_key)
    with serve(sandbox) as server:

        def run(*args, url=server.url):
            status = main(["--base-url", url, *map(str, args)])
            return status, *capsys.readouterr()

        yield run
