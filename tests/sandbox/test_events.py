"""The events that the API returns for 30 days."""

import httpx
import pytest

from financial_connections import API_VERSION
from financial_connections.sandbox import Sandbox
from financial_connections.sandbox.webhooks import RETRY_DELAYS
from tests.support.sandbox_calls import EVENTS, get, refresh

DAY = 86_400
CREATED = "financial_connections.account.created"
DEACTIVATED = "financial_connections.account.deactivated"
URL = "http://127.0.0.1:9/hook"


def add_events(sandbox, count, **account):
    for _ in range(count):
        sandbox.add_account(**account)
    return [event["id"] for event in sandbox.events[-count:]]


def listed(sandbox, **params):
    reply = get(sandbox, EVENTS, params)
    assert 200 == reply.status, reply.json
    return reply.ids


async def deliver(sandbox, statuses):
    """Deliver all pending events; `statuses` maps the URLs of endpoints to responses.

    Return the number of attempts.
    """

    def respond(request):
        return httpx.Response(statuses[str(request.url)])

    async def sleep(seconds):
        pass

    async with httpx.AsyncClient(transport=httpx.MockTransport(respond)) as client:
        return len(await sandbox.deliver_webhooks(client, sleep=sleep))


def test_events_are_listed_newest_first(sandbox):
    ids = add_events(sandbox, 12)
    reply = get(sandbox, EVENTS)
    assert (ids[:1:-1], True) == (reply.ids, reply.json["has_more"])
    assert "/v1/events" == reply.json["url"]
    assert ids[1::-1] == listed(sandbox, starting_after=ids[2])
    assert ids[11:9:-1] == listed(sandbox, ending_before=ids[9])
    assert ids[4:2:-1] == listed(sandbox, ending_before=ids[2], limit=2)


def test_an_event_is_as_it_was_sent(sandbox):
    sandbox.add_account()
    [sent] = sandbox.events
    assert sent == get(sandbox, f"{EVENTS}/{sent['id']}").json
    assert [sent] == get(sandbox, EVENTS).json["data"]


def test_an_event_has_the_shape_of_its_own_version(sandbox):
    sandbox.add_account()
    [event] = get(sandbox, EVENTS, stripe_version="2023-10-16").json["data"]
    assert API_VERSION == event["api_version"]
    assert {} == event["data"]["object"]["status_details"]


def test_events_can_be_filtered_by_type_and_time(sandbox):
    account = sandbox.add_account()
    sandbox.advance(60)
    sandbox.deactivate(account)
    created, deactivated = (event["id"] for event in sandbox.events)
    now = sandbox.events[-1]["created"]
    assert [deactivated] == listed(sandbox, type=DEACTIVATED)
    assert [deactivated] == listed(sandbox, types=[DEACTIVATED, "charge.failed"])
    assert [deactivated, created] == listed(sandbox, type="financial_connections.*")
    assert [created] == listed(sandbox, type="*.c*d")
    for pattern in ("charge.*", CREATED.replace("c", "?"), CREATED.replace("c", "[c]")):
        assert [] == listed(sandbox, type=pattern)
    assert [deactivated] == listed(sandbox, created=now)
    assert [deactivated] == listed(sandbox, created={"gt": now - 60})
    assert [created] == listed(sandbox, created={"gte": now - 60, "lt": now})
    assert [created] == listed(sandbox, created={"lte": now - 1})


@pytest.mark.parametrize(
    ("params", "param"),
    [
        ({"type": CREATED, "types": [CREATED]}, "type"),
        ({"types": [CREATED] * 21}, "types"),
        ({"types": CREATED}, "types"),
        ({"delivery_success": "maybe"}, "delivery_success"),
        ({"created": {"after": 1}}, "created[after]"),
        ({"ending_before": "evt_unknown"}, "ending_before"),
        ({"starting_after": "evt_unknown"}, "starting_after"),
    ],
)
def test_invalid_parameters_are_rejected(sandbox, params, param):
    reply = get(sandbox, EVENTS, params)
    assert (400, param) == (reply.status, reply.error["param"])


def test_up_to_20_types_are_accepted(sandbox):
    [created] = add_events(sandbox, 1)
    types = [f"financial_connections.account.type_{n}" for n in range(19)]
    assert [created] == listed(sandbox, types=[*types, CREATED])


def test_events_are_gone_after_30_days(sandbox):
    [old] = add_events(sandbox, 1)
    sandbox.advance(DAY)
    [new] = add_events(sandbox, 1)
    sandbox.advance(29 * DAY)
    assert [new, old] == listed(sandbox)
    assert [new] == listed(sandbox, ending_before=old)
    sandbox.advance(1)
    assert [new] == listed(sandbox)
    gone = get(sandbox, f"{EVENTS}/{old}")
    assert (404, "resource_missing") == (gone.status, gone.error["code"])
    for cursor in ("ending_before", "starting_after"):
        reply = get(sandbox, EVENTS, {cursor: old})
        assert ("resource_missing", cursor) == (
            reply.error["code"],
            reply.error["param"],
        )


def test_each_stripe_account_has_its_own_events(sandbox):
    merchant = sandbox.add_connected_account()
    [own] = add_events(sandbox, 1)
    [theirs] = add_events(sandbox, 1, stripe_account=merchant)
    assert [own] == listed(sandbox)
    reply = get(sandbox, EVENTS, stripe_account=merchant)
    assert ([theirs], merchant) == (reply.ids, reply.json["data"][0]["account"])
    assert 404 == get(sandbox, f"{EVENTS}/{theirs}").status
    assert 400 == get(sandbox, EVENTS, {"ending_before": theirs}).status


async def test_the_delivery_of_an_event_is_known(sandbox):
    [before] = add_events(sandbox, 1)
    for name in ("a", "b"):
        sandbox.add_webhook(f"{URL}/{name}")
    [missed] = add_events(sandbox, 1)
    assert [missed] == listed(sandbox, delivery_success="false")
    attempts = await deliver(sandbox, {f"{URL}/a": 200, f"{URL}/b": 500})
    assert 1 + (1 + len(RETRY_DELAYS)) == attempts
    [received] = add_events(sandbox, 1)
    await deliver(sandbox, {f"{URL}/a": 200, f"{URL}/b": 204})
    [pending] = add_events(sandbox, 1)

    assert [pending, missed] == listed(sandbox, delivery_success="false")
    assert [received, before] == listed(sandbox, delivery_success="true")
    waiting = {
        event["id"]: event["pending_webhooks"]
        for event in get(sandbox, EVENTS).json["data"]
    }
    assert {pending: 2, received: 0, missed: 1, before: 0} == waiting


def test_an_endpoint_for_thin_events_does_not_delay_snapshots(sandbox):
    sandbox.add_webhook(URL, event_payload="thin")
    [event] = add_events(sandbox, 1)
    assert [event] == listed(sandbox, delivery_success="true")


def test_thin_events_are_not_listed():
    sandbox = Sandbox()
    account = sandbox.add_account()
    refresh(sandbox, account, "balance")
    sandbox.advance(10)
    thin = {event["id"] for event in sandbox.notifications}
    assert thin
    assert not thin & set(listed(sandbox))
    assert 404 == get(sandbox, f"{EVENTS}/{thin.pop()}").status
