"""Commands in a pipe: JSON Lines out, refusals in one line."""

import json
import re
import time
from typing import get_args

import pytest
import typer

from financial_connections import params
from financial_connections.cli import choices, main
from financial_connections.cli.app import app
from financial_connections.cli.settings import Settings
from financial_connections.sandbox import SCENARIOS, Fault
from financial_connections.webhooks import sign
from tests.support.cli_process import fincon, lines_of


def rows(ran):
    status, out, err = ran
    assert 0 == status, err
    assert "" == err
    return [json.loads(line) for line in out.splitlines()]


def test_a_list_is_all_that_the_server_sent_one_object_a_line(run, sandbox):
    ids = [sandbox.add_account(balance=1) for _ in range(3)]
    sandbox.behave_oddly("next_refresh_absent", "account_is_linked_account")
    accounts = rows(run("accounts", "list"))
    assert ids[::-1] == [account["id"] for account in accounts]
    assert {"linked_account"} == {account["object"] for account in accounts}


def test_every_page_of_a_list_is_read(run, sandbox):
    account = sandbox.add_account(transactions=230)
    assert 230 == len(rows(run("transactions", "list", "--account", account)))
    assert 7 == len(
        rows(run("transactions", "list", "--account", account, "--limit", "7"))
    )
    assert 230 == len(
        rows(run("transactions", "list", "--account", account, "--limit", "0"))
    )


def test_lists_go_on_after_and_before_an_item(run, sandbox):
    account = sandbox.add_account(transactions=5)
    ids = [row["id"] for row in rows(run("transactions", "list", "--account", account))]
    older = rows(
        run("transactions", "list", "--account", account, "--starting-after", ids[2])
    )
    newer = rows(
        run("transactions", "list", "--account", account, "--ending-before", ids[2])
    )
    assert ids[3:] == [row["id"] for row in older]
    assert ids[1::-1] == [row["id"] for row in newer]


def test_accounts_can_be_filtered_by_holder_and_by_session(run, sandbox):
    customer = sandbox.add_customer()
    mine = sandbox.add_account(customer=customer)
    sandbox.add_account()
    session = rows(
        run("sessions", "create", "--customer", customer, "--permission", "balances")
    )[0]["id"]
    [linked] = sandbox.complete(session)
    assert [linked, mine] == [
        row["id"] for row in rows(run("accounts", "list", "--customer", customer))
    ]
    assert [linked] == [
        row["id"] for row in rows(run("accounts", "list", "--session", session))
    ]


def test_transactions_can_be_filtered_by_time_and_by_refresh(run, sandbox):
    account = sandbox.add_account(transactions=10)
    listing = ["transactions", "list", "--account", account]
    everything = rows(run(*listing))
    moments = [row["transacted_at"] for row in everything]
    chosen = rows(run(*listing, "--since", moments[6], "--until", moments[3]))
    assert everything[3:7] == chosen
    refresh = everything[0]["transaction_refresh"]
    [new] = sandbox.add_transactions(account, 1)
    assert [new] == [
        row["id"] for row in rows(run(*listing, "--after-refresh", refresh))
    ]


def test_a_chart_is_months_in_a_pipe(run, sandbox):
    account = sandbox.add_account(transactions=50, currency="jpy")
    months = rows(run("transactions", "list", "--account", account, "--chart"))
    assert 50 == sum(month["transactions"] for month in months)
    assert {"jpy"} == {month["currency"] for month in months}
    assert sorted((month["month"] for month in months), reverse=True) == [
        month["month"] for month in months
    ]


def test_one_object_is_one_line(run, sandbox):
    account = sandbox.add_account(transactions=1)
    [transaction] = rows(run("transactions", "list", "--account", account))
    assert [transaction] == rows(run("transactions", "retrieve", transaction["id"]))
    assert account == rows(run("accounts", "retrieve", account))[0]["id"]


def test_expanding_gives_objects(run, sandbox):
    account = sandbox.add_account(owners=1)
    [row] = rows(
        run(
            "accounts",
            "retrieve",
            account,
            "--expand",
            "ownership",
            "--expand",
            "account_holder.customer",
        )
    )
    assert row["ownership"]["owners"]["data"][0]["name"]
    assert "customer" == row["account_holder"]["customer"]["object"]


def test_owners_are_those_of_the_latest_snapshot_or_of_the_one_that_is_named(
    run, sandbox
):
    account = sandbox.add_account(owners=2)
    owners = rows(run("accounts", "owners", account))
    assert 2 == len(owners)
    assert owners == rows(
        run("accounts", "owners", account, "--ownership", owners[0]["ownership"])
    )


def test_without_owners_there_is_a_hint(run, sandbox):
    status, _, err = run("accounts", "owners", sandbox.add_account())
    assert 2 == status
    assert "--feature ownership --wait" in err


def test_a_refresh_starts_or_is_waited_for(run, sandbox):
    account = sandbox.add_account(balance=1, refreshed=())
    [started] = rows(run("accounts", "refresh", account, "--feature", "balance"))
    assert "pending" == started["balance_refresh"]["status"]
    [done] = rows(
        run(
            "accounts",
            "refresh",
            account,
            "--feature",
            "balance",
            "--wait",
            "--poll",
            "0.01",
        )
    )
    assert {"usd": 1} == done["balance"]["current"]


def test_a_refresh_that_fails_is_an_error_of_the_api(run, sandbox):
    account = sandbox.add_account()
    sandbox.fail_refreshes(account)
    status, _, err = run(
        "accounts",
        "refresh",
        account,
        "--feature",
        "balance",
        "--wait",
        "--poll",
        "0.01",
    )
    assert (4, "fincon: the refresh of balance failed\n") == (status, err)


def test_a_subscription_begins_and_ends(run, sandbox):
    account = sandbox.add_account()
    [begun] = rows(run("accounts", "subscribe", account, "--feature", "transactions"))
    [ended] = rows(run("accounts", "unsubscribe", account, "--feature", "transactions"))
    assert (["transactions"], []) == (begun["subscriptions"], ended["subscriptions"])


def test_a_session_takes_all_that_the_api_takes(run, sandbox):
    customer = sandbox.add_customer()
    [session] = rows(
        run(
            *(
                "sessions",
                "create",
                "--customer",
                customer,
                "--permission",
                "balances",
                "--permission",
                "ownership",
            ),
            *(
                "--prefetch",
                "balances",
                "--country",
                "US",
                "--return-url",
                "https://example.com/back",
            ),
            *("--expand", "account_holder.customer"),
        )
    )
    assert ["balances", "ownership"] == session["permissions"]
    assert ["balances"] == session["prefetch"]
    assert {"countries": ["US"]} == session["filters"]
    assert "https://example.com/back" == session["return_url"]
    assert customer == session["account_holder"]["customer"]["id"]
    assert "_secret_" in session["client_secret"]
    [again] = rows(run("sessions", "retrieve", session["id"]))
    assert session["client_secret"] == again["client_secret"]


def test_a_session_is_for_a_connected_account_too(run, sandbox):
    holder = sandbox.add_connected_account()
    [session] = rows(
        run(
            "sessions", "create", "--holder-account", holder, "--permission", "balances"
        )
    )
    assert {"account": holder, "type": "account"} == session["account_holder"]


def test_the_options_of_every_command_may_stand_before_and_behind(run, sandbox):
    sandbox.add_account()
    status, out, _ = run(
        "--timeout", "5", "accounts", "list", "--json", "--max-retries", "0"
    )
    assert (0, 1) == (status, len(out.splitlines()))
    connected = sandbox.add_connected_account()
    assert [] == rows(run("--stripe-account", connected, "accounts", "list"))
    assert [] == rows(run("accounts", "list", "--stripe-account", connected))


def test_what_stands_behind_a_command_outdoes_what_stands_before(run):
    status, _, err = run(
        "accounts", "list", "--base-url", "http://127.0.0.1:9", "--max-retries", "0"
    )
    assert 5 == status, err


def test_disconnecting_needs_a_yes_where_nobody_can_be_asked(run, sandbox):
    account = sandbox.add_account()
    status, _, err = run("accounts", "disconnect", account)
    assert (2, 1) == (status, len(err.splitlines()))
    assert "--yes" in err
    assert "active" == rows(run("accounts", "retrieve", account))[0]["status"]
    assert (
        "disconnected"
        == rows(run("accounts", "disconnect", account, "--yes"))[0]["status"]
    )


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
        ["accounts", "list", "--sandbox"],
        ["accounts", "list", "--limit", "-1"],
        ["accounts", "retrieve", ".."],
        ["sessions", "create", "--permission", "balances"],
        ["sessions", "create", "--customer", "cus_1"],
        ["sessions", "create", "--customer", "cus_1", "--permission", "balance"],
        ["transactions", "list"],
        ["transactions", "list", "--account", "fca_1", "--since", "yesterday"],
        ["transactions", "export", "--account", "fca_1", "--to", "here.xlsx"],
        ["transactions", "export", "--account", "fca_1", "--to", "nowhere/to.csv"],
        ["transactions", "sync", "--account", "fca_1", "--state", "nowhere/state"],
        ["webhooks", "verify", "--signature", "t=1,v1=1"],
        ["--api-key", "sk_test_1", "accounts", "list"],
    ],
)
def test_a_mistake_of_usage_is_one_line_and_status_2_and_nothing_is_sent(
    run, sandbox, args
):
    sandbox.inject(Fault("server_error", times=None))
    status, out, err = run(*args)
    assert (2, "", 1) == (status, out, len(err.splitlines())), err
    assert err.startswith("fincon: ")


@pytest.mark.parametrize(
    "option",
    ["--api-key-file", "--base-url", "--stripe-account", "--timeout", "--max-retries"],
)
@pytest.mark.parametrize("behind", [False, True])
def test_nothing_that_is_empty_is_taken_of_the_options_of_every_command(
    run, option, behind
):
    status, _, err = (
        run("version", option, "") if behind else run(option, "", "version")
    )
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
def test_a_number_is_finite(run, command, number):
    status, _, err = run(*command.split(), number)
    assert 2 == status
    assert f"'{command.split()[-1]}': it must be a finite number" in err


def test_what_is_no_number_is_told_in_words(run):
    assert "'x' is not a whole number" in run("accounts", "list", "--limit", "x")[2]
    assert "'x' is not a number" in run("accounts", "list", "--timeout", "x")[2]


@pytest.mark.parametrize(
    "key",
    [
        "sk_live_SECRET123",
        "rk_test_SECRET123",
        "sk_org_live_SECRET123",
        "rk_org_SECRET123",
    ],
)
def test_a_key_that_stands_where_none_belongs_is_masked(run, tmp_path, key):
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
        assert "k_" in err


def test_a_server_is_the_same_with_a_slash():
    assert (
        Settings(base_url="http://127.0.0.1:1").server
        == Settings(base_url="http://127.0.0.1:1/").server
    )


def test_without_a_key_there_is_a_hint(monkeypatch, capsys):
    monkeypatch.delenv("STRIPE_API_KEY", raising=False)
    assert 2 == main(["accounts", "list"])
    assert "STRIPE_API_KEY" in capsys.readouterr().err


def test_the_key_can_be_in_a_file(run, sandbox, monkeypatch, tmp_path):
    monkeypatch.delenv("STRIPE_API_KEY")
    key = tmp_path / "key"
    key.write_text(f"{sandbox.api_key}\n")
    assert [] == rows(run("accounts", "list", "--api-key-file", key))
    key.write_bytes(b"\xef\xbb\xbf" + sandbox.api_key.encode())
    assert [] == rows(run("accounts", "list", "--api-key-file", key))
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
    ("fault", "status"),
    [
        ("server_error", 4),
        ("bad_gateway", 4),
        ("rate_limited", 4),
        ("truncated_json", 4),
        ("reset", 5),
    ],
)
def test_a_refusal_has_its_status(run, sandbox, fault, status):
    sandbox.inject(Fault(fault, times=None))
    ended, out, err = run("accounts", "list", "--max-retries", "0")
    assert (status, "", 1) == (ended, out, len(err.splitlines())), err


def test_a_key_that_may_not_is_status_3(run, sandbox, monkeypatch):
    account = sandbox.add_account()
    monkeypatch.setenv("STRIPE_API_KEY", sandbox.add_key(read_only=True))
    assert 3 == run("accounts", "refresh", account, "--feature", "balance")[0]


def test_an_unknown_id_is_told_with_its_request(run):
    status, _, err = run("accounts", "retrieve", "fca_nowhere")
    assert 4 == status
    assert re.search(r"code resource_missing, .*request req_\w+\); check the id", err)


def test_a_bug_is_one_line_with_a_hint_and_its_places_only_with_debug(run, monkeypatch):
    def fail(*_, **__):
        raise ZeroDivisionError("/".join("rent"))

    monkeypatch.setattr("financial_connections.AsyncClient", fail)
    assert (
        1,
        "",
        "fincon: unexpected ZeroDivisionError; --debug shows where\n",
    ) == run("accounts", "list")
    _, _, err = run("accounts", "list", "--debug")
    assert "in fail" in err
    assert "r/e/n/t" not in err


def test_debug_shows_attempts_and_no_key(run, sandbox):
    _, _, err = run("--debug", "accounts", "retrieve", "fca_nowhere")
    assert "GET /v1/financial_connections/accounts/fca_nowhere -> 404" in err
    assert "NotFoundError" in err
    assert sandbox.api_key not in err


def test_versions_are_told(run):
    [versions] = rows(run("version"))
    assert {"version", "api_version"} == set(versions)
    assert [versions] == rows(run("--version"))


EVENT = b'{"id":"evt_1","type":"financial_connections.account.created","data":{"object":{"id":"fca_1"}},"new":[1]}'


def test_a_webhook_that_verifies_is_shown(tmp_path, capsys):
    body, secret = tmp_path / "body.json", tmp_path / "secret"
    body.write_bytes(EVENT)
    secret.write_text("whsec_1\n")
    verify = [
        "webhooks",
        "verify",
        "--secret-file",
        str(secret),
        str(body),
        "--signature",
    ]
    assert 0 == main([*verify, sign(EVENT, "whsec_1")])
    assert json.loads(EVENT) == json.loads(capsys.readouterr().out)
    assert 3 == main([*verify, sign(EVENT, "whsec_2")])
    assert 3 == main([*verify, sign(EVENT, "whsec_1", int(time.time()) - 3_600)])
    assert 0 == main(
        [*verify, sign(EVENT, "whsec_1", int(time.time()) - 3_600), "--any-age"]
    )
    assert 2 == main(
        [
            *verify[:-2],
            str(tmp_path / "secret"),
            "--signature",
            sign(secret.read_bytes(), "whsec_1"),
        ]
    )
    assert "whsec_" not in "".join(capsys.readouterr())


def test_a_webhook_can_come_from_stdin():
    signature = sign(EVENT, "whsec_1")
    done = fincon(
        "webhooks",
        "verify",
        "--signature",
        signature,
        stdin=EVENT.decode(),
        STRIPE_WEBHOOK_SECRET="whsec_1",
    )
    assert [json.loads(EVENT)] == lines_of(done)


def test_a_sync_gives_what_has_changed_and_keeps_its_place(run, sandbox, tmp_path):
    account, state = sandbox.add_account(transactions=120), tmp_path / "state"
    sync = ["transactions", "sync", "--account", account, "--state", state]
    assert 120 == len(rows(run(*sync)))
    assert [] == rows(run(*sync))
    new = sandbox.add_transactions(account, 2)
    assert set(new) == {row["id"] for row in rows(run(*sync))}
    assert {"account", "cursor"} == set(json.loads(state.read_bytes()))


def test_a_sync_that_breaks_goes_on_where_it_was(run, sandbox, tmp_path):
    account, state = sandbox.add_account(transactions=250), tmp_path / "state"
    sync = [
        "transactions",
        "sync",
        "--account",
        account,
        "--state",
        state,
        "--max-retries",
        "0",
    ]
    sandbox.inject(Fault("latency", operation="list_transactions", times=1))
    sandbox.inject(Fault("server_error", operation="list_transactions", times=1))
    status, out, _ = run(*sync)
    assert (4, 100) == (status, len(out.splitlines()))
    seen = [json.loads(line)["id"] for line in out.splitlines()]
    assert 250 == len({*seen, *(row["id"] for row in rows(run(*sync)))})


@pytest.mark.parametrize("content", [b"", b"{}", b"\xff", b'{"cursor": "fcs1.broken"}'])
def test_a_state_that_is_none_is_refused(run, sandbox, tmp_path, content):
    state = tmp_path / "state"
    state.write_bytes(content)
    assert (
        2
        == run(
            "transactions", "sync", "--account", sandbox.add_account(), "--state", state
        )[0]
    )
    assert content == state.read_bytes()


@pytest.mark.parametrize(
    ("enum", "literal"),
    [
        (choices.Feature, params.RefreshFeature),
        (choices.Subscribable, params.SubscriptionFeature),
        (choices.Permission, params.SessionPermission),
        (choices.Prefetch, params.SessionPrefetch),
        (choices.AccountExpand, params.AccountExpand),
        (choices.SessionExpand, params.SessionExpand),
    ],
)
def test_choices_are_those_of_the_api(enum, literal):
    assert set(get_args(literal)) == {str(member) for member in enum}


def test_scenes_are_the_scenarios_of_the_sandbox():
    assert set(SCENARIOS) == {str(scene) for scene in choices.Scene}


def commands(command, path=()):
    for name, inner in getattr(command, "commands", {}).items():
        yield (*path, name), inner
        yield from commands(inner, (*path, name))


ALL_COMMANDS = list(commands(typer.main.get_command(app)))


def test_the_commands_are_those_that_are_documented():
    leaves = {
        " ".join(path)
        for path, command in ALL_COMMANDS
        if not hasattr(command, "commands")
    }
    accounts = {
        "list",
        "retrieve",
        "refresh",
        "disconnect",
        "subscribe",
        "unsubscribe",
        "owners",
    }
    transactions = {"list", "retrieve", "sync", "export"}
    assert leaves == {
        *(f"accounts {name}" for name in accounts),
        *(f"transactions {name}" for name in transactions),
        "sessions create",
        "sessions retrieve",
        "webhooks verify",
        "sandbox",
        "version",
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


def test_the_options_of_the_sandbox_say_what_they_take(capsys):
    main(["sandbox", "--help"])
    assert not re.search("<(str|int)>", capsys.readouterr().out)


@pytest.mark.parametrize(
    "path", [path for path, command in ALL_COMMANDS if not hasattr(command, "commands")]
)
def test_the_examples_of_a_command_are_of_that_command(path):
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
def test_nothing_that_is_empty_is_taken(run, path, name):
    """An unset variable must not turn one customer's accounts into everybody's."""
    needs = [
        parameter for parameter in dict(ALL_COMMANDS)[path].params if parameter.required
    ]
    given = {
        parameter.opts[0]: "transactions"
        if "feature" in parameter.opts[0]
        else "balances"
        for parameter in needs
    }
    given[name] = ""
    args = [
        [option, value] if option.startswith("-") else [value]
        for option, value in given.items()
    ]
    status, out, err = run(*path, *(word for words in args for word in words))
    assert (2, "") == (status, out)
    assert name.removeprefix("payload").strip("-").upper() in err.upper()
