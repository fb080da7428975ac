"""The command's documentation is correct."""

import re
import runpy
import subprocess
import sys
import time
from pathlib import Path

import pytest

from financial_connections import AsyncClient
from financial_connections.cli import failure, main
from financial_connections.cli.rows import COLUMNS
from financial_connections.sandbox import Clock, Sandbox, serve
from financial_connections.webhooks import sign
from tests.support.cli_process import (
    environment,
    run_in_terminal,
    visible_screen,
)
from tests.support.webhooks import PAYLOAD

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs/cli.md").read_text()
TWENTIETH_OF_JANUARY = 1_705_708_800


def console_lines():
    """Return the commands on the page, each with the output shown below it."""
    lines = []
    for block in re.findall(r"^```console\n(.*?)^```", PAGE, re.DOTALL | re.MULTILINE):
        for line in block.splitlines():
            if line.startswith("$ "):
                lines.append((line[2:], []))
            else:
                lines[-1][1].append(line)
    assert len(lines) > 20
    return [pytest.param(command, output, id=command) for command, output in lines]


async def add_objects(sandbox, url):
    """Add one object of each kind and return their IDs by placeholder on the page."""
    customer = sandbox.add_customer()
    sandbox.add_webhook("http://127.0.0.1:9/unreachable")
    account = sandbox.add_account(
        customer=customer, balance=1, owners=1, transactions=30
    )
    async with AsyncClient(sandbox.api_key, base_url=url) as client:
        holder = {"type": "customer", "customer": customer}
        session = await client.sessions.create(
            account_holder=holder, permissions=["balances"]
        )
        sandbox.complete(session.id)
        newest = await client.transactions.list(account=account, limit=1)
    sandbox.add_transactions(account, 1)
    return {
        "cus_123": customer,
        "evt_123": sandbox.events[0]["id"],
        "acct_123": sandbox.add_connected_account(),
        "fca_123": account,
        "fcsess_123": session.id,
        "fctxn_123": newest.data[0].id,
        "fctxnref_123": newest.data[0].transaction_refresh,
    }


@pytest.fixture(params=["asyncio"])
def anyio_backend(request):
    return request.param


@pytest.fixture
async def shell(tmp_path):
    """A function that runs a line of bash in a temporary directory."""
    (tmp_path / "whsec.txt").write_text("whsec_123")
    (tmp_path / "body.json").write_bytes(PAYLOAD)
    sandbox = Sandbox(clock=Clock(TWENTIETH_OF_JANUARY))
    async with serve(sandbox) as server:
        ids = await add_objects(sandbox, server.url)
        command = f"{sys.executable} -m financial_connections.cli"
        function = f'fincon() {{ {command} --base-url {server.url} "$@"; }}'
        signature = sign(PAYLOAD, "whsec_123", int(time.time()))
        env = environment(STRIPE_API_KEY=sandbox.api_key, STRIPE_SIGNATURE=signature)

        def run(line):
            for placeholder, real in ids.items():
                line = re.sub(rf"{placeholder}(?!\.)", real, line)
            return subprocess.run(
                ["bash", "-c", f"{function}\n{line}"],
                cwd=tmp_path,
                env=env,
                capture_output=True,
                text=True,
                check=False,
            )

        yield run


@pytest.mark.parametrize(("command", "expected"), console_lines())
async def test_a_command_on_the_page_prints_the_output_shown(shell, command, expected):
    if expected:
        output, status = run_in_terminal(*command.removeprefix("fincon ").split())
        assert (0, expected) == (status, visible_screen(output).splitlines())
    else:
        result = shell(command)
        assert (0, "") == (result.returncode, result.stderr)
        assert result.stdout or ">>" in command


def test_every_status_is_documented():
    documented = {
        int(status) for status in re.findall(r"^\| (\d+) \|", PAGE, re.MULTILINE)
    }
    used = {
        failure.UNEXPECTED,
        failure.USAGE,
        failure.ACCESS,
        failure.API,
        failure.NETWORK,
        failure.INTERRUPTED,
    }
    assert {0, 141, 143} | used == documented


def test_the_help_page_lists_the_same_statuses(capsys):
    main(["--help"])
    page = capsys.readouterr().out.partition("Exit status")[2]
    listed = re.findall(r"^  (\d+) ", page, re.MULTILINE)
    assert listed == re.findall(r"^\| (\d+) \|", PAGE, re.MULTILINE)


def test_every_column_is_documented():
    [sentence] = re.findall(
        r"^The columns are (.*?)\. ", PAGE, re.DOTALL | re.MULTILINE
    )
    assert list(COLUMNS) == re.findall(r"`([^`]+)`", sentence)


def test_the_pictures_are_up_to_date():
    screens = runpy.run_path(str(ROOT / "docs/screens.py"))
    assert screens["FILE"].read_text() == screens["render_picture"]()
    assert screens["FLEET_FILE"].read_text() == screens["render_fleet"]()
