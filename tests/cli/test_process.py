"""What only a real process can show: signals, pipes, terminals, start-up, what others
see of it.
"""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from shellingham import ShellDetectionFailure

from financial_connections.cli import main
from financial_connections.sandbox import NewAccount, Sandbox, serve
from tests.support.cli_process import (
    COMMAND,
    environment,
    fincon,
    in_shell,
    in_terminal,
    lines_of,
    plain,
    started,
)


def test_both_ways_to_call_the_command_are_the_same():
    script = Path(sys.executable).with_name("fincon")
    called = subprocess.run(
        [script, "version"],
        env=environment(),
        capture_output=True,
        text=True,
        check=True,
    )
    assert fincon("version").stdout == called.stdout


@pytest.mark.parametrize(
    "env",
    [
        {},
        {
            "_FINCON_COMPLETE": "complete_bash",
            "COMP_WORDS": "fincon accounts re",
            "COMP_CWORD": "2",
        },
    ],
)
def test_help_and_completion_load_little(env):
    program = (
        "import sys; from contextlib import suppress; from financial_connections.cli import main\n"
        "with suppress(SystemExit): main(['accounts', '--help'])\n"
        "print(*sys.modules, file=sys.stderr)"
    )
    command = [sys.executable, "-c", program]
    done = subprocess.run(
        command, env=environment(**env), capture_output=True, text=True, check=True
    )
    loaded = {module.split(".")[0] for module in done.stderr.split()}
    assert "refresh" in done.stdout
    assert "typer" in loaded
    assert not loaded & {
        "httpx",
        "httpcore",
        "pyarrow",
        "babel",
        "starlette",
        "pydantic",
        "uvicorn",
        "yaml",
        "anyio",
    }


@pytest.mark.parametrize("missing", ["typer", "rich", "babel"])
def test_without_the_extra_the_command_names_it(monkeypatch, capsys, missing):
    monkeypatch.setattr(
        "financial_connections.cli.find_spec",
        lambda name: None if name == missing else name,
    )
    assert 2 == main([])
    assert (
        "fincon needs: pip install 'financial-connections[cli]'\n"
        == capsys.readouterr().err
    )


def test_parquet_without_its_extra_is_refused_before_anything_is_sent(
    run, monkeypatch, tmp_path
):
    monkeypatch.setattr("financial_connections.cli.formats.find_spec", lambda _: None)
    status, _, err = run(
        "transactions", "export", "--account", "fca_1", "--to", tmp_path / "out.parquet"
    )
    assert (
        2,
        "fincon: parquet needs: pip install 'financial-connections[parquet]'\n",
    ) == (status, err)
    assert [] == list(tmp_path.iterdir())


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_shells_complete_commands_and_values(shell):
    def completed(line):
        words = {
            "bash": {
                "COMP_WORDS": line,
                "COMP_CWORD": str(len(line.split()) - (not line.endswith(" "))),
            },
            "zsh": {"_TYPER_COMPLETE_ARGS": line},
            "fish": {
                "_TYPER_COMPLETE_ARGS": line,
                "_TYPER_COMPLETE_FISH_ACTION": "get-args",
            },
        }[shell]
        return fincon(**words, _FINCON_COMPLETE=f"complete_{shell}").stdout

    assert "transactions" in completed("fincon tr")
    assert "owners" in completed("fincon accounts ")
    features = completed("fincon accounts refresh fca_1 --feature ")
    assert all(
        feature in features for feature in ("balance", "ownership", "transactions")
    )
    assert "payment_method" in completed("fincon sessions create --permission ")
    assert "--json" in completed("fincon accounts list --js")


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_is_shown_for_the_shell_that_is_named(capsys, shell):
    assert 0 == main(["--show-completion", shell])
    assert f"_FINCON_COMPLETE=complete_{shell}" in capsys.readouterr().out


def test_completion_is_shown_for_the_shell_that_asks(capsys, monkeypatch):
    monkeypatch.setattr("shellingham.detect_shell", lambda: ("fish", "/bin/fish"))
    assert 0 == main(["--show-completion"])
    assert "_FINCON_COMPLETE=complete_fish" in capsys.readouterr().out
    monkeypatch.setattr(
        "shellingham.detect_shell", lambda: (_ for _ in ()).throw(ShellDetectionFailure)
    )
    assert 2 == main(["--show-completion"])
    assert "which shell is it?" in capsys.readouterr().err


def test_completion_is_installed_for_the_shell_that_is_named_and_for_no_other(
    monkeypatch, tmp_path
):
    monkeypatch.setenv("HOME", str(tmp_path))
    assert 2 == main(["--install-completion", "tcsh"])
    assert 2 == main(["--install-completion", "powershell"])
    assert [] == list(tmp_path.iterdir())
    assert 0 == main(["--install-completion", "zsh"])
    assert {".zshrc", ".zfunc"} == {path.name for path in tmp_path.iterdir()}


@pytest.mark.parametrize("command", ["version", "--help", "--show-completion bash"])
def test_what_cannot_be_written_is_status_1_and_one_line(command):
    done = in_shell(f"$fincon {command} >/dev/full")
    assert (1, "fincon: No space left on device\n") == (done.returncode, done.stderr)


@pytest.mark.parametrize("unbuffered", ["", "1"])
def test_a_list_that_cannot_be_written_is_status_1(unbuffered):
    done = in_shell(
        "$fincon --sandbox accounts list >/dev/full", PYTHONUNBUFFERED=unbuffered
    )
    assert (1, "fincon: No space left on device\n") == (done.returncode, done.stderr)


@pytest.mark.parametrize("stderr", ["2>&-", "2>/dev/full", "2> >(true)"])
def test_a_broken_stderr_changes_no_status(stderr):
    assert 2 == in_shell(f"$fincon --debug accounts list {stderr}").returncode


def test_a_help_text_that_nobody_reads_ends_quietly():
    done = in_shell("$fincon --help | sleep 0; exit ${PIPESTATUS[0]}")
    assert "" == done.stderr
    assert 141 == done.returncode


def test_streams_that_are_closed_are_told():
    for command, told in [
        ("version >&-", "stdout is closed"),
        ("accounts list --api-key-file - <&-", "stdin is closed"),
        (
            "--sandbox accounts disconnect fca_1 <&-",
            "this cannot be undone: say --yes where nobody can be asked",
        ),
    ]:
        done = in_shell(f"$fincon {command}")
        assert (2, f"fincon: {told}\n") == (done.returncode, done.stderr)


def test_what_a_full_disk_does_not_take_is_not_lost(demo, tmp_path):
    """The size limit tears a line within a page; without a buffer, Python itself would
    not notice.
    """
    account = demo.accounts()[0]["id"]
    sync = f"$fincon --base-url {demo.url} transactions sync --account {account} --state state >> lines.jsonl"
    listing = lines_of(
        fincon(
            "--base-url",
            demo.url,
            "transactions",
            "list",
            "--account",
            account,
            **demo.env,
        )
    )
    full = in_shell(
        f"cd {tmp_path}; trap '' XFSZ; (ulimit -f 100; {sync})",
        PYTHONUNBUFFERED="1",
        **demo.env,
    )
    assert (1, "fincon: File too large\n") == (full.returncode, full.stderr)
    assert not (tmp_path / "lines.jsonl").read_bytes().endswith(b"\n")
    assert (
        0
        == in_shell(
            f"cd {tmp_path}; {sync}", PYTHONUNBUFFERED="1", **demo.env
        ).returncode
    )
    whole, torn = set(), 0
    for line in (tmp_path / "lines.jsonl").read_text().splitlines():
        try:
            whole.add(json.loads(line)["id"])
        except ValueError:
            torn += 1
    assert ({row["id"] for row in listing}, 1) == (whole, torn)


def test_an_interrupt_while_the_command_loads_is_one_line(monkeypatch, capsys):
    monkeypatch.setattr(
        "financial_connections.cli.command.run",
        lambda _: (_ for _ in ()).throw(KeyboardInterrupt),
    )
    assert 130 == main([])
    assert "fincon: interrupted\n" == capsys.readouterr().err


def test_a_sandbox_for_everybody_is_warned_of():
    done = fincon(
        "sandbox", "--host", "192.0.2.1", "--port", "0"
    )  # an address that no machine has
    assert (2, 2) == (done.returncode, len(done.stderr.splitlines()))
    assert "everybody who reaches 192.0.2.1 can use this sandbox" in done.stderr


def test_a_closed_pipe_ends_the_command_quietly(many):
    [account] = many.accounts()
    args = ("--base-url", many.url, "transactions", "list", "--account", account["id"])
    with started(*args, **many.env) as process:
        assert json.loads(process.stdout.readline())["id"]
        process.stdout.close()
        assert "" == process.stderr.read()
        assert 141 == process.wait()


@pytest.mark.parametrize(
    ("number", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)]
)
def test_a_signal_ends_a_command_with_one_line(number, status):
    sandbox = Sandbox()
    account = sandbox.add_account(balance=1, refreshed=())
    with serve(sandbox) as server:
        refresh = (
            "--base-url",
            server.url,
            "--debug",
            "accounts",
            "refresh",
            account,
            "--feature",
            "balance",
        )
        with started(
            *refresh, "--wait", "--poll", "60", STRIPE_API_KEY=sandbox.api_key
        ) as process:
            assert (
                "/refresh -> 200"
                in process.stderr.readline() + process.stderr.readline()
            )
            process.send_signal(number)
            out, err = process.communicate()
    assert (status, "") == (process.returncode, out)
    assert "fincon: interrupted" == err.splitlines()[-1]


def test_no_network_is_status_5():
    done = fincon(
        "--base-url",
        "http://127.0.0.1:9",
        "--max-retries",
        "0",
        "accounts",
        "list",
        STRIPE_API_KEY="sk_test_1",
    )
    assert (5, "", 1) == (done.returncode, done.stdout, len(done.stderr.splitlines()))
    assert "--base-url" in done.stderr


def test_a_key_is_seen_by_nobody(demo, tmp_path):
    [key] = [demo.key]
    file = tmp_path / "key"
    file.write_text("sk_test_" + "wrong" * 4)
    done = fincon(
        "--base-url", demo.url, "--debug", "accounts", "list", "--api-key-file", file
    )
    assert 3 == done.returncode
    assert "wrongwrong" not in done.stdout + done.stderr
    args = (
        "--base-url",
        demo.url,
        "--debug",
        "transactions",
        "list",
        "--account",
        "fca_1",
    )
    with started(*args, STRIPE_API_KEY=key) as process:
        arguments = Path(f"/proc/{process.pid}/cmdline")
        assert not arguments.exists() or key.encode() not in arguments.read_bytes()
        assert key not in "".join(process.communicate())


def test_the_key_can_come_from_stdin(demo):
    done = fincon(
        "--base-url",
        demo.url,
        "accounts",
        "list",
        "--api-key-file",
        "-",
        stdin=f"{demo.key}\n",
    )
    assert 6 == len(lines_of(done))


def test_the_embedded_sandbox_shows_the_same_each_time():
    first, second = (fincon("accounts", "list", "--sandbox") for _ in range(2))
    assert 6 == len(lines_of(first))
    assert first.stdout == second.stdout


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_the_sandbox_serves_until_it_is_stopped(number):
    with started(
        "sandbox", "--port", "0", "--scenario", "empty", "--seed", "7"
    ) as process:
        facts = json.loads(process.stdout.readline())
        env = {"STRIPE_API_KEY": facts["api_key"]}
        create = (
            "sessions",
            "create",
            "--customer",
            facts["customer"],
            "--permission",
            "balances",
        )
        [session] = lines_of(fincon("--base-url", facts["url"], *create, **env))
        assert facts["customer"] == session["account_holder"]["customer"]
        process.send_signal(number)
        assert ("", "") == process.communicate()
        assert 0 == process.returncode


def test_a_port_in_use_is_a_mistake_of_usage(demo):
    port = demo.url.rpartition(":")[2]
    done = fincon("sandbox", "--port", port)
    assert (2, 1) == (done.returncode, len(done.stderr.splitlines()))


def test_disconnecting_asks_in_a_terminal():
    sandbox = Sandbox()
    account = sandbox.add_account()
    with serve(sandbox) as server:
        disconnect = ("--base-url", server.url, "accounts", "disconnect", account)
        env = {"STRIPE_API_KEY": sandbox.api_key}
        shown, status = in_terminal(*disconnect, keys="n\n", **env)
        assert 2 == status
        assert f"End the access to {account} for good? [y/N]" in shown
        assert "fincon: nothing was done" in plain(shown)
        shown, status = in_terminal(*disconnect, keys="\x04", **env)
        assert (130, True) == (status, "fincon: interrupted" in plain(shown))
        shown, status = in_terminal(*disconnect, keys="y\n", **env)
        assert (0, True) == (status, "disconnected" in shown)


def test_a_terminal_shows_the_states_that_are_waited_for():
    sandbox = Sandbox()
    account = sandbox.add_account(balance=4_200, refreshed=())
    with serve(sandbox) as server:
        refresh = (
            "--base-url",
            server.url,
            "accounts",
            "refresh",
            account,
            "--feature",
            "balance",
            "--wait",
        )
        shown, status = in_terminal(
            *refresh, "--poll", "0.2", STRIPE_API_KEY=sandbox.api_key
        )
    assert 0 == status
    assert "balance pending" in plain(shown)
    assert "$42.00" in plain(shown)


def test_a_terminal_shows_how_an_export_goes(demo, tmp_path):
    account = demo.accounts()[0]["id"]
    export = (
        "--base-url",
        demo.url,
        "transactions",
        "export",
        "--account",
        account,
        "--to",
        "out.csv",
    )
    shown, status = in_terminal(
        *export,
        command=[sys.executable, "-c", IN.format(folder=str(tmp_path))],
        **demo.env,
    )
    assert 0 == status
    assert "transactions 1,2" in plain(shown)
    assert "transactions are in out.csv." in plain(shown)


IN = "import os, sys; os.chdir({folder!r}); from financial_connections.cli import main; sys.exit(main())"


def test_a_client_secret_needs_a_word_to_be_on_a_screen(demo):
    create = (
        "--base-url",
        demo.url,
        "sessions",
        "create",
        "--customer",
        demo.customer,
        "--permission",
        "balances",
    )
    hidden, _ = in_terminal(*create, **demo.env)
    shown, _ = in_terminal(*create, "--show-client-secret", **demo.env)
    assert ("_secret_" in hidden, "_secret_" in shown) == (False, True)


def test_a_hostile_bank_does_not_steer_a_terminal():
    sandbox = Sandbox()
    customer = sandbox.add_customer()
    evil = "\x1b]0;owned\x07[red]Evil\x1b[2J"
    with serve(sandbox) as server:
        env = {"STRIPE_API_KEY": sandbox.api_key}
        [session] = lines_of(
            fincon(
                "--base-url",
                server.url,
                "sessions",
                "create",
                "--customer",
                customer,
                "--permission",
                "balances",
                **env,
            )
        )
        sandbox.complete(session["id"], [NewAccount(institution_name=evil, balance=1)])
        shown, status = in_terminal(
            "--base-url", server.url, "accounts", "list", columns=120, **env
        )
    assert 0 == status
    assert "\x1b]0" not in shown
    assert "\x1b[2J" not in shown
    assert "�]0;owned�[red]Evil�[2J" in shown


def test_a_terminal_that_knows_no_unicode_is_no_reason_to_fail():
    shown, status = in_terminal(
        "--sandbox", "accounts", "list", "--chart", PYTHONIOENCODING="ascii", LANG="C"
    )
    assert 0 == status
    assert "Example Bank" in shown


def test_colours_can_be_switched_off():
    coloured, _ = in_terminal("--sandbox", "accounts", "list")
    colourless, _ = in_terminal("--sandbox", "accounts", "list", NO_COLOR="1")
    assert "\x1b[32m" in coloured
    assert "\x1b[3" not in colourless
    assert plain(coloured) == plain(colourless)


def test_json_is_json_on_a_terminal_too():
    shown, status = in_terminal("--sandbox", "accounts", "list", "--json")
    assert 0 == status
    assert fincon("--sandbox", "accounts", "list").stdout == shown


def test_nothing_reads_a_terminal_that_is_not_there():
    done = subprocess.run(
        [*COMMAND, "version"],
        env=environment(),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        check=True,
    )
    assert os.linesep.encode() in done.stdout
