"""Derived clients, created by `with_options`."""

import httpx
import pytest

from financial_connections import API_VERSION, InvalidArgumentError, RequestOptions
from tests.support.mock_api import account_response, mock_client, scripted
from tests.support.samples import ACCOUNT

KEY = "sk_test_51H8supersecret"


async def test_a_derived_client_has_its_own_settings_and_shares_connections():
    api, requests = scripted(account_response(), account_response(), account_response())
    async with mock_client(api, stripe_account="acct_1") as client:
        derived = client.with_options(stripe_account="acct_2", api_key="rk_test_2")
        await derived.accounts.retrieve("fca_1")
        await client.accounts.retrieve("fca_1")
        await client.with_options(stripe_account=None).accounts.retrieve("fca_1")
    assert ["acct_2", "acct_1", None] == [
        request.headers.get("stripe-account") for request in requests
    ]
    assert f"Bearer {KEY}" == requests[1].headers["authorization"]
    assert derived._transport.backend is client._transport.backend
    with pytest.raises(TypeError):
        client.with_options(max_connections=3)


async def test_the_stripe_version_of_a_call_is_the_most_specific_one():
    api, requests = scripted(*[account_response() for _ in range(5)])
    options = RequestOptions(stripe_version="2024-03-01.name")
    async with mock_client(api) as client:
        derived = client.with_options(stripe_version="2024-02-01")
        await client.accounts.retrieve("fca_1")
        await derived.accounts.retrieve("fca_1")
        await derived.accounts.retrieve("fca_1", options=options)
        await derived.accounts.retrieve("fca_1", options=RequestOptions(timeout=1))
        await derived.with_options(stripe_version=None).accounts.retrieve("fca_1")
    assert [
        API_VERSION,
        "2024-02-01",
        "2024-03-01.name",
        "2024-02-01",
        API_VERSION,
    ] == [request.headers["stripe-version"] for request in requests]


async def test_a_stripe_version_applies_to_every_page_and_raw_request():
    page = {"object": "list", "data": [ACCOUNT], "has_more": True, "url": "/v1/x"}
    last = page | {"data": [], "has_more": False}
    api, requests = scripted(
        httpx.Response(200, json=page),
        httpx.Response(200, json=last),
        httpx.Response(200, json={}),
    )
    async with mock_client(api, stripe_version="2024-02-01") as client:
        assert 1 == len(await client.accounts.list().collect(max_items=9))
        await client.send_raw("GET", "/v1/balance")
    assert ["2024-02-01"] * 3 == [r.headers["stripe-version"] for r in requests]


async def test_a_version_among_the_headers_is_rejected_before_sending():
    api, requests = scripted()
    async with mock_client(api, stripe_version="2024-02-01") as client:
        with pytest.raises(InvalidArgumentError, match="use stripe_version="):
            await client.accounts.retrieve(
                "fca_1",
                options=RequestOptions(headers={"Stripe-Version": "2024-02-01"}),
            )
    assert [] == requests


async def test_closing_a_derived_client_closes_nothing():
    api, requests = scripted(account_response(), account_response())
    async with mock_client(api) as client:
        async with client.with_options(max_retries=0) as derived:
            await derived.accounts.retrieve("fca_1")
        await client.accounts.retrieve("fca_1")
    assert 2 == len(requests)
