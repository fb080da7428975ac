"""Errors reported by commands: exit statuses, advice, secrets and --debug."""

import re

import pytest

from financial_connections.sandbox import Fault


@pytest.mark.parametrize(
    ("fault", "expected"),
    [
        ("server_error", 4),
        ("bad_gateway", 4),
        ("rate_limited", 4),
        ("truncated_json", 4),
        ("reset", 5),
    ],
)
def test_an_error_response_sets_the_exit_status(run, sandbox, fault, expected):
    sandbox.inject(Fault(fault, times=None))
    status, out, err = run("accounts", "list", "--max-retries", "0")
    assert (expected, "", 1) == (status, out, len(err.splitlines())), err


def test_a_key_without_permission_exits_with_status_3(run, sandbox, monkeypatch):
    account = sandbox.add_account()
    monkeypatch.setenv("STRIPE_API_KEY", sandbox.add_key(read_only=True))
    assert 3 == run("accounts", "refresh", account, "--feature", "balance")[0]


def test_an_unknown_id_is_reported_with_the_request_id(run):
    status, _, err = run("accounts", "retrieve", "fca_nowhere")
    assert 4 == status
    assert re.search(r"code resource_missing, .*request req_\w+\); check the ID", err)


def test_a_bug_is_reported_in_one_line_without_debug(run, monkeypatch):
    def fail(*_, **__):
        raise ZeroDivisionError("/".join("rent"))

    monkeypatch.setattr("financial_connections.AsyncClient", fail)
    message = "fincon: unexpected ZeroDivisionError; use --debug for a traceback\n"
    assert (1, "", message) == run("accounts", "list")
    _, _, err = run("accounts", "list", "--debug")
    assert "in fail" in err
    assert "r/e/n/t" not in err


def test_debug_logs_attempts_without_the_key(run, sandbox):
    _, _, err = run("--debug", "accounts", "retrieve", "fca_nowhere")
    assert "GET /v1/financial_connections/accounts/fca_nowhere -> 404" in err
    assert "NotFoundError" in err
    assert sandbox.api_key not in err


def test_versions_are_shown(rows):
    [versions] = rows("version")
    assert {"version", "api_version"} == set(versions)
    assert [versions] == rows("--version")


@pytest.mark.parametrize(
    "key",
    [
        "sk_live_SECRET123",
        "rk_test_SECRET123",
        "sk_org_live_SECRET123",
        "rk_org_SECRET123",
    ],
)
def test_a_key_in_the_wrong_place_is_redacted(run, tmp_path, key):
    for args in (
        [key],
        [f"--{key}"],
        ["accounts", "list", "--api-key-file", key],
        ["accounts", "list", "--api-key-file", tmp_path / key],
        ["accounts", "list", "--limit", key],
        ["accounts", "retrieve", key, "--debug"],
    ):
        status, out, err = run(*args)
        assert status in {1, 2, 4}
        assert "SECRET" not in out + err
        assert "k_" in err or "'--limit'" in err
