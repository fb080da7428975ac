"""The command as a process: start-up, streams, signals and secrets."""

import json
import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from financial_connections.cli import main
from financial_connections.sandbox import Sandbox, serve
from tests.support.cli_process import (
    COMMAND,
    environment,
    fincon,
    json_lines,
    run_in_shell,
    start_fincon,
)


@pytest.fixture
def interrupts():
    """Restore the handler of SIGINT, which a sandbox replaces in this process."""
    previous = signal.getsignal(signal.SIGINT)
    yield
    signal.signal(signal.SIGINT, previous)


def test_the_script_and_the_module_run_the_same_command():
    script = Path(sys.executable).with_name("fincon")
    result = subprocess.run(
        [script, "version"],
        env=environment(),
        capture_output=True,
        text=True,
        check=True,
    )
    assert fincon("version").stdout == result.stdout


@pytest.mark.parametrize(
    "variables",
    [
        {},
        {
            "_FINCON_COMPLETE": "complete_bash",
            "COMP_WORDS": "fincon accounts re",
            "COMP_CWORD": "2",
        },
    ],
)
def test_help_and_completion_import_few_packages(variables):
    program = (
        "import sys; from contextlib import suppress\n"
        "from financial_connections.cli import main\n"
        "with suppress(SystemExit): main(['accounts', '--help'])\n"
        "print(*sys.modules, file=sys.stderr)"
    )
    result = subprocess.run(
        [sys.executable, "-c", program],
        env=environment(**variables),
        capture_output=True,
        text=True,
        check=True,
    )
    imported = {module.split(".")[0] for module in result.stderr.split()}
    assert "refresh" in result.stdout
    assert "typer" in imported
    assert not imported & {
        *("httpx", "httpcore", "pyarrow", "babel", "starlette", "pydantic"),
        *("uvicorn", "yaml", "anyio", "msgspec"),
    }


@pytest.mark.parametrize("missing", ["typer", "rich", "jmespath"])
def test_a_missing_extra_is_named(monkeypatch, capsys, missing):
    monkeypatch.setattr(
        "financial_connections.cli.find_spec",
        lambda name: None if name == missing else name,
    )
    assert 2 == main([])
    message = capsys.readouterr().err
    assert message == (
        "fincon requires: pip install 'path/to/financial-connections[cli]'\n"
    )


def test_parquet_without_its_extra_is_rejected_before_any_request(
    run, monkeypatch, tmp_path
):
    monkeypatch.setattr("financial_connections.cli.formats.find_spec", lambda _: None)
    target = tmp_path / "out.parquet"
    status, _, err = run("transactions", "export", "--account", "fca_1", "--to", target)
    assert 2 == status
    assert err == (
        "fincon: Parquet requires:"
        " pip install 'path/to/financial-connections[parquet]'\n"
    )
    assert [] == list(tmp_path.iterdir())


@pytest.mark.parametrize("command", ["version", "--help", "--show-completion bash"])
def test_output_that_cannot_be_written_exits_with_status_1(command):
    result = run_in_shell(f"$fincon {command} >/dev/full")
    assert 1 == result.returncode
    assert "fincon: No space left on device\n" == result.stderr


@pytest.mark.parametrize("unbuffered", ["", "1"])
def test_a_list_that_cannot_be_written_exits_with_status_1(unbuffered):
    line = "$fincon --sandbox accounts list >/dev/full"
    result = run_in_shell(line, PYTHONUNBUFFERED=unbuffered)
    assert 1 == result.returncode
    assert "fincon: No space left on device\n" == result.stderr


@pytest.mark.parametrize("stderr", ["2>&-", "2>/dev/full", "2> >(true)"])
def test_a_broken_stderr_does_not_change_the_status(stderr):
    assert 2 == run_in_shell(f"$fincon --debug accounts list {stderr}").returncode


def test_printing_help_to_a_closed_pipe_exits_silently():
    result = run_in_shell("$fincon --help | sleep 0; exit ${PIPESTATUS[0]}")
    assert "" == result.stderr
    assert 141 == result.returncode


def test_closed_streams_are_reported():
    for command, message in [
        ("version >&-", "stdout is closed"),
        ("accounts list --api-key-file - <&-", "stdin is closed"),
        (
            "--sandbox accounts disconnect fca_1 <&-",
            "this cannot be undone; pass --yes to skip the confirmation",
        ),
    ]:
        result = run_in_shell(f"$fincon {command}")
        assert (2, f"fincon: {message}\n") == (result.returncode, result.stderr)


def test_a_sync_to_a_full_disk_loses_nothing(demo, tmp_path):
    """The size limit truncates a line within a page.

    If stdout is unbuffered, Python itself does not report that.
    """
    account = demo.accounts()[0]["id"]
    listed = json_lines(demo.run("transactions", "list", "--account", account))
    sync = (
        f"$fincon --base-url {demo.url} transactions sync"
        f" --account {account} --state state >> lines.jsonl"
    )
    env = {"PYTHONUNBUFFERED": "1", **demo.env}
    full = run_in_shell(f"cd {tmp_path}; trap '' XFSZ; (ulimit -f 100; {sync})", **env)
    assert (1, "fincon: File too large\n") == (full.returncode, full.stderr)
    assert not (tmp_path / "lines.jsonl").read_bytes().endswith(b"\n")
    assert 0 == run_in_shell(f"cd {tmp_path}; {sync}", **env).returncode
    ids, incomplete = set(), 0
    for line in (tmp_path / "lines.jsonl").read_text().splitlines():
        try:
            ids.add(json.loads(line)["id"])
        except ValueError:
            incomplete += 1
    assert ({row["id"] for row in listed}, 1) == (ids, incomplete)


def test_an_interrupt_during_start_up_is_reported_in_one_line(monkeypatch, capsys):
    def interrupt(_):
        raise KeyboardInterrupt

    monkeypatch.setattr("financial_connections.cli.command.run", interrupt)
    assert 130 == main([])
    assert "fincon: interrupted\n" == capsys.readouterr().err


@pytest.mark.usefixtures("interrupts")
def test_a_sandbox_on_a_public_address_prints_a_warning(capsys):
    # An address reserved for documentation, which no machine has.
    assert 2 == main(["sandbox", "--host", "192.0.2.1", "--port", "0"])
    errors = capsys.readouterr().err
    assert 2 == len(errors.splitlines())
    assert "anyone who can reach 192.0.2.1 can use this sandbox" in errors


def test_a_closed_pipe_ends_a_list_silently(many):
    [account] = many.accounts()
    args = ("--base-url", many.url, "transactions", "list", "--account", account["id"])
    with start_fincon(*args, **many.env) as process:
        assert json.loads(process.stdout.readline())["id"]
        process.stdout.close()
        assert "" == process.stderr.read()
        assert 141 == process.wait()


@pytest.mark.parametrize(
    ("number", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)]
)
def test_a_signal_ends_the_command_with_one_line(number, status):
    sandbox = Sandbox()
    account = sandbox.add_account(balance=1, refreshed=())
    with serve(sandbox) as server:
        refresh = (
            *("--base-url", server.url, "--debug", "accounts", "refresh", account),
            *("--feature", "balance", "--wait", "--poll", "60"),
        )
        with start_fincon(*refresh, STRIPE_API_KEY=sandbox.api_key) as process:
            lines = process.stderr.readline() + process.stderr.readline()
            assert "/refresh -> 200" in lines
            process.send_signal(number)
            out, err = process.communicate()
    assert (status, "") == (process.returncode, out)
    assert "fincon: interrupted" == err.splitlines()[-1]


def test_an_unreachable_api_exits_with_status_5(monkeypatch, capsys):
    monkeypatch.setenv("STRIPE_API_KEY", "sk_test_1")
    options = ("--base-url", "http://127.0.0.1:9", "--max-retries", "0")
    status = main([*options, "accounts", "list"])
    output, errors = capsys.readouterr()
    assert (5, "") == (status, output)
    assert 1 == len(errors.splitlines())
    assert "--base-url" in errors
    assert "base_url=" not in errors  # the hint for users of the package


def test_the_key_never_appears_in_output_or_arguments(demo, tmp_path):
    file = tmp_path / "key"
    file.write_text("sk_test_" + "wrong" * 4)
    result = fincon(
        *("--base-url", demo.url, "--debug"),
        *("accounts", "list", "--api-key-file", file),
    )
    assert 3 == result.returncode
    assert "wrongwrong" not in result.stdout + result.stderr
    args = (
        *("--base-url", demo.url, "--debug"),
        *("transactions", "list", "--account", "fca_1"),
    )
    with start_fincon(*args, STRIPE_API_KEY=demo.key) as process:
        arguments = Path(f"/proc/{process.pid}/cmdline")
        assert not arguments.exists() or demo.key.encode() not in arguments.read_bytes()
        assert demo.key not in "".join(process.communicate())


def test_the_key_can_be_read_from_stdin(demo):
    result = fincon(
        *("--base-url", demo.url, "accounts", "list", "--api-key-file", "-"),
        stdin=f"{demo.key}\n",
    )
    assert 6 == len(json_lines(result))


def test_the_embedded_sandbox_always_gives_the_same_output():
    first, second = (fincon("accounts", "list", "--sandbox") for _ in range(2))
    assert 6 == len(json_lines(first))
    assert first.stdout == second.stdout


def test_the_sandbox_prints_the_secrets_of_webhooks():
    urls = ["http://app:8000/stripe", "http://127.0.0.1:9/hook"]
    options = [text for url in urls for text in ("--webhook", url)]
    with start_fincon("sandbox", "--port", "0", *options) as process:
        connection = json.loads(process.stdout.readline())
        shown = httpx.get(
            f"{connection['url']}/_sandbox/webhooks", auth=(connection["api_key"], "")
        )
    webhooks = connection["webhooks"]
    assert urls == [webhook["url"] for webhook in webhooks]
    assert urls == [webhook["url"] for webhook in shown.json()["webhooks"]]
    assert all(webhook["secret"].startswith("whsec_") for webhook in webhooks)


@pytest.mark.usefixtures("interrupts")
@pytest.mark.parametrize("url", ["ftp://app/", "app", "http://app:port/"])
def test_an_invalid_webhook_url_is_a_usage_error(capsys, url):
    status = main(["sandbox", "--port", "0", "--webhook", url])
    output, errors = capsys.readouterr()
    assert (2, "") == (status, output)
    assert errors.startswith("fincon: --webhook: ")


def test_the_sandbox_continues_from_its_state_file(tmp_path):
    path, url = tmp_path / "sandbox.jsonl", "http://127.0.0.1:9/hook"
    first = ("--scenario", "empty", "--seed", "7")
    connections = []
    for options in (first, ()):
        with start_fincon(
            *("sandbox", "--port", "0", "--webhook", url, "--state", path, *options)
        ) as process:
            connections.append(json.loads(process.stdout.readline()))
            process.kill()
            process.communicate()
    assert connections[0]["customer"] == connections[1]["customer"]
    assert connections[0]["webhooks"] == connections[1]["webhooks"]


@pytest.mark.usefixtures("interrupts")
@pytest.mark.parametrize(
    ("options", "message"),
    [
        ((), "is not a state file of the sandbox"),
        (("--state", os.curdir), "cannot use .: "),
    ],
)
def test_an_invalid_state_file_is_a_usage_error(capsys, tmp_path, options, message):
    path = tmp_path / "notes.txt"
    path.write_text("milk\n")
    status = main(["sandbox", "--port", "0", "--state", str(path), *options])
    output, errors = capsys.readouterr()
    assert (2, "") == (status, output)
    assert errors.startswith("fincon: --state: ")
    assert message in errors


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_the_sandbox_serves_until_it_is_stopped(number):
    args = ("sandbox", "--port", "0", "--scenario", "empty", "--seed", "7")
    with start_fincon(*args) as process:
        connection = json.loads(process.stdout.readline())
        create = (
            *("--base-url", connection["url"], "sessions", "create"),
            *("--customer", connection["customer"], "--permission", "balances"),
        )
        [session] = json_lines(fincon(*create, STRIPE_API_KEY=connection["api_key"]))
        assert connection["customer"] == session["account_holder"]["customer"]
        process.send_signal(number)
        assert ("", "") == process.communicate()
        assert 0 == process.returncode


@pytest.mark.usefixtures("interrupts")
def test_a_port_in_use_is_a_usage_error(capsys):
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = str(listener.getsockname()[1])
        assert 2 == main(["sandbox", "--port", port])
    assert 1 == len(capsys.readouterr().err.splitlines())


def test_the_command_runs_without_stdin():
    result = subprocess.run(
        [*COMMAND, "version"],
        env=environment(),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        check=True,
    )
    assert os.linesep.encode() in result.stdout
