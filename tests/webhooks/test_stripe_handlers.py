"""Events of both kinds pass between this package and the official `stripe` package."""

import json
import time

import httpx
import pytest
import stripe

from financial_connections import WebhookSignatureError, webhooks
from financial_connections._generated.events import EVENT_CLASSES
from financial_connections.sandbox import Clock, Sandbox, serve
from financial_connections.webhooks import construct_event, parse_event, sign
from tests.support.webhooks import (
    EVENT,
    NOTIFICATION,
    SECRET,
    event_with,
    in_event_grid,
    in_eventbridge,
    notification_with,
)

THIN = [
    event_type
    for event_type, cls in EVENT_CLASSES.items()
    if issubclass(cls, webhooks.EventNotification)
]


@pytest.fixture
def client():
    return stripe.StripeClient("sk_test_1")


@pytest.fixture
def sandbox():
    """Return a sandbox with events of both kinds to deliver."""
    sandbox = Sandbox(clock=Clock.system())
    for kind in ("snapshot", "thin"):
        sandbox.add_webhook(
            f"http://127.0.0.1:9/{kind}", event_payload=kind, secret=SECRET
        )
    sandbox.add_account(balance=1)
    sandbox.disconnect(sandbox.accounts[0])
    return sandbox


async def deliver(sandbox):
    """Return the body and signature of each delivery, by path."""
    received = {"/snapshot": [], "/thin": []}

    def respond(request):
        signature = request.headers["Stripe-Signature"]
        received[request.url.path].append((request.content, signature))
        return httpx.Response(200)

    async with httpx.AsyncClient(transport=httpx.MockTransport(respond)) as http:
        await sandbox.deliver_webhooks(http)
    assert len(sandbox.events) == len(received["/snapshot"]) > 1
    assert len(sandbox.notifications) == len(received["/thin"]) > 2
    return received


def test_both_packages_know_the_same_thin_types():
    prefix = "on_v1_financial_connections_"
    theirs = {
        name
        for name in dir(stripe.StripeEventNotificationHandler)
        if name.startswith(prefix)
    }
    assert theirs == {f"on_{name.replace('.', '_')}" for name in THIN}


def test_the_stripe_package_accepts_our_signature_of_a_snapshot():
    body = event_with()
    event = stripe.Webhook.construct_event(body, sign(body, SECRET), SECRET)
    assert (EVENT["id"], EVENT["type"]) == (event.id, event.type)


@pytest.mark.parametrize("event_type", THIN)
def test_the_stripe_package_accepts_our_signature_of_a_thin_event(client, event_type):
    body = notification_with(type=event_type)
    event = client.parse_event_notification(body, sign(body, SECRET), SECRET)
    ours = parse_event(body)
    assert (ours.id, ours.type, ours.created) == (event.id, event.type, event.created)
    assert ours.related_object.to_dict() == vars(event.related_object)
    assert ours.reason.request.id == event.reason.request.id


@pytest.mark.parametrize("body", [event_with(), notification_with()])
def test_we_accept_the_signature_of_the_stripe_package(body):
    header = stripe.WebhookSignature.generate_signature_header(body.decode(), SECRET)
    event = construct_event(body, header, SECRET)
    assert json.loads(body) == event.to_dict()
    old = stripe.WebhookSignature.generate_signature_header(
        body.decode(), SECRET, int(time.time()) - 1_000
    )
    for wrong in (old, header.replace("v1=", "v1=0")):
        with pytest.raises(WebhookSignatureError):
            construct_event(body, wrong, SECRET)


@pytest.mark.parametrize("wrap", [in_eventbridge, in_event_grid])
def test_both_packages_find_the_same_event_in_an_envelope(client, wrap):
    snapshot = json.dumps(wrap(EVENT)).encode()
    theirs = client.construct_event_without_verification(snapshot)
    assert parse_event(snapshot).to_dict() == json.loads(str(theirs))
    thin = json.dumps(wrap(NOTIFICATION)).encode()
    notification = client.parse_event_notification_without_verification(thin)
    assert parse_event(thin).object_id == notification.related_object.id


async def test_the_stripe_package_accepts_what_the_sandbox_sends(client, sandbox):
    received = await deliver(sandbox)
    for body, header in received["/snapshot"]:
        event = stripe.Webhook.construct_event(body, header, SECRET)
        assert sandbox.accounts[0] == event.data.object.id
    types = [event["type"] for event in sandbox.notifications]
    handled = []

    def unexpected(event, *_):
        raise AssertionError(event.type)

    handler = stripe.StripeEventNotificationHandler(client, SECRET, unexpected)
    for event_type in types:
        name = event_type.replace(".", "_")
        getattr(handler, f"on_{name}")(lambda event, _: handled.append(event))
    for body, header in received["/thin"]:
        handler.handle(body, header)
    assert types == [event.type for event in handled]
    assert {sandbox.accounts[0]} == {event.related_object.id for event in handled}


async def test_the_stripe_package_fetches_what_a_thin_event_refers_to():
    sandbox = Sandbox(clock=Clock.system())
    merchant = sandbox.add_connected_account()
    webhook = sandbox.add_webhook("http://127.0.0.1:9/thin", event_payload="thin")
    account = sandbox.add_account(stripe_account=merchant)
    body = json.dumps(sandbox.notifications[-1]).encode()
    with serve(sandbox) as server:
        http = stripe.RequestsClient(timeout=30, session=None)
        client = stripe.StripeClient(
            sandbox.api_key, base_addresses={"api": server.url}, http_client=http
        )
        event = client.parse_event_notification(
            body, sign(body, webhook.secret), webhook.secret
        )
        assert account == event.fetch_related_object().id
        http.close()
