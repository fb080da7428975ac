"""`fincon config`, `--profile` and the precedence of settings."""

import io
import json
import os
import sys

import pytest

from financial_connections.cli import main
from financial_connections.sandbox import Fault
from tests.support.cli_process import fincon, json_lines


@pytest.fixture
def profiles(config_folder):
    """The file with the profiles."""
    return config_folder / "fincon" / "profiles.ini"


@pytest.fixture
def config(capsys):
    """A function that runs `fincon config` and returns status, stdout and stderr."""

    def config(*args):
        return main(["config", *map(str, args)]), *capsys.readouterr()

    return config


def store_key(key, *options):
    assert (
        0 == fincon("config", "set", "api_key", *options, stdin=f"{key}\n").returncode
    )


def test_a_profile_provides_the_key_and_the_url(demo, config):
    store_key(demo.key, "--profile", "local")
    assert (0, "", "") == config("set", "base_url", demo.url, "--profile", "local")
    assert 6 == len(
        fincon("--profile", "local", "accounts", "list").stdout.splitlines()
    )
    from_environment = fincon("accounts", "list", FINCON_PROFILE="local")
    assert 6 == len(json_lines(from_environment))
    assert 2 == fincon("accounts", "list").returncode
    unknown = fincon("accounts", "list", "--profile", "lokal")
    assert (2, True) == (unknown.returncode, "no profile lokal" in unknown.stderr)


@pytest.mark.skipif(os.name == "nt", reason="Windows has no file modes")
def test_only_the_owner_can_read_the_file(config, profiles):
    config("set", "stripe_account", "acct_1")
    assert 0o600 == profiles.stat().st_mode & 0o777
    assert 0o700 == profiles.parent.stat().st_mode & 0o777
    profiles.chmod(0o640)
    for command in (["list"], ["set", "stripe_account", "acct_2"]):
        status, _, err = config(*command)
        assert (2, True) == (status, f"chmod 600 {profiles}" in err)
    assert "acct_1" in profiles.read_text()


def test_a_key_is_never_an_argument_and_never_shown(config, profiles):
    status, out, err = config("set", "api_key", "sk_live_SECRET")
    assert (2, "") == (status, out)
    assert "SECRET" not in err
    assert not profiles.exists()
    store_key("sk_test_SECRET")
    assert "sk_test_SECRET" in profiles.read_text()
    status, out, err = config("list")
    assert (0, {"profile": "default", "api_key": "sk_test_***"}) == (
        status,
        json.loads(out),
    )
    profiles.write_text("[default\napi_key = sk_test_SECRET\n")
    status, out, err = config("list", "--debug")
    assert (2, True) == (status, "is not a valid file of profiles" in err)
    assert "SECRET" not in out + err


def test_a_key_is_entered_without_an_echo(config, profiles, monkeypatch):
    class Terminal(io.StringIO):
        def isatty(self):
            return True

    monkeypatch.setattr(sys, "stdin", Terminal())
    prompts = []

    def getpass(prompt):
        prompts.append(prompt)
        return "sk_test_SECRET"

    monkeypatch.setattr("financial_connections.cli.config.getpass", getpass)
    assert (0, "", "") == config("set", "api_key")
    assert ["API key: "] == prompts
    assert "api_key = sk_test_SECRET\n" in profiles.read_text()


def test_options_precede_the_environment_and_the_environment_the_profile(
    run, sandbox, monkeypatch
):
    store_key("sk_test_wrong", "--profile", "wrong")
    monkeypatch.setenv("FINCON_PROFILE", "wrong")
    assert 0 == run("accounts", "list")[0]  # the key in STRIPE_API_KEY
    assert 3 == run("accounts", "list", "--profile", "wrong")[0]
    monkeypatch.delenv("STRIPE_API_KEY")
    assert 3 == run("accounts", "list")[0]
    monkeypatch.setenv("STRIPE_API_KEY", "sk_test_other")
    store_key(sandbox.api_key, "--profile", "right")
    assert 3 == run("accounts", "list")[0]
    assert 0 == run("accounts", "list", "--profile", "right")[0]


def test_a_url_in_a_profile_gets_no_live_key(run, sandbox, config, monkeypatch, capsys):
    sandbox.inject(Fault("server_error", times=None))
    config("set", "base_url", "http://127.0.0.1:9")
    monkeypatch.setenv("STRIPE_API_KEY", "sk_live_1")
    assert 2 == main(["accounts", "list"])
    assert "base_url of a profile works only with test keys" in capsys.readouterr().err


def test_a_profile_sets_the_format_and_the_connected_account(run, sandbox, config):
    sandbox.add_account()
    config("set", "output", "csv")
    assert run("accounts", "list")[1].startswith("id,")
    assert run("accounts", "list", "--json")[1].startswith("{")
    config("set", "stripe_account", sandbox.add_connected_account())
    assert (0, "", "") == run("accounts", "list", "-o", "jsonl")
    assert 6 == len(
        fincon("--sandbox", "accounts", "list", "--json").stdout.splitlines()
    )
    config("unset", "stripe_account")
    assert "" != run("accounts", "list", "-o", "jsonl")[1]


@pytest.mark.parametrize(
    ("args", "words"),
    [
        ("set output xml", "output must be one of table, json, jsonl, csv"),
        ("set base_url 127.0.0.1", "base_url must begin with"),
        ("set stripe_account a\nb", "must be one line"),
        ("set stripe_account", "stripe_account needs a value"),
        ("set colour red", "is not one of"),
        ("set output csv --profile ../x", "the name of a profile"),
        ("set output csv --profile []", "the name of a profile"),
    ],
)
def test_an_invalid_setting_is_rejected(config, profiles, args, words):
    status, out, err = config(*args.split(" "))
    assert (2, "", True) == (status, out, words in err), err
    assert not profiles.exists()


def test_the_path_is_printed(config, profiles):
    assert (0, f"{profiles}\n", "") == config("path")


def test_the_folder_is_that_of_the_platform(monkeypatch, tmp_path, config):
    monkeypatch.delenv("XDG_CONFIG_HOME")
    monkeypatch.setenv("HOME", str(tmp_path))
    if sys.platform != "win32":
        assert f"{tmp_path}/.config/fincon/profiles.ini\n" == config("path")[1]


@pytest.mark.parametrize(
    ("target", "error"),
    [("pathlib.Path.home", RuntimeError), ("pathlib.Path.open", PermissionError)],
)
def test_a_user_without_a_home_directory_needs_no_profile(
    run, monkeypatch, target, error
):
    monkeypatch.delenv("XDG_CONFIG_HOME")
    monkeypatch.delenv("APPDATA")

    def fail(*_, **__):
        raise error

    monkeypatch.setattr(target, fail)
    assert 0 == run("accounts", "list")[0]
