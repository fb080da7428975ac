"""The official `stripe` SDK, run against the sandbox.

This shows that the sandbox uses Stripe's wire format.
"""

import asyncio

import pytest
import stripe

from financial_connections import AsyncClient
from financial_connections.sandbox import Fault, NewAccount, Sandbox, serve


@pytest.fixture
def sandbox():
    return Sandbox(seed=1)


@pytest.fixture(params=[None, "2023-10-16"], ids=["newest", "2023-10-16"])
def version(request):
    """Return the API version to pin; None means the SDK's own version."""
    return request.param


@pytest.fixture
def client(sandbox, version):
    with serve(sandbox) as server:
        http = stripe.RequestsClient(timeout=30, session=None)
        yield stripe.StripeClient(
            sandbox.api_key,
            base_addresses={"api": server.url},
            stripe_version=version,
            max_network_retries=2,
            http_client=http,
        )
        http.close()


@pytest.fixture
def connections(client):
    return client.v1.financial_connections


@pytest.fixture
def account(sandbox):
    customer = sandbox.add_customer("cus_ada", email="ada@example.com")
    return sandbox.add_account(
        customer=customer, balance=100, owners=12, transactions=25
    )


def test_a_session_is_created_and_retrieved(sandbox, connections, version):
    holder = {"type": "customer", "customer": sandbox.add_customer()}
    session = connections.sessions.create(
        {
            "account_holder": holder,
            "permissions": ["balances", "transactions"],
            "filters": {"countries": ["US"]} if version else {"country": "US"},
            "prefetch": ["balances"],
        }
    )
    linked = sandbox.complete(session.id, [NewAccount(), NewAccount(category="credit")])
    again = connections.sessions.retrieve(
        session.id, {"expand": ["accounts.data.account_holder.customer"]}
    )

    assert session.client_secret == again.client_secret
    assert linked == [account.id for account in reversed(again.accounts.data)]
    assert holder["customer"] == again.accounts.data[0].account_holder.customer.id


@pytest.mark.parametrize("version", [None], indirect=True)
def test_every_session_option_arrives_typed(sandbox, connections):
    holder = {"type": "customer", "customer_account": sandbox.add_customer_account()}
    params = {
        "account_holder": holder,
        "permissions": ["payment_method"],
        "filters": {
            "account_subcategories": ["savings"],
            "country": "US",
            "require_payment_method_support": "all",
        },
        "limits": {"accounts": 1},
        "manual_entry": {"mode": "automatic"},
    }
    linked, entered = (connections.sessions.create(params) for _ in range(2))
    sandbox.complete(linked.id)
    token = sandbox.enter_bank_account(entered.id)

    session = connections.sessions.retrieve(linked.id)
    assert holder["customer_account"] == session.account_holder.customer_account
    assert ["savings"] == session.filters.account_subcategories
    assert ("US", "all") == (
        session.filters.country,
        session.filters.require_payment_method_support,
    )
    assert (1, "automatic") == (session.limits.accounts, session.manual_entry.mode)
    [account] = connections.accounts.list(
        {"account_holder": {"customer_account": holder["customer_account"]}}
    ).data
    assert account.id == session.accounts.data[0].id
    retrieved = connections.sessions.retrieve(entered.id)
    assert isinstance(retrieved.bank_account_token, stripe.Token)
    assert token == retrieved.bank_account_token.id


@pytest.mark.parametrize("version", [None], indirect=True)
def test_access_and_account_numbers_arrive_typed(sandbox, connections):
    account = sandbox.add_account(tokenized=True, owners=1)
    sandbox.institution.schedule_number_expiry(account, after=60)
    sandbox.institution.schedule_deactivation(account, after=120)

    before = connections.accounts.retrieve(account)
    [number] = before.account_numbers
    assert ("tokenized_account_number", "transactable", ["ach"]) == (
        number.identifier_type,
        number.status,
        number.supported_networks,
    )
    assert number.expected_expiry_date + 60 == (
        before.status_details.active.expected_deactivation_date
    )
    assert ("relink_required", "access_expired") == (
        before.status_details.active.action,
        before.status_details.active.cause,
    )
    assert before.ownership_refresh.next_refresh_available_at
    sandbox.advance(120)
    after = connections.accounts.retrieve(account)
    assert ("inactive", "expired") == (after.status, after.account_numbers[0].status)
    assert [] == after.supported_payment_method_types


@pytest.mark.parametrize("version", ["2023-10-16"], indirect=True)
def test_an_older_version_has_its_own_fields(sandbox, connections, account):
    retrieved = connections.accounts.retrieve(account)

    assert not {"account_numbers", "status_details"} & set(retrieved.to_dict())
    with pytest.raises(stripe.InvalidRequestError, match="unknown parameter: limits"):
        connections.sessions.create(
            {
                "account_holder": {"type": "customer", "customer": "cus_ada"},
                "permissions": ["balances"],
                "limits": {"accounts": 1},
            }
        )


def test_accounts_are_listed_retrieved_and_expanded(connections, account):
    listed = connections.accounts.list(
        {"account_holder": {"customer": "cus_ada"}, "expand": ["data.ownership"]}
    )
    retrieved = connections.accounts.retrieve(
        account, {"expand": ["ownership", "account_holder.customer"]}
    )

    assert [account] == [item.id for item in listed.data]
    assert listed.data[0].ownership.id == retrieved.ownership.id
    assert "ada@example.com" == retrieved.account_holder.customer.email


@pytest.mark.parametrize("limit", [1, 7, 25, 100])
def test_pages_are_followed_in_both_directions(connections, account, limit):
    all_ids = [
        item.id
        for item in connections.transactions.list(
            {"account": account, "limit": 100}
        ).data
    ]
    forward = connections.transactions.list(
        {"account": account, "limit": limit}
    ).auto_paging_iter()
    backward = connections.transactions.list(
        {"account": account, "limit": limit, "ending_before": all_ids[-1]}
    ).auto_paging_iter()

    assert 25 == len(all_ids)
    assert all_ids == [item.id for item in forward]
    assert all_ids[-2::-1] == [item.id for item in backward]


def test_owners_are_paged(connections, account):
    ownership = connections.accounts.retrieve(account).ownership
    owners = connections.accounts.owners.list(
        account, {"ownership": ownership, "limit": 5}
    )

    assert 12 == len({owner.id for owner in owners.auto_paging_iter()})


def test_an_account_is_refreshed_subscribed_unsubscribed_and_disconnected(
    sandbox, connections, account
):
    assert (
        "pending"
        == connections.accounts.refresh(
            account, {"features": ["balance"]}
        ).balance_refresh.status
    )
    assert ["transactions"] == connections.accounts.subscribe(
        account, {"features": ["transactions"]}
    ).subscriptions
    sandbox.advance(5)
    assert "succeeded" == connections.accounts.retrieve(account).balance_refresh.status
    assert (
        []
        == connections.accounts.unsubscribe(
            account, {"features": ["transactions"]}
        ).subscriptions
    )
    assert "disconnected" == connections.accounts.disconnect(account).status


def test_a_transaction_is_retrieved_and_filtered(connections, account):
    newest = connections.transactions.list({"account": account}).data[0]

    assert newest == connections.transactions.retrieve(newest.id)
    since = {"account": account, "transacted_at": {"gte": newest.transacted_at}}
    assert [newest.id] == [
        item.id for item in connections.transactions.list(since).data
    ]


def test_errors_are_raised_as_the_sdk_classes(sandbox, client, connections, account):
    with pytest.raises(stripe.InvalidRequestError) as missing:
        connections.accounts.retrieve("fca_x")
    with pytest.raises(stripe.AuthenticationError):
        connections.accounts.retrieve(account, options={"api_key": "sk_test_nobody"})
    with pytest.raises(stripe.PermissionError):
        connections.accounts.disconnect(
            account, options={"api_key": sandbox.add_key(read_only=True)}
        )
    connections.accounts.refresh(
        account, {"features": ["balance"]}, {"idempotency_key": "k"}
    )
    with pytest.raises(stripe.IdempotencyError):
        connections.accounts.refresh(
            account, {"features": ["ownership"]}, {"idempotency_key": "k"}
        )

    assert (404, "resource_missing", "account") == (
        missing.value.http_status,
        missing.value.code,
        missing.value.param,
    )
    assert missing.value.request_id.startswith("req_")


def test_a_lost_response_is_retried_by_the_sdk_and_executed_once(
    sandbox, connections, account
):
    sandbox.inject(Fault("response_lost"))
    refreshed = connections.accounts.refresh(account, {"features": ["transactions"]})
    sandbox.advance(1000)

    assert "true" == refreshed.last_response.headers["idempotent-replayed"]
    events = [event["type"] for event in sandbox.events]
    assert 2 == events.count("financial_connections.account.refreshed_transactions")


def test_an_event_is_verified_by_the_sdk(sandbox, account):
    from financial_connections.sandbox.webhooks import pending_deliveries, signature  # noqa: PLC0415

    webhook = sandbox.add_webhook("http://127.0.0.1:9/hook")
    sandbox.deactivate(account)
    [delivery] = pending_deliveries(
        webhook, sandbox.events[-1:], sandbox._state.ids.stream("x")
    )
    header = signature(delivery.body, webhook.secret, int(sandbox.clock.now()))

    event = stripe.Webhook.construct_event(
        delivery.body, header, webhook.secret, tolerance=None
    )

    assert "financial_connections.account.deactivated" == event.type
    assert account == event.data.object.id


def test_an_event_about_an_authorization_is_typed(sandbox, account):
    from financial_connections.sandbox.webhooks import signature  # noqa: PLC0415

    webhook = sandbox.add_webhook("http://127.0.0.1:9/hook")
    sandbox.institution.schedule_deactivation(account, after=60)
    first, *_ = sandbox.delivery._take_pending()
    header = signature(first.body, webhook.secret, int(sandbox.clock.now()))

    event = stripe.Webhook.construct_event(
        first.body, header, webhook.secret, tolerance=None
    )

    authorization = event.data.object
    assert isinstance(authorization, stripe.financial_connections.Authorization)
    assert authorization.status_details.active.expected_deactivation_date


@pytest.mark.parametrize("version", [None], indirect=True)
def test_past_events_are_the_same_in_both_packages(sandbox, client):
    for _ in range(130):
        sandbox.add_account()
    types = ["financial_connections.account.created"]
    first = sandbox.events[0]["id"]
    events = client.v1.events
    newest = events.list({"types": types, "limit": 100})
    theirs = list(newest.auto_paging_iter())
    later = events.list({"types": types, "limit": 100, "ending_before": first})

    async def read():
        async with serve(sandbox) as server:
            async with AsyncClient(sandbox.api_key, base_url=server.url) as ours:
                listed = [event async for event in ours.events.list(types=types)]
                after = [event async for event in ours.events.list(after=first)]
                return listed, after, await ours.events.retrieve(first)

    listed, after, retrieved = asyncio.run(read())
    assert [event.to_dict() for event in theirs] == [
        event.to_dict() for event in listed
    ]
    assert 130 == len(theirs)
    assert [event.id for event in later.auto_paging_iter()] == [
        event.id for event in after
    ]
    assert events.retrieve(first).to_dict() == retrieved.to_dict()
    with pytest.raises(stripe.InvalidRequestError) as caught:
        events.retrieve("evt_unknown")
    assert ("resource_missing", 404) == (caught.value.code, caught.value.http_status)
