"""Shared options, and the values that options accept or reject."""

import re
from typing import get_args

import pytest
import typer

from financial_connections import params
from financial_connections.cli import choices, main
from financial_connections.cli.app import app
from financial_connections.cli.settings import Settings
from financial_connections.cli.wording import reword
from financial_connections.sandbox import SCENARIOS, Fault

CREATE_SESSION = [
    *("sessions", "create"),
    *("--customer-account", "acct_1", "--permission", "balances"),
]


def test_shared_options_may_precede_or_follow_a_command(run, rows, sandbox):
    sandbox.add_account()
    retries = ("--max-retries", "0")
    status, out, _ = run("--timeout", "5", "accounts", "list", "--json", *retries)
    assert (0, 1) == (status, len(out.splitlines()))
    connected = sandbox.add_connected_account()
    assert [] == rows("--stripe-account", connected, "accounts", "list")
    assert [] == rows("accounts", "list", "--stripe-account", connected)


def test_an_option_after_the_command_overrides_one_before_it(run):
    unreachable = ("--base-url", "http://127.0.0.1:9", "--max-retries", "0")
    status, _, err = run("accounts", "list", *unreachable)
    assert 5 == status, err


@pytest.mark.parametrize(
    "args",
    [
        ["accounts"],
        ["accounts", "listing"],
        ["accounts", "retrieve"],
        ["accounts", "refresh", "fca_1"],
        ["accounts", "refresh", "fca_1", "--feature", "balances"],
        ["accounts", "refresh", "fca_1", "--feature", "balance", "--when-available"],
        ["accounts", "list", "--customer", "cus_1", "--holder-account", "acct_1"],
        ["accounts", "list", "--customer", "cus_1", "--customer-account", "acct_1"],
        ["accounts", "list", "--sandbox"],
        ["accounts", "list", "--limit", "-1"],
        ["accounts", "retrieve", ".."],
        ["sessions", "create", "--permission", "balances"],
        ["sessions", "create", "--customer", "cus_1"],
        ["sessions", "create", "--customer", "cus_1", "--permission", "balance"],
        [*CREATE_SESSION, "--holder-account", "acct_1"],
        [*CREATE_SESSION, "--max-accounts", "0"],
        [*CREATE_SESSION, "--manual-entry", "always"],
        [*CREATE_SESSION, "--payment-method-support", "some"],
        [*CREATE_SESSION, "--subcategory", "other"],
        ["transactions", "list"],
        ["transactions", "list", "--account", "fca_1", "--since", "yesterday"],
        ["transactions", "export", "--account", "fca_1", "--to", "here.xlsx"],
        ["transactions", "export", "--account", "fca_1", "--to", "nowhere/to.csv"],
        ["transactions", "sync", "--account", "fca_1", "--state", "nowhere/state"],
        ["webhooks", "verify", "--signature", "t=1,v1=1"],
        ["--api-key", "sk_test_1", "accounts", "list"],
    ],
)
def test_a_usage_error_is_one_line_and_sends_nothing(run, sandbox, args):
    sandbox.inject(Fault("server_error", times=None))
    status, out, err = run(*args)
    assert (2, "", 1) == (status, out, len(err.splitlines())), err
    assert err.startswith("fincon: ")


@pytest.mark.parametrize(
    "option",
    ["--api-key-file", "--base-url", "--stripe-account", "--timeout", "--max-retries"],
)
@pytest.mark.parametrize("after", [False, True])
def test_an_empty_shared_option_is_rejected(run, option, after):
    args = ("version", option, "") if after else (option, "", "version")
    status, _, err = run(*args)
    assert (2, True) == (status, f"'{option}'" in err)


@pytest.mark.parametrize("number", ["nan", "inf"])
@pytest.mark.parametrize(
    "command",
    [
        "accounts refresh fca_1 --feature balance --wait --within",
        "accounts refresh fca_1 --feature balance --wait --poll",
        "accounts list --timeout",
        "webhooks verify --signature x --tolerance",
    ],
)
def test_an_infinite_number_is_rejected(run, command, number):
    status, _, err = run(*command.split(), number)
    assert 2 == status
    assert f"'{command.split()[-1]}': must be a finite number" in err


def test_invalid_values_are_reported_in_plain_words(run):
    for args, words in (
        ("accounts list --limit x", "'--limit': must be a whole number;"),
        ("accounts list --limit -1", "'--limit': must be at least 0;"),
        ("accounts list --timeout x", "'--timeout': must be a number;"),
        ("sandbox --port 99999", "'--port': must be "),
        ("accounts refresh x", "missing option '--feature'; choose from balance, "),
        ("accounts list x y", "unexpected: x y;"),
    ):
        status, _, err = run(*args.split())
        assert (2, True) == (status, words in err), err


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        ("'x' is not a valid integer range.", "must be a whole number"),
        ("'x' is not a valid float.", "must be a number"),
        ("70000 is not in the range 0<=x<=65535.", "must be between 0 and 65535"),
        ("7 is not in the range x<=5.", "must be at most 5"),
        (
            "Input should be a valid integer, unable to parse string as an integer",
            "must be a whole number",
        ),
        (
            "Input should be a valid number, unable to parse string as a number",
            "must be a number",
        ),
        ("Input should be greater than or equal to 0", "must be at least 0"),
        ("Input should be less than or equal to 65535", "must be at most 65535"),
        ("Value error, 'x' is not one of 'a', 'b'", "'x' is not one of 'a', 'b'"),
    ],
)
def test_no_version_of_typer_mentions_a_parser(message, expected):
    message = f"Invalid value for '--option': {message}"
    assert f"invalid value for '--option': {expected}" == reword(message)


def test_a_trailing_slash_does_not_change_the_server():
    url = "http://127.0.0.1:1"
    assert Settings(base_url=url).server == Settings(base_url=f"{url}/").server


def test_the_base_url_can_come_from_the_environment(demo, monkeypatch, capsys):
    monkeypatch.setenv("STRIPE_API_KEY", demo.key)
    monkeypatch.setenv("STRIPE_BASE_URL", demo.url)
    assert 0 == main(["accounts", "list"])
    monkeypatch.setenv("STRIPE_BASE_URL", "http://127.0.0.1:9")
    monkeypatch.setenv("FINCON_BASE_URL", f"{demo.url}/")
    assert 0 == main(["accounts", "list"])
    output = capsys.readouterr().out
    assert 12 == len(output.splitlines())
    assert demo.url == Settings().server
    assert "http://127.0.0.1:1" == Settings(base_url="http://127.0.0.1:1").server


@pytest.mark.parametrize("name", ["FINCON_BASE_URL", "STRIPE_BASE_URL"])
@pytest.mark.parametrize("key", ["sk_live_1", "rk_live_1", "sk_1"])
def test_a_base_url_in_the_environment_gets_no_live_keys(
    demo, monkeypatch, capsys, name, key
):
    monkeypatch.setenv("STRIPE_API_KEY", key)
    monkeypatch.setenv(name, demo.url)
    assert 2 == main(["accounts", "list"])
    error = capsys.readouterr().err
    assert name in error
    assert "test keys" in error
    assert key not in error


def test_the_embedded_sandbox_ignores_a_base_url_in_the_environment(
    monkeypatch, capsys
):
    monkeypatch.setenv("STRIPE_BASE_URL", "http://127.0.0.1:9")
    monkeypatch.setenv("FINCON_BASE_URL", "http://127.0.0.1:9")
    assert 0 == main(["--sandbox", "accounts", "list"])
    assert 6 == len(capsys.readouterr().out.splitlines())


def test_a_missing_key_is_reported_with_advice(monkeypatch, capsys):
    monkeypatch.delenv("STRIPE_API_KEY", raising=False)
    assert 2 == main(["accounts", "list"])
    assert "STRIPE_API_KEY" in capsys.readouterr().err


def test_the_key_can_be_read_from_a_file(run, rows, sandbox, monkeypatch, tmp_path):
    monkeypatch.delenv("STRIPE_API_KEY")
    key = tmp_path / "key"
    key.write_text(f"{sandbox.api_key}\n")
    assert [] == rows("accounts", "list", "--api-key-file", key)
    key.write_bytes(b"\xef\xbb\xbf" + sandbox.api_key.encode())
    assert [] == rows("accounts", "list", "--api-key-file", key)
    for content in (b" \n", b"\xff"):
        key.write_bytes(content)
        assert 2 == run("accounts", "list", "--api-key-file", key)[0]
    assert 1 == run("accounts", "list", "--api-key-file", tmp_path / "nowhere")[0]
    key.write_text("sk_test_wrong")
    status, _, err = run("accounts", "list", "--api-key-file", key)
    assert 3 == status
    assert "check the key in STRIPE_API_KEY or --api-key-file" in err
    assert "sk_test_wrong" not in err


@pytest.mark.parametrize(
    ("enum", "literal"),
    [
        (choices.RefreshFeature, params.RefreshFeature),
        (choices.SubscriptionFeature, params.SubscriptionFeature),
        (choices.SessionPermission, params.SessionPermission),
        (choices.SessionPrefetch, params.SessionPrefetch),
        (choices.SessionAccountSubcategory, params.SessionAccountSubcategory),
        (
            choices.SessionPaymentMethodRequirement,
            params.SessionPaymentMethodRequirement,
        ),
        (choices.SessionManualEntryMode, params.SessionManualEntryMode),
        (choices.AccountExpand, params.AccountExpand),
        (choices.SessionExpand, params.SessionExpand),
    ],
)
def test_choices_match_those_of_the_api(enum, literal):
    assert set(get_args(literal)) == {str(member) for member in enum}


def test_scenario_names_match_those_of_the_sandbox():
    assert set(SCENARIOS) == {str(name) for name in choices.ScenarioName}


def commands(command, path=()):
    for name, inner in getattr(command, "commands", {}).items():
        yield (*path, name), inner
        yield from commands(inner, (*path, name))


ALL_COMMANDS = list(commands(typer.main.get_command(app)))


def test_the_application_has_exactly_these_commands():
    leaves = {
        " ".join(path)
        for path, command in ALL_COMMANDS
        if not hasattr(command, "commands")
    }
    assert leaves == {
        *("accounts list", "accounts retrieve", "accounts refresh"),
        *("accounts disconnect", "accounts subscribe", "accounts unsubscribe"),
        "accounts owners",
        *("transactions list", "transactions retrieve"),
        *("transactions sync", "transactions export"),
        *("events list", "events retrieve"),
        *("fleet init", "fleet add", "fleet feed", "fleet work"),
        *("fleet status", "fleet dead", "fleet revive", "fleet demo"),
        *("sessions create", "sessions retrieve"),
        "webhooks verify",
        *("sandbox advance", "sandbox complete", "sandbox cancel"),
        *("sandbox fault", "sandbox quirk", "sandbox webhook"),
        *("api", "link", "listen", "trigger"),
        *("config set", "config unset", "config list", "config path"),
        *("help", "version"),
    }


@pytest.mark.parametrize(
    "path", [(), *(path for path, _ in ALL_COMMANDS)], ids=" ".join
)
def test_every_command_has_a_help_text(path, capsys):
    assert 0 == main([*path, "--help"])
    out = capsys.readouterr().out
    assert 0 == main([*path, "-h"])
    assert out == capsys.readouterr().out
    assert "fincon" in out
    assert all(line.isprintable() for line in out.splitlines())


@pytest.mark.parametrize(
    "path", [(), *(path for path, _ in ALL_COMMANDS)], ids=" ".join
)
def test_a_help_page_has_no_boilerplate(path, capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    main([*path, "--help"])
    page = capsys.readouterr().out
    assert not re.search(r"<\w+>|\[\[|\{|x>=|\[default|\.0\)|[^\S\n]\n", page), page
    assert (path == ()) == ("--max-retries" in page)
    assert (path == ()) == ("Global options: see fincon --help" not in page)


def test_values_in_a_help_page_are_not_broken_within_words(capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    main(["sandbox", "--help"])
    words = re.split(r"[\s,.]+", capsys.readouterr().out)
    assert {str(name) for name in choices.ScenarioName} <= set(words)


def test_help_shows_the_page_of_a_command(capsys):
    for path in ([], ["accounts"], ["accounts", "list"]):
        main(["help", *path])
        page = capsys.readouterr().out
        main([*path, "--help"])
        assert page.strip() == capsys.readouterr().out.strip()
    assert 2 == main(["help", "accounts", "lend"])
    assert "no such command: accounts lend" in capsys.readouterr().err


@pytest.mark.parametrize(
    "path", [path for path, command in ALL_COMMANDS if not hasattr(command, "commands")]
)
def test_the_examples_of_a_command_use_that_command(path):
    command = dict(ALL_COMMANDS)[path]
    if path != ("version",):
        assert f"fincon {' '.join(path)}" in command.epilog
    assert command.help.strip().endswith(".")


TEXTS = [
    pytest.param(path, parameter.opts[0], id=" ".join([*path, parameter.opts[0]]))
    for path, command in ALL_COMMANDS
    for parameter in getattr(command, "params", ())
    if parameter.opts[0] != "--help" and not getattr(parameter, "is_flag", False)
]
assert len(TEXTS) > 30


@pytest.mark.parametrize(("path", "name"), TEXTS)
def test_an_empty_value_is_rejected(run, path, name):
    """An unset shell variable must not turn one customer's accounts into everyone's."""
    required = [
        parameter.opts[0]
        for parameter in dict(ALL_COMMANDS)[path].params
        if parameter.required
    ]
    examples = {"--feature": "transactions", "method": "GET"}
    values = {option: examples.get(option, "balances") for option in required}
    values[name] = ""
    args = [
        [option, value] if option.startswith("-") else [value]
        for option, value in values.items()
    ]
    status, out, err = run(*path, *(word for words in args for word in words))
    assert (2, "") == (status, out)
    assert name.removeprefix("payload").strip("-").upper() in err.upper()
