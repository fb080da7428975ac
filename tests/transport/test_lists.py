"""Requests for the pages of a list."""

import httpx
import pytest

from financial_connections import (
    PaginationError,
    RequestOptions,
)
from tests.support.mock_api import mock_client, scripted
from tests.support.samples import ACCOUNT, TRANSACTION, list_of

KEY = "sk_test_51H8supersecret"


@pytest.mark.parametrize("cursor", ["", " ", "a\x00b", "a\u00a0b", 5, ["a"]])
async def test_an_id_that_cannot_be_a_cursor_raises_a_pagination_error(cursor):
    page = list_of(
        dict(TRANSACTION, id="fctxn_1"), dict(TRANSACTION, id=cursor), has_more=True
    )
    api, requests = scripted(httpx.Response(200, json=page))
    async with mock_client(api) as client:
        with pytest.raises(PaginationError):
            async for _ in client.transactions.list(account="fca_1"):
                pass
    assert 1 == len(requests)


async def test_filters_and_options_are_sent_for_every_page():
    first, last = (dict(TRANSACTION, id=f"fctxn_{n}") for n in (1, 2))
    pages = [
        httpx.Response(200, json=list_of(first, has_more=True)),
        httpx.Response(200, json=list_of(last)),
    ]
    api, requests = scripted(*pages)
    options = RequestOptions(stripe_account="acct_1")
    async with mock_client(api) as client:
        pager = client.transactions.list(
            account="fca_1", transacted_at={"gte": 1}, options=options
        )
        assert ["fctxn_1", "fctxn_2"] == [transaction.id async for transaction in pager]
    assert ["acct_1"] * 2 == [request.headers["stripe-account"] for request in requests]
    queries = [dict(request.url.params) for request in requests]
    assert {"account": "fca_1", "transacted_at[gte]": "1", "limit": "100"} == queries[0]
    assert queries[0] | {"starting_after": "fctxn_1"} == queries[1]


async def test_the_url_in_a_list_is_not_followed():
    pages = [
        list_of(ACCOUNT, has_more=True, url="https://evil.example/v1/accounts"),
        list_of(ACCOUNT | {"id": "b"}),
    ]
    api, requests = scripted(*[httpx.Response(200, json=page) for page in pages])
    async with mock_client(api) as client:
        assert 2 == len(await client.accounts.list().collect(max_items=5))
    assert {"api.stripe.com"} == {request.url.host for request in requests}


async def test_a_pager_keeps_its_filter_when_the_argument_changes():
    api, requests = scripted(*[httpx.Response(200, json=list_of())] * 2)
    holder = {}
    async with mock_client(api) as client:
        pagers = []
        for customer in ("cus_1", "cus_2"):
            holder["customer"] = customer
            pagers.append(client.accounts.list(account_holder=holder))
        for pager in pagers:
            await pager
    assert ["cus_1", "cus_2"] == [
        request.url.params["account_holder[customer]"] for request in requests
    ]
