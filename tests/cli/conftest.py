"""Sandboxes for testing the command, in this process or in a separate one."""

import json
import subprocess
import sys
import warnings
from contextlib import contextmanager

import pytest
from attrs import frozen

from financial_connections.cli import main
from financial_connections.sandbox import Clock, Sandbox, serve
from tests.support.cli_process import environment, fincon, json_lines

with warnings.catch_warnings():
    # The oldest supported Typer imports names that are deprecated in the newest Click
    # it allows.
    warnings.simplefilter("ignore", DeprecationWarning)
    import typer  # noqa: F401


@pytest.fixture(autouse=True)
def config_folder(tmp_path_factory, monkeypatch):
    """An empty folder, so that profiles of the user have no effect."""
    folder = tmp_path_factory.mktemp("config")
    monkeypatch.setenv("XDG_CONFIG_HOME", str(folder))
    monkeypatch.setenv("APPDATA", str(folder))
    monkeypatch.delenv("FINCON_PROFILE", raising=False)
    return folder


@frozen
class SandboxProcess:
    """A sandbox served by another process."""

    url: str
    key: str
    customer: str

    @property
    def env(self):
        return {"STRIPE_API_KEY": self.key}

    def run(self, *args, **options):
        return fincon("--base-url", self.url, *args, **self.env, **options)

    def accounts(self):
        return json_lines(self.run("accounts", "list"))


@contextmanager
def start_sandbox(scenario):
    command = [sys.executable, "-m", "financial_connections.sandbox"]
    with subprocess.Popen(
        [*command, "--port", "0", "--scenario", scenario],
        stdout=subprocess.PIPE,
        text=True,
        env=environment(),
    ) as process:
        banner = [process.stdout.readline().split() for _ in range(5)]
        yield SandboxProcess(banner[0][-1], banner[1][-1], banner[2][-1])
        process.terminate()


@pytest.fixture(scope="session")
def demo():
    with start_sandbox("demo") as sandbox:
        yield sandbox


@pytest.fixture(scope="session")
def many():
    """A sandbox with 25,000 transactions, served by another process."""
    with start_sandbox("many-transactions") as sandbox:
        yield sandbox


@pytest.fixture
def sandbox():
    """An empty sandbox with a stopped clock, for commands run in this process."""
    return Sandbox(clock=Clock())


@pytest.fixture
def run(sandbox, monkeypatch, capsys):
    """A function that runs a command here and returns its status, stdout and stderr."""
    monkeypatch.setenv("STRIPE_API_KEY", sandbox.api_key)
    with serve(sandbox) as server:

        def run(*args, url=server.url):
            status = main(["--base-url", url, *map(str, args)])
            return status, *capsys.readouterr()

        yield run


@pytest.fixture
def rows(run):
    """A function that runs a command without errors and returns the printed objects."""

    def rows(*args):
        status, out, err = run(*args)
        assert 0 == status, err
        assert "" == err
        return [json.loads(line) for line in out.splitlines()]

    return rows
