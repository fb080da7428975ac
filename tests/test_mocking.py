"""Users can mock the API with pytest-httpx and respx."""

import pickle

import httpx
import pytest
import respx

from financial_connections import APIConnectionError, AsyncClient, NotFoundError
from tests.support.samples import ACCOUNT, TRANSACTION, list_of

KEY = "sk_test_1"
ACCOUNTS = "https://api.stripe.com/v1/financial_connections/accounts"
TRANSACTIONS = "https://api.stripe.com/v1/financial_connections/transactions"


async def test_pytest_httpx_can_mock_responses(httpx_mock):
    httpx_mock.add_response(
        url=f"{ACCOUNTS}/fca_1?expand%5B0%5D=ownership", json=ACCOUNT
    )
    httpx_mock.add_response(
        method="POST", url=f"{ACCOUNTS}/fca_1/refresh", json=ACCOUNT
    )
    async with AsyncClient(KEY) as client:
        assert (
            ACCOUNT["id"]
            == (await client.accounts.retrieve("fca_1", expand=["ownership"])).id
        )
        assert (
            ACCOUNT["id"]
            == (await client.accounts.refresh("fca_1", features=["balance"])).id
        )

    retrieved, refreshed = httpx_mock.get_requests()
    assert ("api.stripe.com", "/v1/financial_connections/accounts/fca_1") == (
        retrieved.url.host,
        retrieved.url.path,
    )
    assert {"expand[0]": "ownership"} == dict(retrieved.url.params)
    assert b"features%5B0%5D=balance" == refreshed.content
    assert f"Bearer {KEY}" == refreshed.headers["authorization"]


async def test_pytest_httpx_matches_headers_and_bodies(httpx_mock):
    httpx_mock.add_response(
        match_headers={"Authorization": f"Bearer {KEY}", "Stripe-Account": "acct_1"},
        match_content=b"features%5B0%5D=transactions",
        json=ACCOUNT,
    )
    async with AsyncClient(KEY, stripe_account="acct_1") as client:
        await client.accounts.subscribe("fca_1", features=["transactions"])


@respx.mock
async def test_respx_can_mock_responses():
    route = respx.get(f"{ACCOUNTS}/fca_1").respond(json=ACCOUNT)
    respx.get(f"{ACCOUNTS}/fca_2").respond(
        404, json={"error": {"type": "invalid_request_error"}}
    )
    async with AsyncClient(KEY) as client:
        for _ in range(2):
            assert ACCOUNT["id"] == (await client.accounts.retrieve("fca_1")).id
        with pytest.raises(NotFoundError):
            await client.accounts.retrieve("fca_2")
    assert 2 == route.call_count
    assert f"Bearer {KEY}" == route.calls.last.request.headers["authorization"]


@respx.mock
async def test_respx_matches_parameters_page_by_page():
    first = {**TRANSACTION, "id": "fctxn_1"}
    respx.get(
        TRANSACTIONS, params={"account": "fca_1", "starting_after": "fctxn_1"}
    ).respond(json=list_of(TRANSACTION))
    respx.get(TRANSACTIONS, params={"account": "fca_1"}).respond(
        json=list_of(first, has_more=True)
    )
    async with AsyncClient(KEY) as client:
        ids = [
            transaction.id
            async for transaction in client.transactions.list(account="fca_1")
        ]
    assert ["fctxn_1", TRANSACTION["id"]] == ids


@respx.mock
async def test_respx_can_match_forms_and_raise(no_waiting):
    route = respx.post(f"{ACCOUNTS}/fca_1/refresh", data={"features[0]": "balance"})
    route.side_effect = [
        httpx.ConnectError("refused"),
        httpx.Response(200, json=ACCOUNT),
    ]
    async with AsyncClient(KEY) as client:
        await client.accounts.refresh("fca_1", features=["balance"])
        route.side_effect = httpx.ReadTimeout("slow")
        with pytest.raises(APIConnectionError):
            await client.accounts.refresh("fca_1", features=["balance"])
    assert 5 == route.call_count


async def test_the_url_of_a_mocked_request_equals_an_httpx_url(httpx_mock):
    httpx_mock.add_response(json=ACCOUNT)
    async with AsyncClient(KEY, base_url="https://api.stripe.com/ab/") as client:
        await client.accounts.retrieve("fca/ä?")
    [request] = httpx_mock.get_requests()
    plain = httpx.URL(
        "https://api.stripe.com/ab/v1/financial_connections/accounts/fca%2F%C3%A4%3F"
    )
    assert plain == request.url == pickle.loads(pickle.dumps(request)).url
    assert (hash(plain), repr(plain), str(plain)) == (
        hash(request.url),
        repr(request.url),
        str(request.url),
    )
    assert plain.copy_with(path="/x") == request.url.copy_with(path="/x")
    assert plain.join("/y") == request.url.join("/y")
