"""The command on a terminal."""

import io
import re
import sys

from financial_connections.cli.money import amount
from financial_connections.sandbox import NewAccount, Sandbox, serve
from tests.support.cli_process import (
    fincon,
    json_lines,
    run_in_terminal,
    strip_escapes,
)


def test_disconnecting_asks_for_confirmation():
    sandbox = Sandbox()
    account = sandbox.add_account()
    with serve(sandbox) as server:
        disconnect = ("--base-url", server.url, "accounts", "disconnect", account)
        env = {"STRIPE_API_KEY": sandbox.api_key}
        output, status = run_in_terminal(*disconnect, keys="n\n", **env)
        assert 2 == status
        assert f"Permanently end access to {account}? [y/N]" in output
        assert "fincon: cancelled; nothing was changed" in strip_escapes(output)
        output, status = run_in_terminal(*disconnect, keys="\x04", **env)
        assert (130, True) == (status, "fincon: interrupted" in strip_escapes(output))
        output, status = run_in_terminal(*disconnect, keys="y\n", **env)
        assert (0, True) == (status, "disconnected" in output)


def test_waiting_for_a_refresh_shows_its_status():
    sandbox = Sandbox()
    account = sandbox.add_account(balance=4_200, refreshed=())
    with serve(sandbox) as server:
        output, status = run_in_terminal(
            *("--base-url", server.url, "accounts", "refresh", account),
            *("--feature", "balance", "--wait", "--poll", "0.2"),
            STRIPE_API_KEY=sandbox.api_key,
        )
    assert 0 == status
    assert "balance pending" in strip_escapes(output)
    assert "$42.00" in strip_escapes(output)


def test_an_export_shows_its_progress(demo, tmp_path):
    account = demo.accounts()[0]["id"]
    # `run_in_terminal` cannot change the directory, so the program does. A short file
    # name is needed because the output must fit on one line.
    program = (
        f"import os, sys; os.chdir({str(tmp_path)!r});"
        "from financial_connections.cli import main; sys.exit(main())"
    )
    output, status = run_in_terminal(
        *("--base-url", demo.url, "transactions", "export"),
        *("--account", account, "--to", "out.csv"),
        command=[sys.executable, "-c", program],
        **demo.env,
    )
    assert 0 == status
    assert "transactions 1,2" in strip_escapes(output)
    assert " transactions to out.csv." in strip_escapes(output)


def test_a_client_secret_is_shown_only_on_request(demo):
    create = (
        *("--base-url", demo.url, "sessions", "create"),
        *("--customer", demo.customer, "--permission", "balances"),
    )
    default, _ = run_in_terminal(*create, **demo.env)
    requested, _ = run_in_terminal(*create, "--show-client-secret", **demo.env)
    assert "_secret_" not in default
    assert "_secret_" in requested


def test_a_hostile_institution_cannot_control_the_terminal():
    sandbox = Sandbox()
    customer = sandbox.add_customer()
    name = "\x1b]0;owned\x07[red]Evil\x1b[2J"
    with serve(sandbox) as server:
        env = {"STRIPE_API_KEY": sandbox.api_key}
        create = (
            *("--base-url", server.url, "sessions", "create"),
            *("--customer", customer, "--permission", "balances"),
        )
        [session] = json_lines(fincon(*create, **env))
        sandbox.complete(session["id"], [NewAccount(institution_name=name, balance=1)])
        output, status = run_in_terminal(
            "--base-url", server.url, "accounts", "list", columns=120, **env
        )
    assert 0 == status
    assert "\x1b]0" not in output
    assert "\x1b[2J" not in output
    assert "�]0;owned�[red]Evil�[2J" in output


def test_a_terminal_without_unicode_is_supported():
    output, status = run_in_terminal(
        "--sandbox", "accounts", "list", "--chart", PYTHONIOENCODING="ascii", LANG="C"
    )
    assert 0 == status
    assert re.search(
        r"Example Bank +\|\*1915 \|### .*\$3,123.45", strip_escapes(output)
    )
    assert "?" not in output


def test_a_currency_without_a_symbol_in_the_encoding_is_shown_by_its_code(monkeypatch):
    ascii_stream = io.TextIOWrapper(io.BytesIO(), encoding="ascii")
    monkeypatch.setattr(sys, "stdout", ascii_stream)
    assert ("EUR 2.00", "$2.00") == (amount(200, "eur"), amount(200, "usd"))


def test_colours_can_be_turned_off():
    coloured, _ = run_in_terminal("--sandbox", "accounts", "list")
    colourless, _ = run_in_terminal("--sandbox", "accounts", "list", NO_COLOR="1")
    assert "\x1b[32m" in coloured
    assert "\x1b[3" not in colourless
    assert strip_escapes(coloured) == strip_escapes(colourless)


def test_json_on_a_terminal_matches_the_output_in_a_pipe():
    output, status = run_in_terminal("--sandbox", "accounts", "list", "--json")
    assert 0 == status
    assert fincon("--sandbox", "accounts", "list").stdout == output
