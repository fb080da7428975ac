"""The `fincon link` command."""

import json
import webbrowser
from itertools import pairwise

import anyio
import pytest

from financial_connections.cli.failure import NotLinkedError
from financial_connections.cli.link import _completed
from financial_connections.models import Session
from financial_connections.sandbox import NewAccount
from tests.support.cli_process import start_fincon
from tests.support.virtual_time import run_in_virtual_time


@pytest.fixture
def browser(monkeypatch, sandbox):
    """A browser whose user links two accounts at once; a list of the opened URLs."""
    opened = []

    def open_page(url):
        opened.append(url)
        sandbox.complete(
            url.rpartition("/")[2], [NewAccount(), NewAccount(category="credit")]
        )

    monkeypatch.setenv("BROWSER", "a browser")
    monkeypatch.setattr(webbrowser, "open", open_page)
    return opened


def lines(out):
    return [json.loads(line) for line in out.splitlines()]


def test_accounts_are_linked_in_a_browser(run, sandbox, browser):
    customer = sandbox.add_customer()
    status, out, err = run("link", "--customer", customer)
    assert 0 == status, err
    assert set(sandbox.accounts) == {account["id"] for account in lines(out)}
    assert 2 == len(sandbox.accounts)
    [url] = browser
    assert f"Link accounts at {url}\n" in err
    [first, _] = lines(out)
    assert customer == first["account_holder"]["customer"]
    assert ["balances", "ownership", "transactions"] == sorted(first["permissions"])


def test_in_a_sandbox_the_default_is_a_new_customer(run, browser):
    status, out, _ = run("link", "--permission", "balances")
    assert 0 == status
    assert ["balances"] == lines(out)[0]["permissions"]
    assert lines(out)[0]["account_holder"]["customer"].startswith("cus_")


def test_a_bank_account_can_be_entered_by_hand(run, sandbox, monkeypatch):
    monkeypatch.setenv("BROWSER", "a browser")
    monkeypatch.setattr(
        webbrowser,
        "open",
        lambda url: sandbox.enter_bank_account(url.rpartition("/")[2]),
    )
    status, out, err = run(
        "link", "--permission", "payment_method", "--manual-entry", "automatic"
    )
    assert 0 == status, err
    [session] = lines(out)
    assert session["bank_account_token"]["id"].startswith("btok_")


def test_a_cancelled_session_ends_the_wait(run, sandbox, monkeypatch):
    monkeypatch.setenv("BROWSER", "a browser")
    monkeypatch.setattr(
        webbrowser, "open", lambda url: sandbox.cancel(url.rpartition("/")[2])
    )
    status, out, err = run("link")
    assert (4, "") == (status, out)
    assert "fincon: the user cancelled the session fcsess_" in err


def test_the_command_gives_up_in_the_end(run, browser):
    status, out, err = run("link", "--no-browser", "--within", "0")
    assert (4, "", []) == (status, out, browser)
    assert "no account was linked within 0 seconds" in err
    assert "fincon sessions retrieve fcsess_" in err


def test_another_server_than_a_sandbox_requires_an_account_holder(run, monkeypatch):
    monkeypatch.setattr(
        "financial_connections.cli.control.Control.of_sandbox", no_sandbox
    )
    status, out, err = run("link")
    assert (2, "") == (status, out)
    assert "no account holder" in err


async def no_sandbox(context):
    """Return None, as for Stripe."""


def test_for_stripe_the_client_secret_is_shown(run, sandbox, browser, monkeypatch):
    monkeypatch.setattr(
        "financial_connections.cli.control.Control.of_sandbox", no_sandbox
    )
    customer = sandbox.add_customer()
    status, _, err = run("link", "--customer", customer, "--within", "0")
    assert 4 == status
    assert "collectFinancialConnectionsAccounts({clientSecret: 'fcsess_" in err
    assert "_secret_" in err
    assert [] == browser


class Sessions:
    """A client in which a session is polled; records when that happens."""

    def __init__(self):
        self.sessions, self.times = self, []

    async def retrieve(self, session):
        """Return a session without accounts."""
        self.times.append(anyio.current_time())
        return Session.from_dict({"id": session})


@pytest.mark.parametrize("backend", ["asyncio", "trio"])
def test_a_session_is_polled_with_increasing_delays(backend):
    client = Sessions()
    with pytest.raises(NotLinkedError):
        run_in_virtual_time(backend, _completed, client, "fcsess_1", 60)
    delays = [later - time for time, later in pairwise(client.times)]
    assert [0.5, 0.75, 1.125] == pytest.approx(delays[:3])
    assert 5 == pytest.approx(max(delays))
    assert 60 == pytest.approx(client.times[-1] - client.times[0])
    assert 20 > len(delays)


def test_ctrl_c_ends_the_wait(demo):
    command = ("--base-url", demo.url, "link", "--no-browser")
    with start_fincon(*command, **demo.env) as process:
        assert "/_sandbox/link/" in process.stderr.readline()
        process.stderr.readline()
        process.terminate()
        assert (143, "") == (process.wait(), process.stdout.read())
        assert "fincon: interrupted\n" == process.stderr.read()
