"""Derived clients, created by `with_options`."""

import pytest

from tests.support.mock_api import account_response, mock_client, scripted

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


async def test_closing_a_derived_client_closes_nothing():
    api, requests = scripted(account_response(), account_response())
    async with mock_client(api) as client:
        async with client.with_options(max_retries=0) as derived:
            await derived.accounts.retrieve("fca_1")
        await client.accounts.retrieve("fca_1")
    assert 2 == len(requests)
