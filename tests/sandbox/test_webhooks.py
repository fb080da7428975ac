"""Delivery of signed events to webhook endpoints."""

import hmac
import json
import threading
from functools import partial
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, HTTPServer

import httpx
import pytest

from financial_connections import API_VERSION
from financial_connections.sandbox import Clock, Sandbox, serve
from financial_connections.sandbox.clock import START
from financial_connections.sandbox.webhooks import RETRY_DELAYS, signature
from tests.support.sandbox_calls import ACCOUNTS, get, post

URL = "http://127.0.0.1:9/hook"


class Receiver:
    """An in-process endpoint that responds with `statuses` and records requests."""

    def __init__(self, *statuses):
        self.statuses = list(statuses)
        self.requests = []
        self.delays = []
        self.client = httpx.AsyncClient(transport=httpx.MockTransport(self.respond))

    def respond(self, request):
        self.requests.append(request)
        status = self.statuses.pop(0) if self.statuses else 200
        if status is None:
            raise httpx.ConnectError("connection refused")
        return httpx.Response(status)

    async def sleep(self, seconds):
        self.delays.append(seconds)

    @property
    def events(self):
        return [json.loads(request.content) for request in self.requests]

    async def collect(self, sandbox):
        async with self.client:
            return await sandbox.deliver_webhooks(self.client, sleep=self.sleep)


def emit_seven_events(sandbox):
    account = sandbox.add_account()
    for _ in range(3):
        sandbox.deactivate(account)
        sandbox.reactivate(account)


def test_a_signature_is_an_hmac_of_timestamp_and_body():
    expected = hmac.new(b"whsec_x", b'1700000000.{"a": 1}', sha256).hexdigest()

    assert f"t=1700000000,v1={expected}" == signature(
        b'{"a": 1}', "whsec_x", 1_700_000_000
    )


@pytest.mark.anyio
async def test_an_event_is_signed_with_the_endpoint_secret(sandbox):
    webhook = sandbox.add_webhook(URL, secret="whsec_mine")
    account = sandbox.add_account()
    sandbox.advance(30)
    receiver = Receiver()

    [delivery] = await receiver.collect(sandbox)

    [request] = receiver.requests
    assert (webhook.url, 200, True) == (
        str(request.url),
        delivery.status,
        delivery.is_done,
    )
    assert (
        signature(request.content, "whsec_mine", START + 30)
        == request.headers["Stripe-Signature"]
    )
    [event] = receiver.events
    assert "financial_connections.account.created" == event["type"]
    assert (START, 1) == (event["created"], event["pending_webhooks"])
    assert account == event["data"]["object"]["id"]


@pytest.mark.anyio
async def test_only_new_events_are_sent_and_only_once(sandbox):
    emit_seven_events(sandbox)
    sandbox.add_webhook(URL)
    sandbox.deactivate(sandbox.accounts[0])
    first, second = Receiver(), Receiver()
    await first.collect(sandbox)
    await second.collect(sandbox)

    assert ["financial_connections.account.deactivated"] == [
        event["type"] for event in first.events
    ]
    assert [] == second.events


@pytest.mark.anyio
async def test_events_have_the_api_version_of_their_endpoint(sandbox):
    sandbox.add_webhook(URL, api_version="2024-06-20")
    sandbox.add_webhook(URL)
    sandbox.add_account()
    receiver = Receiver()
    await receiver.collect(sandbox)

    assert ["2024-06-20", API_VERSION] == [
        event["api_version"] for event in receiver.events
    ]
    assert 1 == len({event["id"] for event in receiver.events})


@pytest.mark.anyio
async def test_an_endpoint_receives_only_the_kind_of_events_it_was_added_for(sandbox):
    sandbox.add_webhook(URL, event_payload="thin", secret="whsec_thin")
    sandbox.add_webhook(URL)
    account = sandbox.add_account()
    receiver = Receiver()
    await receiver.collect(sandbox)

    thin, snapshot = receiver.events
    assert sandbox.notifications == [thin]
    assert sandbox.events == [snapshot]
    assert f"v1.{snapshot['type']}" == thin["type"]
    assert thin["id"] != snapshot["id"]
    assert {
        "id": account,
        "type": "financial_connections.account",
        "url": f"{ACCOUNTS}/{account}",
    } == thin["related_object"]
    assert ("v2.core.event", "2023-11-14T22:13:20.000Z", None) == (
        thin["object"],
        thin["created"],
        thin["context"],
    )
    assert "api_version" not in thin
    [request, _] = receiver.requests
    assert (
        signature(request.content, "whsec_thin", START)
        == request.headers["Stripe-Signature"]
    )


@pytest.mark.parametrize("outcome", ["succeeded", "failed"])
@pytest.mark.parametrize("feature", ["balance", "ownership", "transactions"])
def test_the_outcome_of_a_refresh_is_a_thin_event(sandbox, feature, outcome):
    account = sandbox.add_account()
    if outcome == "failed":
        sandbox.fail_refreshes(account, feature)
    post(sandbox, f"{ACCOUNTS}/{account}/refresh", f"features[]={feature}")
    sandbox.advance(5)

    types = [event["type"].rpartition(".")[2] for event in sandbox.notifications]
    assert ["created", f"refreshed_{feature}", f"{feature}_refresh_{outcome}"] == types


def test_a_connected_accounts_thin_event_has_its_context(sandbox):
    merchant = sandbox.add_connected_account()
    sandbox.add_account(stripe_account=merchant)
    sandbox.add_account()

    assert [merchant, None] == [event["context"] for event in sandbox.notifications]


@pytest.mark.anyio
async def test_a_rejected_event_is_sent_again(sandbox):
    sandbox.add_webhook(URL)
    sandbox.add_account()
    receiver = Receiver(500, None, 302)

    attempts = await receiver.collect(sandbox)

    assert [500, None, 302, 200] == [attempt.status for attempt in attempts]
    assert list(RETRY_DELAYS[:3]) == receiver.delays
    assert 1 == len({event["id"] for event in receiver.events})


@pytest.mark.anyio
async def test_delivery_stops_after_the_last_attempt(sandbox):
    sandbox.add_webhook(URL)
    sandbox.add_account()
    receiver = Receiver(*[500] * 10)

    attempts = await receiver.collect(sandbox)

    assert len(RETRY_DELAYS) + 1 == len(attempts)
    assert [] == [attempt for attempt in attempts if attempt.is_done]


@pytest.mark.anyio
async def test_events_can_be_sent_out_of_order_and_twice(sandbox):
    sandbox.add_webhook(URL, out_of_order=True, duplicated=True)
    emit_seven_events(sandbox)
    receiver = Receiver()
    await receiver.collect(sandbox)
    occurred = [event["id"] for event in sandbox.events]
    received = [event["id"] for event in receiver.events]

    assert sorted(occurred * 2) == sorted(received)
    assert occurred * 2 != received
    assert len({request.content for request in receiver.requests}) == len(occurred)


def test_a_connected_accounts_event_names_that_account(sandbox):
    merchant = sandbox.add_connected_account()
    sandbox.add_account(stripe_account=merchant)
    sandbox.add_account()

    assert [merchant, None] == [event.get("account") for event in sandbox.events]


@pytest.mark.parametrize(
    "url",
    [
        "http://example.com/hook",
        "http://192.0.2.1/",
        "https://127.0.0.1/",
        "ftp://localhost/",
        "127.0.0.1",
        "",
    ],
)
def test_webhook_urls_must_use_http_and_a_loopback_address(sandbox, url):
    with pytest.raises(ValueError, match="loopback"):
        sandbox.add_webhook(url)


@pytest.mark.anyio
@pytest.mark.parametrize(
    "url", ["http://app:8000/hook", "https://app/hook", "http://APP/hook"]
)
async def test_events_are_sent_to_other_hosts_that_are_named(url):
    sent = []

    def accept(request):
        sent.append(str(request.url))
        return httpx.Response(200)

    sandbox = Sandbox(webhook_hosts=["App"])
    sandbox.add_webhook(url)
    sandbox.add_account()
    async with httpx.AsyncClient(transport=httpx.MockTransport(accept)) as client:
        await sandbox.deliver_webhooks(client)

    assert [url.lower()] == sent


@pytest.mark.parametrize(
    "url",
    [
        *("http://other/hook", "http://app.other/", "http://app@other/", "ftp://app/"),
        *("http:///hook", "http://app:port/", "http://[", "http://app:99999/"),
    ],
)
def test_hosts_that_are_not_named_are_rejected(url):
    sandbox = Sandbox(webhook_hosts=["app"])
    with pytest.raises(ValueError, match="a webhook URL must"):
        sandbox.add_webhook(url)
    assert [] == sandbox.webhooks


@pytest.mark.anyio
async def test_removed_webhooks_receive_nothing_and_keep_no_event_pending(sandbox):
    sandbox.add_webhook("http://127.0.0.1:9/hook")
    account = sandbox.add_account()
    pending = partial(get, sandbox, "/v1/events", "delivery_success=false")
    assert 1 == len(pending().json["data"])
    sandbox.remove_webhooks()
    sandbox.disconnect(account)

    assert [] == pending().json["data"]
    assert [] == sandbox.webhooks
    assert [] == await sandbox.deliver_webhooks()


def test_a_secret_is_generated_and_hidden_from_the_repr(sandbox):
    webhook = sandbox.add_webhook("http://[::1]:8000/hook")

    assert webhook.secret.startswith("whsec_")
    assert webhook.secret not in repr(webhook)


class Listener(HTTPServer):
    def __init__(self, expected):
        super().__init__(("127.0.0.1", 0), Handler)
        self.received = []
        self.expected = expected
        self.complete = threading.Event()
        self.url = f"http://127.0.0.1:{self.server_port}/hook"

    def __enter__(self):
        self.thread = threading.Thread(
            target=self.serve_forever, kwargs={"poll_interval": 0.01}
        )
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.shutdown()
        self.thread.join()
        self.server_close()


class Handler(BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.received.append(
            (
                json.loads(body)["type"].rpartition(".")[2],
                self.headers["Stripe-Signature"],
            )
        )
        self.send_response(204)
        self.end_headers()
        if len(self.server.received) == self.server.expected:
            self.server.complete.set()

    def log_message(self, *_):
        pass


def test_a_server_sends_events_automatically(sandbox):
    with Listener(expected=3) as listener, serve(sandbox) as server:
        sandbox.add_webhook(listener.url)
        account = sandbox.add_account()
        headers = {"Authorization": f"Bearer {sandbox.api_key}"}
        httpx.post(
            f"{server.url}{ACCOUNTS}/{account}/refresh",
            data={"features[]": "balance"},
            headers=headers,
        )
        sandbox.advance(5)
        sandbox.disconnect(account)
        assert listener.complete.wait(50)

    assert ["created", "refreshed_balance", "disconnected"] == [
        name for name, _ in listener.received
    ]


def test_a_server_with_a_ticking_clock_runs_scheduled_jobs():
    sandbox = Sandbox(clock=Clock.system())
    with Listener(expected=1) as listener, serve(sandbox):
        account = sandbox.add_account()
        sandbox.add_webhook(listener.url)
        sandbox.deactivate(account, after=0.05)
        assert listener.complete.wait(50)

    assert ["deactivated"] == [name for name, _ in listener.received]


def test_events_have_no_pending_webhooks_without_an_endpoint(sandbox):
    account = sandbox.add_account()
    post(sandbox, f"{ACCOUNTS}/{account}/disconnect")

    assert 0 == sandbox.events[-1]["pending_webhooks"]
