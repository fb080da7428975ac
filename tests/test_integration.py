"""The SDK against the sandbox, over real HTTP."""

import json

import anyio
import httpx
import pytest

from financial_connections import (
    API_VERSION,
    AccountInactiveError,
    APIConnectionError,
    AsyncClient,
    AuthenticationError,
    IdempotencyError,
    InvalidRequestError,
    NotFoundError,
    PermissionDeniedError,
    RequestOptions,
    ServerError,
    expanded,
    id_of,
)
from financial_connections._decoding import misfits
from financial_connections.events import ContractMismatch, RequestStarted
from financial_connections.models import AccountOwnership, Customer, RefreshStatus
from financial_connections.sandbox import Fault, NewAccount, Sandbox, serve
from financial_connections.sandbox.api.versions import VERSIONS
from financial_connections.sandbox.http.app import application


@pytest.fixture
def sandbox():
    return Sandbox(seed=7)


@pytest.fixture
async def client(sandbox):
    async with (
        serve(sandbox) as server,
        AsyncClient(sandbox.api_key, base_url=server.url) as client,
    ):
        yield client


async def test_every_transaction_is_listed_once_in_both_directions(sandbox, client):
    account = sandbox.add_account(transactions=345)
    pager = client.transactions.list(account=account)
    forwards = [transaction.id async for transaction in pager]
    assert 345 == len(set(forwards)) == len(forwards)
    async with pager.prefetch(pages=2) as items:
        assert forwards == [transaction.id async for transaction in items]
    backwards = client.transactions.list(
        account=account, ending_before=forwards[-1], limit=50
    )
    assert forwards[:-1][::-1] == [transaction.id async for transaction in backwards]
    assert forwards[:120] == [t.id for t in await pager.collect(max_items=120)]


async def test_a_refresh_runs_from_pending_to_succeeded(sandbox, client):
    account = sandbox.add_account(balance=5_000, refreshed=())
    assert (await client.accounts.retrieve(account)).balance is None
    started = await client.accounts.refresh(account, features=["balance"])
    assert RefreshStatus.PENDING == started.balance_refresh.status
    sandbox.advance(60)
    done = await client.accounts.retrieve(account)
    assert (RefreshStatus.SUCCEEDED, {"usd": 5_000}) == (
        done.balance_refresh.status,
        done.balance.current,
    )


async def test_owners_can_be_listed_and_expanded(sandbox, client):
    account = sandbox.add_account(owners=3)
    plain = await client.accounts.retrieve(account)
    owners = await client.accounts.list_owners(
        account, ownership=id_of(plain.ownership)
    ).collect(max_items=10)
    wide = await client.accounts.retrieve(
        account, expand=["ownership", "account_holder.customer"]
    )
    ownership = expanded(wide.ownership)
    assert AccountOwnership is type(ownership)
    assert [owner.id for owner in owners] == [
        owner.id for owner in ownership.owners.data
    ]
    assert 3 == len(owners)
    listed = await client.accounts.list(expand=["ownership"]).collect(max_items=1)
    assert id_of(plain.ownership) == listed[0].ownership.id


async def test_an_expanded_customer_is_decoded_as_an_object(sandbox, client):
    customer = sandbox.add_customer(email="ada@example.com")
    account = sandbox.add_account(customer=customer)
    holder = (
        await client.accounts.retrieve(account, expand=["account_holder.customer"])
    ).account_holder
    assert Customer is type(holder.customer)
    assert (customer, "ada@example.com") == (
        holder.customer.id,
        holder.customer.extra["email"],
    )


async def test_a_session_is_created_completed_and_retrieved(sandbox, client):
    customer = sandbox.add_customer()
    session = await client.sessions.create(
        account_holder={"type": "customer", "customer": customer},
        permissions=["balances", "transactions"],
        filters={"country": "US"},
        prefetch=["balances"],
        return_url="https://example.com/back",
    )
    assert [] == session.accounts.data
    linked = sandbox.complete(session.id, [NewAccount(balance=100)])
    again = await client.sessions.retrieve(session.id)
    assert linked == [account.id for account in again.accounts.data]
    assert linked == [
        a.id
        for a in await client.accounts.list(session=session.id).collect(max_items=5)
    ]
    assert ["balances", "transactions"] == again.permissions


async def test_subscribing_and_disconnecting_change_the_account(sandbox, client):
    account = sandbox.add_account(transactions=3)
    assert ["transactions"] == (
        await client.accounts.subscribe(account, features=["transactions"])
    ).subscriptions
    assert (
        []
        == (
            await client.accounts.unsubscribe(account, features=["transactions"])
        ).subscriptions
    )
    assert "disconnected" == (await client.accounts.disconnect(account)).status


async def test_transactions_are_filtered_by_time(sandbox, client):
    account = sandbox.add_account(transactions=50)
    everything = await client.transactions.list(account=account).collect(max_items=100)
    middle = everything[20].transacted_at
    since = client.transactions.list(account=account, transacted_at={"gte": middle})
    assert [t.id for t in everything if t.transacted_at >= middle] == [
        t.id async for t in since
    ]
    [transaction] = [await client.transactions.retrieve(everything[0].id)]
    assert everything[0] == transaction


@pytest.mark.parametrize(
    ("call", "expected"),
    [
        (lambda c: c.accounts.retrieve("fca_nowhere"), NotFoundError),
        (lambda c: c.accounts.retrieve("fca_1/../../customers"), NotFoundError),
        (
            lambda c: c.with_options(api_key="sk_test_wrong").accounts.list(),
            AuthenticationError,
        ),
        (lambda c: c.transactions.list(account="fca_nowhere"), InvalidRequestError),
        (lambda c: c.accounts.list(expand=["nonsense"]), InvalidRequestError),
    ],
)
async def test_an_error_response_raises_a_typed_error(call, expected, client):
    with pytest.raises(expected) as caught:
        await call(client)
    assert caught.value.request_id.startswith("req_")
    assert "invalid_request_error" == caught.value.type


async def test_an_inactive_account_raises_an_error(sandbox, client):
    account = sandbox.add_account()
    sandbox.deactivate(account)
    with pytest.raises(AccountInactiveError):
        await client.accounts.refresh(account, features=["balance"])


async def test_a_restricted_key_cannot_write(sandbox, client):
    account = sandbox.add_account()
    reader = client.with_options(api_key=sandbox.add_key(read_only=True))
    assert account == (await reader.accounts.retrieve(account)).id
    with pytest.raises(PermissionDeniedError):
        await reader.accounts.refresh(account, features=["balance"])


async def test_a_lost_response_is_retried_and_takes_effect_once(
    sandbox, client, no_waiting
):
    account = sandbox.add_account(transactions=5)
    sandbox.inject(Fault("response_lost", operation="refresh_account", times=1))
    refreshed = await client.accounts.refresh(account, features=["transactions"])
    assert RefreshStatus.PENDING == refreshed.transaction_refresh.status
    assert 1 == len(no_waiting)
    assert (
        refreshed.transaction_refresh.id
        == (await client.accounts.retrieve(account)).transaction_refresh.id
    )


async def test_an_error_without_a_response_has_the_idempotency_key(sandbox, client):
    account = sandbox.add_account(transactions=5)
    once = client.with_options(max_retries=0)
    sandbox.inject(Fault("response_lost", operation="refresh_account", times=1))
    with pytest.raises(APIConnectionError) as caught:
        await once.accounts.refresh(account, features=["transactions"])
    again = RequestOptions(idempotency_key=caught.value.idempotency_key)
    path = f"/v1/financial_connections/accounts/{account}/refresh"
    response = await once.send_raw(
        "POST", path, params={"features": ["transactions"]}, options=again
    )
    assert response.replayed
    with pytest.raises(IdempotencyError):
        await once.accounts.refresh(account, features=["balance"], options=again)


@pytest.mark.parametrize(
    "kind",
    [
        "lock_timeout",
        "server_error",
        "unavailable",
        "bad_gateway",
        "reset",
        "reset_mid_body",
    ],
)
async def test_a_transient_fault_is_not_raised(kind, sandbox, client, no_waiting):
    account = sandbox.add_account()
    sandbox.inject(Fault(kind, times=2))
    assert account == (await client.accounts.retrieve(account)).id
    assert 2 == len(no_waiting)


async def test_a_persistent_fault_is_raised(sandbox, client, no_waiting):
    sandbox.inject(Fault("unavailable", times=3))
    with pytest.raises(ServerError) as caught:
        await client.accounts.list()
    assert 3 == caught.value.attempts


async def test_concurrent_calls_receive_their_own_responses(sandbox, client):
    accounts = [sandbox.add_account() for _ in range(20)]
    results = []

    async def ask(account):
        results.append((account, (await client.accounts.retrieve(account)).id))

    async with anyio.create_task_group() as tasks:
        for account in accounts * 5:
            tasks.start_soon(ask, account)
    assert 100 == len(results)
    assert all(account == received for account, received in results)


async def test_the_sandbox_works_without_a_socket(sandbox):
    account = sandbox.add_account()
    async with (
        httpx.AsyncClient(
            transport=httpx.ASGITransport(application(sandbox))
        ) as http_client,
        AsyncClient(sandbox.api_key, http_client=http_client) as client,
    ):
        assert account == (await client.accounts.retrieve(account)).id


async def test_prefetch_sends_the_next_request_before_it_yields_a_page(sandbox):
    account = sandbox.add_account(transactions=300)
    events = []
    async with (
        serve(sandbox) as server,
        AsyncClient(
            sandbox.api_key, base_url=server.url, on_event=events.append
        ) as client,
        client.transactions.list(account=account).prefetch() as items,
    ):
        await anext(items)
        assert 2 == len(
            [event for event in events if isinstance(event, RequestStarted)]
        )


@pytest.mark.parametrize(
    ("quirk", "names"),
    [
        ("account_is_linked_account", set()),
        ("account_pending", set()),
        ("next_refresh_absent", set()),
        ("owners_null", {"AccountOwnership.owners"}),
        ("session_url_empty", set()),
        ("session_without_accounts", {"Session.accounts"}),
        ("session_without_permissions", {"Session.permissions"}),
        ("undefined_currency", set()),
    ],
)
async def test_a_quirk_is_decoded_losslessly_and_reported(
    sandbox, monkeypatch, caplog, quirk, names
):
    monkeypatch.setattr(misfits, "_logged", set())
    account = sandbox.add_account(balance=5, owners=1, transactions=1)
    events = []
    async with (
        serve(sandbox) as server,
        AsyncClient(
            sandbox.api_key, base_url=server.url, on_event=events.append
        ) as client,
    ):
        session = await client.sessions.create(
            account_holder={"type": "customer", "customer": sandbox.add_customer()},
            permissions=["balances"],
        )
        sandbox.set_quirks(quirk)
        for _ in range(3):
            linked = await client.accounts.retrieve(account, expand=["ownership"])
            retrieved = await client.sessions.retrieve(session.id)
        for model, path, params in (
            (linked, f"accounts/{account}", {"expand": ["ownership"]}),
            (retrieved, f"sessions/{session.id}", {}),
        ):
            url = f"/v1/financial_connections/{path}"
            raw = await client.send_raw("GET", url, params=params)
            assert json.loads(raw.content) == model.to_dict()
    reported = [event.fields for event in events if isinstance(event, ContractMismatch)]
    assert [tuple(names)] * 3 * len(names) == reported
    assert names == {record.args[0] for record in caplog.records}
    assert len(names) == len(caplog.records)


@pytest.mark.parametrize("version", [VERSIONS[0], API_VERSION])
async def test_responses_of_old_and_new_api_versions_have_no_misfits(sandbox, version):
    customer = sandbox.add_customer()
    account = sandbox.add_account(
        customer=customer, balance=5, owners=2, transactions=3
    )
    events = []
    async with (
        serve(sandbox) as server,
        AsyncClient(
            sandbox.api_key,
            base_url=server.url,
            stripe_version=version,
            on_event=events.append,
        ) as client,
    ):
        session = await client.sessions.create(
            account_holder={"type": "customer", "customer": customer},
            permissions=["balances", "ownership", "transactions"],
        )
        sandbox.complete(session.id)
        await client.sessions.retrieve(session.id)
        await client.accounts.list(expand=["ownership"])
        await client.accounts.refresh(account, features=["balance", "ownership"])
        linked = await client.accounts.retrieve(account)
        ownership = id_of(linked.ownership)
        await client.accounts.list_owners(account, ownership=ownership)
        await client.transactions.list(account=account)
        await client.accounts.disconnect(account)
    assert 8 == len([event for event in events if isinstance(event, RequestStarted)])
    assert not [event for event in events if isinstance(event, ContractMismatch)]
