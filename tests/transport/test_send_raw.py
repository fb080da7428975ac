"""`send_raw`, and arguments that no call accepts."""

import copy
import json
import pickle
from datetime import datetime

import pytest

import financial_connections
from financial_connections import AsyncClient, RequestOptions
from financial_connections._request import Request
from financial_connections._transport.wire import encode_message, wire_request

KEY = "sk_test_123"


def method_of(client, name):
    resource, _, call = name.partition(".")
    return getattr(getattr(client, resource), call)


async def test_send_raw_reaches_any_endpoint(httpx_mock):
    httpx_mock.add_response(
        status_code=201, json={"a": 1}, headers={"Request-Id": "req_1"}
    )
    async with AsyncClient(KEY) as client:
        response = await client.send_raw(
            "post", "/v1/customers", params={"metadata": {"a": "b"}, "n": 1.5}
        )
    request = httpx_mock.get_request()
    assert ("POST", b"/v1/customers", b"metadata%5Ba%5D=b&n=1.5") == (
        request.method,
        request.url.raw_path,
        request.content,
    )
    assert (201, "req_1", b'{"a":1}', False) == (
        response.status,
        response.request_id,
        response.content,
        response.replayed,
    )
    assert "application/json" == response.headers["content-type"]


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("PATCH", "/v1/x"),
        (5, "/v1/x"),
        ("GET", "v1/x"),
        ("GET", "https://evil.example/v1/x"),
        ("GET", "/v1/../x"),
        ("GET", "//evil.example/x"),
        ("GET", "/v1/x?a=b"),
        ("GET", "/v1/x#a"),
        ("GET", "/v1/x/"),
        ("GET", ""),
        ("GET", None),
    ],
)
async def test_send_raw_rejects_an_invalid_path(method, path, httpx_mock):
    async with AsyncClient(KEY) as client:
        with pytest.raises(financial_connections.InvalidArgumentError):
            await client.send_raw(method, path)


@pytest.mark.parametrize(
    ("name", "args", "kwargs"),
    [
        ("accounts.retrieve", ("",), {}),
        ("accounts.retrieve", ("..",), {}),
        ("accounts.retrieve", (" ",), {}),
        ("accounts.disconnect", (" ",), {}),
        ("accounts.retrieve", ("\u3000",), {}),
        ("accounts.retrieve", (None,), {}),
        ("accounts.refresh", ("fca_1",), {"features": "balance"}),
        ("accounts.refresh", ("fca_1",), {"features": []}),
        ("accounts.refresh", ("fca_1",), {"features": None}),
        ("accounts.retrieve", ("fca_1",), {"expand": "ownership"}),
        ("accounts.list", (), {"expand": "ownership"}),
        ("accounts.list", (), {"account_holder": {"customer": None}}),
        (
            "sessions.create",
            (),
            {"account_holder": {"customer": "cus_1"}, "permissions": ["balances"]},
        ),
        (
            "sessions.create",
            (),
            {"account_holder": {"type": "customer"}, "permissions": []},
        ),
        ("transactions.list", (), {"account": ""}),
        (
            "transactions.list",
            (),
            {"account": "fca_1", "transacted_at": datetime(2023, 1, 1)},  # noqa: DTZ001
        ),
        ("transactions.list", (), {"account": "fca_1", "transaction_refresh": {}}),
    ],
)
async def test_invalid_arguments_are_rejected_before_sending(
    name, args, kwargs, httpx_mock
):
    async with AsyncClient(KEY) as client:
        with pytest.raises(financial_connections.InvalidArgumentError):
            await method_of(client, name)(*args, **kwargs)


@pytest.mark.parametrize("is_message", [False, True])
async def test_only_the_http_library_can_read_the_authorization_header(is_message):
    client = AsyncClient(KEY)
    request = wire_request(
        Request("GET", "/v1/balance"), client._transport.settings, RequestOptions()
    )
    value = encode_message(request) if is_message else request.headers["Authorization"]
    assert f"Bearer {KEY}".encode() in value
    shown = [
        repr(value),
        str(value),
        f"{value}",
        "%s" % value,  # noqa: UP031 - under test
        format(value, ">9"),
        json.dumps([value], default=str),
    ]
    assert KEY not in "".join(shown)
    assert value is copy.deepcopy(value)
    for protocol in range(pickle.HIGHEST_PROTOCOL + 1):
        assert b"***" == pickle.loads(pickle.dumps(value, protocol))
