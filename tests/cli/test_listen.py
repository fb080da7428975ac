"""The `fincon listen` command."""

import io
import json
import signal
from contextlib import asynccontextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread

import httpx
import pytest
from rich.console import Console

from financial_connections import AsyncClient
from financial_connections.cli.forwarding import Forwarder
from financial_connections.cli.listen import _banner, _line
from financial_connections.sandbox import Clock, Sandbox, serve
from financial_connections.webhooks import construct_event
from tests.support.cli_process import start_fincon

SECRET = "whsec_123"
URL = "http://127.0.0.1:8000/stripe"


@asynccontextmanager
async def forwarder_to(handler, sandbox, **options):
    """A forwarder of a sandbox's events to a function that responds to requests."""
    async with (
        serve(sandbox) as server,
        AsyncClient(sandbox.api_key, base_url=server.url) as client,
        httpx.AsyncClient(transport=httpx.MockTransport(handler)) as http,
    ):
        yield Forwarder(client=client, http=http, url=URL, secret=SECRET, **options)


async def forward(forwarder):
    return [delivery async for delivery in forwarder.forward_new()]


class Application:
    """A webhook endpoint that verifies signatures, and records events."""

    def __init__(self, *statuses):
        self.events, self.statuses = [], list(statuses)

    def __call__(self, request):
        assert "application/json; charset=utf-8" == request.headers["content-type"]
        signature = request.headers["stripe-signature"]
        self.events.append(construct_event(request.content, signature, SECRET))
        return httpx.Response(self.statuses.pop(0) if self.statuses else 200)


async def test_new_events_are_forwarded_once_in_order_and_signed(sandbox):
    application = Application()
    old = sandbox.add_account()
    async with forwarder_to(application, sandbox) as forwarder:
        await forwarder.skip_past_events()
        assert [] == await forward(forwarder)
        sandbox.deactivate(old)
        sandbox.reactivate(old)
        deliveries = await forward(forwarder)
        assert [] == await forward(forwarder)
    expected = sandbox.events[1:]
    assert expected == [event.to_dict() for event in application.events]
    assert [event["id"] for event in expected] == [
        delivery.to_dict()["event"] for delivery in deliveries
    ]
    assert {200} == {delivery.status for delivery in deliveries}


async def test_the_first_events_of_an_empty_sandbox_are_forwarded_in_order(sandbox):
    application = Application()
    async with forwarder_to(application, sandbox) as forwarder:
        await forwarder.skip_past_events()
        accounts = [sandbox.add_account(), sandbox.add_account()]
        await forward(forwarder)
    assert accounts == [event.object_id for event in application.events]


async def test_a_failed_delivery_is_reported_and_not_retried(sandbox):
    async with forwarder_to(Application(500), sandbox) as forwarder:
        await forwarder.skip_past_events()
        sandbox.add_account()
        assert [500] == [item.status for item in await forward(forwarder)]
        sandbox.add_account()
        assert [200] == [item.status for item in await forward(forwarder)]


async def test_an_application_that_is_not_running_is_reported(sandbox):
    def refuse(request):
        raise httpx.ConnectError("refused")

    async with forwarder_to(refuse, sandbox) as forwarder:
        await forwarder.skip_past_events()
        sandbox.add_account()
        [delivery] = await forward(forwarder)
    assert (None, "ConnectError") == (delivery.status, delivery.error)
    assert None is delivery.to_dict()["status"]


async def test_types_can_be_selected(sandbox):
    application = Application()
    types = ["financial_connections.account.deactivated"]
    async with forwarder_to(application, sandbox, types=types) as forwarder:
        await forwarder.skip_past_events()
        sandbox.deactivate(sandbox.add_account())
        await forward(forwarder)
    assert types == [event.type for event in application.events]


async def test_a_restarted_sandbox_does_not_end_the_command(sandbox):
    application, restarted = Application(), Sandbox(1, clock=Clock())
    sandbox.add_account()
    async with forwarder_to(application, sandbox) as before:
        await before.skip_past_events()
        restarted.add_account()
        async with forwarder_to(application, restarted) as forwarder:
            before.client = forwarder.client
            assert [] == await forward(before)
            account = restarted.add_account()
            await forward(before)
    assert [account] == [event.object_id for event in application.events]


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (["--forward-to", "ftp://localhost/x"], "--forward-to must be a URL"),
        (["--forward-to", "http://:80/"], "--forward-to must be a URL"),
        (["--forward-to", "http://[::1/"], "--forward-to must be a URL"),
        (["--forward-to", "http://localhost:port/"], "--forward-to must be a URL"),
        ([], "--forward-to"),
    ],
)
def test_invalid_urls_are_rejected(run, args, message):
    status, out, err = run("listen", *args)
    assert (2, "") == (status, out)
    assert message in err


@pytest.mark.parametrize("url", ["http://example.com/x", "10.0.0.1/x"])
def test_live_events_are_not_forwarded_in_plain_text(run, monkeypatch, url):
    monkeypatch.setenv("STRIPE_API_KEY", "sk_live_123")
    status, out, err = run("listen", "--forward-to", url)
    assert (2, "") == (status, out)
    assert "with a live key, --forward-to must use https or this machine" in err
    # The sandbox refuses live keys.
    assert 3 == run("listen", "--forward-to", "https://example.com/x")[0]
    assert 3 == run("listen", "--forward-to", "localhost/x")[0]


class Handler(BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["content-length"]))
        self.server.received.append((body, self.headers["stripe-signature"]))
        self.send_response(204)
        self.end_headers()

    def log_message(self, *args):
        """Log nothing."""


@pytest.fixture
def receiver():
    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        server.received = []
        Thread(target=server.serve_forever, args=(0.01,)).start()
        yield server
        server.shutdown()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_the_command_forwards_until_it_is_stopped(receiver, sandbox, number):
    target = f"127.0.0.1:{receiver.server_address[1]}/hook"
    with serve(sandbox) as server:
        options = ("--base-url", server.url, "listen", "--poll", "0.1")
        env = {"STRIPE_API_KEY": sandbox.api_key}
        with start_fincon(*options, "--forward-to", target, **env) as process:
            banner = json.loads(process.stdout.readline())
            assert f"http://{target}" == banner["forward_to"]
            account = sandbox.add_account()
            delivery = json.loads(process.stdout.readline())
            process.send_signal(number)
            assert (0, "") == (process.wait(), process.stderr.read())
    assert (account, 204) == (delivery["object"], delivery["status"])
    [(body, signature)] = receiver.received
    event = construct_event(body, signature, banner["secret"])
    assert delivery["event"] == event.id


async def test_the_terminal_shows_the_secret_and_each_response(sandbox):
    console = Console(file=io.StringIO(), width=100, color_system=None)
    async with forwarder_to(Application(404), sandbox) as forwarder:
        sandbox.add_account()
        [delivery] = await forward(forwarder)
    console.print(_banner(URL, SECRET))
    console.print(_line(delivery))
    first, second, _, line = console.file.getvalue().splitlines()
    assert first.endswith(URL)
    assert second.endswith(SECRET)
    assert line.startswith(f"404  account.created  {delivery.event.object_id}  evt_")
    assert line.endswith(" ms")
