"""The `fincon sandbox` commands that change a running sandbox."""

import io
import socketserver
from http.server import BaseHTTPRequestHandler
from threading import Thread

import pytest
from rich.console import Console

from financial_connections.cli import sandbox_details
from financial_connections.cli.durations import parse_duration
from financial_connections.cli.failure import UsageError


def create_session(rows, sandbox):
    create = ("sessions", "create", "--customer", sandbox.add_customer())
    [session] = rows(*create, "--permission", "balances")
    return session["id"]


def test_the_clock_is_advanced(rows, sandbox):
    before = sandbox.clock.now()
    assert [{"now": int(before) + 5400}] == rows("sandbox", "advance", "1h30m")
    assert before + 5400 == sandbox.clock.now()


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("60", 60),
        ("1.5", 1.5),
        ("90s", 90),
        ("2m", 120),
        ("1d12h", 129_600),
        ("1w", 604_800),
    ],
)
def test_durations_are_parsed(text, seconds):
    assert seconds == parse_duration(text)


@pytest.mark.parametrize("text", ["-1", "1h30", "h", "1y", "1 h", "1e3", "٣", "nan"])
def test_other_durations_are_rejected(text):
    with pytest.raises(UsageError, match="is not a duration"):
        parse_duration(text)


def test_a_session_is_completed(rows, sandbox):
    [result] = rows("sandbox", "complete", create_session(rows, sandbox))
    assert {"accounts": sandbox.accounts} == result


def test_an_account_is_linked_again(rows, sandbox):
    customer = sandbox.add_customer()
    account = sandbox.add_account(customer=customer)
    create = ("sessions", "create", "--customer", customer)
    [session] = rows(*create, "--permission", "balances")
    [result] = rows("sandbox", "complete", session["id"], "--account", account)
    assert {"accounts": [account]} == result


def test_a_session_is_cancelled(run, rows, sandbox):
    session = create_session(rows, sandbox)
    assert [{}] == rows("sandbox", "cancel", session)
    status, _, err = run("sandbox", "complete", session)
    assert 4 == status
    assert session in err


def test_faults_are_injected_shown_and_cleared(run, rows, sandbox):
    args = ("--operation", "list_accounts", "--times", "0", "--retry-after", "0")
    [added] = rows("sandbox", "fault", "rate_limited", *args)
    assert [added] == rows("sandbox", "fault")
    assert 4 == run("accounts", "list", "--max-retries", "0")[0]
    assert [{"faults": []}] == rows("sandbox", "fault", "--clear")
    assert 0 == run("accounts", "list")[0]


def test_quirks_are_set_and_cleared(rows):
    names = ["next_refresh_absent", "owners_null"]
    assert [{"quirks": names}] == rows("sandbox", "quirk", *names)
    assert [{"quirks": names}] == rows("sandbox", "quirk")
    assert [{"quirks": []}] == rows("sandbox", "quirk", "--clear")


def test_webhooks_are_added_listed_and_removed(rows, sandbox):
    url = "http://127.0.0.1:9/hook"
    [added] = rows("sandbox", "webhook", url, "--thin", "--duplicated")
    [webhook] = sandbox.webhooks
    assert (webhook.url, webhook.secret) == (added["url"], added["secret"])
    assert ("thin", True) == (webhook.event_payload, webhook.duplicated)
    [listed] = rows("sandbox", "webhook")
    assert [url] == [item["url"] for item in listed["webhooks"]]
    assert "secret" not in listed["webhooks"][0]
    assert [{"webhooks": []}] == rows("sandbox", "webhook", "--clear")


@pytest.mark.parametrize(
    ("args", "status", "message"),
    [
        (["fault", "earthquake"], 2, "'earthquake' is not a fault; use one of latency"),
        (["quirk", "odd"], 2, "'odd' is not a quirk; use one of account_pending"),
        (["advance", "soon"], 2, "is not a duration"),
        (["complete", "fcsess_1"], 4, "fincon: no session fcsess_1\n"),
        (["webhook", "http://example.com/x"], 4, "a loopback address"),
        (["--port", "1", "advance", "1"], 2, "--port does not apply to fincon sandbox"),
    ],
)
def test_errors_say_what_is_wrong(run, args, status, message):
    actual, out, err = run("sandbox", *args)
    assert (status, "") == (actual, out)
    assert message in err


def test_a_key_that_the_sandbox_does_not_know_is_rejected(run, monkeypatch):
    monkeypatch.setenv("STRIPE_API_KEY", "sk_test_other")
    status, _, err = run("sandbox", "advance", "1")
    assert 3 == status
    assert "Invalid API key" in err


def test_a_live_key_is_not_sent(run, monkeypatch):
    monkeypatch.setenv("STRIPE_API_KEY", "sk_live_123")
    # A request would fail with status 5.
    status, _, err = run("sandbox", "advance", "1", url="http://127.0.0.1:9")
    assert 2 == status
    assert "a sandbox takes only test keys" in err


def test_stripe_is_not_a_sandbox(run):
    status, _, err = run("sandbox", "advance", "1", url="https://api.stripe.com")
    assert 2 == status
    assert "this command needs a sandbox; run fincon sandbox in another" in err


def test_a_sandbox_that_is_not_running_is_reported(run):
    status, _, err = run("sandbox", "advance", "1", url="http://127.0.0.1:9")
    assert 5 == status
    assert "no response from http://127.0.0.1:9 (ConnectError)" in err


@pytest.mark.parametrize("content", [b"{}", b"<html>", b'{"error": {"message": "?"}}'])
def test_another_server_is_not_a_sandbox(run, content):
    class NotFound(BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(404)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *args):
            """Log nothing."""

    with socketserver.TCPServer(("127.0.0.1", 0), NotFound) as server:
        Thread(target=server.handle_request).start()
        url = f"http://127.0.0.1:{server.server_address[1]}"
        status, _, err = run("sandbox", "fault", url=url)
    assert 2 == status
    assert "this command needs a sandbox" in err


@pytest.mark.parametrize(
    ("drawing", "result", "text"),
    [
        ("time", {"now": 1_700_000_060}, "It is 2023-11-14 22:14 UTC in the sandbox."),
        ("accounts", {"accounts": ["fca_1", "fca_2"]}, "fca_1\nfca_2"),
        ("quirks", {"quirks": []}, "none"),
        ("faults", {"faults": []}, "none"),
        ("webhooks", {"webhooks": []}, "none"),
        ("cancelled", {}, "The session is cancelled."),
    ],
)
def test_results_are_rendered(drawing, result, text):
    assert text == shown(getattr(sandbox_details, drawing)(result))


def test_faults_are_rendered_as_a_table(rows):
    [result] = rows("sandbox", "fault", "latency", "--seconds", "2", "--times", "3")
    _, _, row = shown(sandbox_details.faults(result)).splitlines()
    assert ["latency", "all", "3", "2.0"] == row.split()


def test_a_webhook_is_rendered_with_its_secret(rows):
    [result] = rows("sandbox", "webhook", "http://127.0.0.1:9/")
    text = shown(sandbox_details.webhooks(result))
    assert f"secret   {result['secret']}" in text
    assert "events   snapshot" in text


def shown(renderable):
    console = Console(file=io.StringIO(), width=80, color_system=None)
    console.print(renderable)
    return "\n".join(line.rstrip() for line in console.file.getvalue().splitlines())
