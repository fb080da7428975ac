"""Requests of every operation with every parameter, as httpx's transport gets them."""

import inspect
import re
from datetime import UTC, datetime
from urllib.parse import parse_qsl

import pytest

from financial_connections import (
    API_VERSION,
    AsyncClient,
    RequestOptions,
    __version__,
)
from tests.support.samples import ACCOUNT, OWNER, SESSION, TRANSACTION, list_of

KEY = "sk_test_123"
BASE = "/v1/financial_connections"
OPTIONS = RequestOptions(
    api_key="rk_test_456",
    stripe_account="acct_1",
    stripe_context="ctx_1",
    idempotency_key="my-key",
    headers={"X-Trace": "t1"},
)
PAGE = {"limit": 3, "starting_after": "obj_1"}
PAGE_QUERY = [("limit", "3"), ("starting_after", "obj_1")]

# name of the call, arguments, keyword arguments, response, method, path, query, form
CALLS = [
    (
        "accounts.list",
        (),
        {
            "account_holder": {"customer": "cus_1"},
            "session": "fcsess_1",
            "expand": ["ownership"],
            **PAGE,
        },
        list_of(ACCOUNT),
        "GET",
        "/accounts",
        [
            ("account_holder[customer]", "cus_1"),
            ("expand[0]", "data.ownership"),
            ("session", "fcsess_1"),
            *PAGE_QUERY,
        ],
        [],
    ),
    (
        "accounts.list",
        (),
        {"account_holder": {"account": "acct_2"}, "ending_before": "obj_2"},
        list_of(ACCOUNT),
        "GET",
        "/accounts",
        [("account_holder[account]", "acct_2"), ("ending_before", "obj_2")],
        [],
    ),
    (
        "accounts.retrieve",
        ("fca_1",),
        {"expand": ["ownership", "account_holder.customer"]},
        ACCOUNT,
        "GET",
        "/accounts/fca_1",
        [("expand[0]", "ownership"), ("expand[1]", "account_holder.customer")],
        [],
    ),
    (
        "accounts.disconnect",
        ("fca_1",),
        {},
        ACCOUNT,
        "POST",
        "/accounts/fca_1/disconnect",
        [],
        [],
    ),
    (
        "accounts.disconnect",
        ("fca_1",),
        {"expand": ["ownership"]},
        ACCOUNT,
        "POST",
        "/accounts/fca_1/disconnect",
        [],
        [("expand[0]", "ownership")],
    ),
    (
        "accounts.refresh",
        ("fca_1",),
        {"features": ["balance", "transactions"], "expand": ["ownership"]},
        ACCOUNT,
        "POST",
        "/accounts/fca_1/refresh",
        [],
        [
            ("expand[0]", "ownership"),
            ("features[0]", "balance"),
            ("features[1]", "transactions"),
        ],
    ),
    (
        "accounts.subscribe",
        ("fca_1",),
        {"features": ["transactions"], "expand": ["ownership"]},
        ACCOUNT,
        "POST",
        "/accounts/fca_1/subscribe",
        [],
        [("expand[0]", "ownership"), ("features[0]", "transactions")],
    ),
    (
        "accounts.unsubscribe",
        ("fca_1",),
        {"features": ["transactions"], "expand": ["ownership"]},
        ACCOUNT,
        "POST",
        "/accounts/fca_1/unsubscribe",
        [],
        [("expand[0]", "ownership"), ("features[0]", "transactions")],
    ),
    (
        "accounts.list_owners",
        ("fca_1",),
        {"ownership": "fcaowns_1", "expand": ["new"], **PAGE},
        list_of(OWNER),
        "GET",
        "/accounts/fca_1/owners",
        [("expand[0]", "data.new"), ("ownership", "fcaowns_1"), *PAGE_QUERY],
        [],
    ),
    (
        "accounts.list_owners",
        ("fca_1",),
        {"ownership": "fcaowns_1", "ending_before": "obj_2"},
        list_of(OWNER),
        "GET",
        "/accounts/fca_1/owners",
        [("ending_before", "obj_2"), ("ownership", "fcaowns_1")],
        [],
    ),
    (
        "sessions.create",
        (),
        {
            "account_holder": {"type": "customer", "customer": "cus_1"},
            "permissions": ["balances", "payment_method"],
            "filters": {
                "account_subcategories": ["checking", "savings"],
                "country": "US",
            },
            "limits": {"accounts": ""},
            "manual_entry": {"mode": "disabled"},
            "prefetch": ["balances"],
            "return_url": "https://example.com/back?a=1&b=ü",
            "expand": ["accounts.data.ownership"],
        },
        SESSION,
        "POST",
        "/sessions",
        [],
        [
            ("account_holder[customer]", "cus_1"),
            ("account_holder[type]", "customer"),
            ("expand[0]", "accounts.data.ownership"),
            ("filters[account_subcategories][0]", "checking"),
            ("filters[account_subcategories][1]", "savings"),
            ("filters[country]", "US"),
            ("limits[accounts]", ""),
            ("manual_entry[mode]", "disabled"),
            ("permissions[0]", "balances"),
            ("permissions[1]", "payment_method"),
            ("prefetch[0]", "balances"),
            ("return_url", "https://example.com/back?a=1&b=ü"),
        ],
    ),
    (
        "sessions.retrieve",
        ("fcsess_1",),
        {"expand": ["account_holder.account"]},
        SESSION,
        "GET",
        "/sessions/fcsess_1",
        [("expand[0]", "account_holder.account")],
        [],
    ),
    (
        "transactions.list",
        (),
        {
            "account": "fca_1",
            "transacted_at": {
                "gte": datetime(2023, 10, 16, tzinfo=UTC),
                "lt": 1700000000,
            },
            "transaction_refresh": {"after": "fctxnref_1"},
            "expand": ["new"],
            **PAGE,
        },
        list_of(TRANSACTION),
        "GET",
        "/transactions",
        [
            ("account", "fca_1"),
            ("expand[0]", "data.new"),
            ("transacted_at[gte]", "1697414400"),
            ("transacted_at[lt]", "1700000000"),
            ("transaction_refresh[after]", "fctxnref_1"),
            *PAGE_QUERY,
        ],
        [],
    ),
    (
        "transactions.list",
        (),
        {"account": "fca_1", "transacted_at": 1697414400, "ending_before": "obj_2"},
        list_of(TRANSACTION),
        "GET",
        "/transactions",
        [
            ("account", "fca_1"),
            ("ending_before", "obj_2"),
            ("transacted_at", "1697414400"),
        ],
        [],
    ),
    (
        "transactions.retrieve",
        ("fctxn_1",),
        {"expand": ["new"]},
        TRANSACTION,
        "GET",
        "/transactions/fctxn_1",
        [("expand[0]", "new")],
        [],
    ),
]


def method_of(client, name):
    resource, _, call = name.partition(".")
    return getattr(getattr(client, resource), call)


@pytest.mark.parametrize(
    ("name", "args", "kwargs", "response", "method", "path", "query", "form"), CALLS
)
async def test_a_call_sends_exactly_this_request(
    name, args, kwargs, response, method, path, query, form, httpx_mock
):
    httpx_mock.add_response(json=response, headers={"Request-Id": "req_1"})
    async with AsyncClient(KEY) as client:
        result = await method_of(client, name)(*args, **kwargs)
    assert response == result.to_dict()
    assert "req_1" == result.request_id

    request = httpx_mock.get_request()
    assert (method, "https", "api.stripe.com") == (
        request.method,
        request.url.scheme,
        request.url.host,
    )
    assert (BASE + path).encode() == request.url.raw_path.partition(b"?")[0]
    assert sorted(query) == sorted(
        parse_qsl(request.url.query.decode(), strict_parsing=bool(query))
    )
    assert sorted(form) == sorted(
        parse_qsl(
            request.content.decode(),
            keep_blank_values=True,
            strict_parsing=bool(form),
        )
    )
    expected = {
        "host": "api.stripe.com",
        "accept": "application/json",
        "accept-encoding": "gzip",
        "authorization": f"Bearer {KEY}",
        "stripe-version": API_VERSION,
        "user-agent": request.headers["user-agent"],
    }
    if method == "POST":
        expected |= {
            "content-type": "application/x-www-form-urlencoded",
            "content-length": str(len(request.content)),
            "idempotency-key": request.headers["idempotency-key"],
        }
        assert re.fullmatch(
            r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}",
            request.headers["idempotency-key"],
        )
    assert expected == dict(request.headers)
    assert re.fullmatch(
        rf"financial-connections/{re.escape(__version__)} python/3\.\d+\.\d+\S*",
        expected["user-agent"],
    )


@pytest.mark.parametrize(
    ("name", "args", "kwargs", "response", "method"), [call[:5] for call in CALLS]
)
async def test_options_apply_to_one_call(
    name, args, kwargs, response, method, httpx_mock
):
    httpx_mock.add_response(json=response)
    async with AsyncClient(KEY) as client:
        await method_of(client, name)(*args, **kwargs, options=OPTIONS)
    headers = httpx_mock.get_request().headers
    sent = [
        headers.get(name)
        for name in ("authorization", "stripe-account", "stripe-context", "x-trace")
    ]
    assert ["Bearer rk_test_456", "acct_1", "ctx_1", "t1"] == sent
    assert ("my-key" if method == "POST" else None) == headers.get("idempotency-key")


# These methods send only the requests of other methods.
COMPOSED = {
    "accounts.refresh_and_wait",
    "accounts.refresh_many",
    "accounts.wait_for_refresh",
    "transactions.list_many",
    "transactions.sync",
    "transactions.sync_many",
}


def facade_methods():
    client = AsyncClient(KEY)
    for resource in ("accounts", "sessions", "transactions"):
        for name, method in inspect.getmembers(
            getattr(client, resource), inspect.ismethod
        ):
            if not name.startswith("_") and f"{resource}.{name}" not in COMPOSED:
                yield f"{resource}.{name}", method


def test_every_parameter_of_the_facade_is_tested():
    tested = {}
    for name, _, kwargs, *_ in CALLS:
        tested.setdefault(name, set()).update(kwargs)
    expected = {
        name: {
            p.name
            for p in inspect.signature(method).parameters.values()
            if p.kind is p.KEYWORD_ONLY
        }
        - {"options"}
        for name, method in facade_methods()
    }
    assert len(expected) == 11
    assert expected == tested
