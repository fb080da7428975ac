"""Fetching the account that an event of either kind is about."""

import json
from contextlib import asynccontextmanager

import httpx
import pytest

from financial_connections import (
    AsyncClient,
    InvalidArgumentError,
    NotFoundError,
    RequestOptions,
)
from financial_connections.models import Account, AccountOwnership
from financial_connections.sandbox import Sandbox
from financial_connections.sandbox.http.app import application
from financial_connections.webhooks import parse_event
from tests.support.webhooks import event_with, notification_with


class World:
    """A sandbox with an account, whose latest event of each kind can be parsed."""

    def __init__(self, *, connected=False):
        self.sandbox = Sandbox()
        self.merchant = self.sandbox.add_connected_account() if connected else None
        self.account = self.sandbox.add_account(
            balance=100, owners=1, stripe_account=self.merchant
        )
        self.headers = []

    def event(self, *, thin):
        events = self.sandbox.notifications if thin else self.sandbox.events
        return parse_event(json.dumps(events[-1]).encode())

    @asynccontextmanager
    async def client(self, **settings):
        async def note(request):
            self.headers.append(
                {
                    name: request.headers[name]
                    for name in ("stripe-account", "stripe-context")
                    if name in request.headers
                }
            )

        async with (
            httpx.AsyncClient(
                transport=httpx.ASGITransport(application(self.sandbox)),
                event_hooks={"request": [note]},
            ) as http,
            AsyncClient(
                self.sandbox.api_key,
                base_url="http://127.0.0.1",
                http_client=http,
                **settings,
            ) as client,
        ):
            yield client


@pytest.fixture(params=[False, True], ids=["snapshot", "thin"])
def thin(request):
    return request.param


async def test_an_event_fetches_its_account_as_it_is_now(thin):
    world = World()
    event = world.event(thin=thin)
    world.sandbox.deactivate(world.account)
    async with world.client() as client:
        account = await event.fetch(client)
    assert Account is type(account)
    assert (world.account, "inactive") == (account.id, account.status)
    assert [{}] == world.headers


async def test_expand_and_options_are_passed_on(thin):
    world = World()
    event = world.event(thin=thin)
    async with world.client() as client:
        account = await event.fetch(client, expand=["ownership"])
        assert AccountOwnership is type(account.ownership)
        with pytest.raises(NotFoundError):
            await parse_event(notification_with()).fetch(
                client, options=RequestOptions(max_retries=0)
            )


async def test_an_event_of_a_connected_account_fetches_from_that_account(thin):
    world = World(connected=True)
    event = world.event(thin=thin)
    async with world.client() as client:
        account = await event.fetch(client)
    header = "stripe-context" if thin else "stripe-account"
    assert world.account == account.id
    assert [{header: world.merchant}] == world.headers


async def test_the_account_of_the_event_replaces_that_of_the_client(thin):
    world = World(connected=True)
    event = world.event(thin=thin)
    other = {"stripe_account": "acct_other", "stripe_context": "acct_other"}
    async with world.client(**other) as client:
        assert world.account == (await event.fetch(client)).id
    header = "stripe-context" if thin else "stripe-account"
    assert [{header: world.merchant}] == world.headers


@pytest.mark.parametrize("option", ["stripe_account", "stripe_context"])
async def test_the_callers_options_take_precedence_over_the_event(thin, option):
    world = World(connected=True)
    event = parse_event(
        notification_with(context="acct_wrong")
        if thin
        else event_with(account="acct_wrong")
    )
    options = RequestOptions(**{option: world.merchant})
    async with world.client() as client:
        with pytest.raises(NotFoundError):
            await event.fetch(client, options=options)
    assert [{option.replace("_", "-"): world.merchant}] == world.headers


async def test_the_context_of_a_snapshot_takes_precedence_over_its_account():
    world = World(connected=True)
    sent = world.sandbox.events[-1] | {"context": f"org_1/{world.merchant}"}
    async with world.client() as client:
        account = await parse_event(json.dumps(sent).encode()).fetch(client)
    assert world.account == account.id
    assert [{"stripe-context": f"org_1/{world.merchant}"}] == world.headers


@pytest.mark.parametrize(
    "payload",
    [
        notification_with(related_object=None),
        notification_with(related_object={"id": 5}),
        notification_with(related_object={"id": ""}),
        event_with(data=None),
        event_with(data={"object": {"id": None}}),
    ],
)
async def test_an_event_without_the_id_of_its_object_cannot_be_fetched(payload):
    world = World()
    event = parse_event(payload)
    async with world.client() as client:
        with pytest.raises(InvalidArgumentError, match="does not contain the ID"):
            await event.fetch(client)
    assert [] == world.headers
