"""Unsolicited responses never reach a call."""

import ssl

import anyio
import pytest
import trustme

from financial_connections import (
    AsyncClient,
)
from financial_connections._transport import pool as own_pool
from tests.support.servers import http_response, read_request, serving

KEY = "sk_test_51H8supersecret"


@pytest.fixture(scope="module")
def authority():
    return trustme.CA()


async def test_an_unsolicited_response_never_reaches_a_call():
    """The server sends extra responses, both immediately and later."""
    count = 0

    async def handle(stream):
        nonlocal count
        while True:
            await read_request(stream)
            count += 1
            mine = http_response(b'{"id": "n%d"}' % count)
            await stream.send(mine + http_response(b'{"id": "stray"}'))
            await anyio.wait_all_tasks_blocked()
            await stream.send(http_response(b'{"id": "late stray"}'))

    async with (
        serving(handle) as url,
        AsyncClient(KEY, base_url=url, max_connections=1, max_retries=0) as client,
    ):
        for n in range(1, 20):
            assert f"n{n}" == (await client.accounts.retrieve("fca_1")).id
            await anyio.wait_all_tasks_blocked()


@pytest.mark.parametrize(
    "size", [16_384, 65_536], ids=["a TLS record", "a single read"]
)
@pytest.mark.parametrize("is_secured", [True, False], ids=["https", "http"])
async def test_an_unsolicited_response_below_the_parser_is_detected(
    size, is_secured, authority, monkeypatch
):
    """The first response ends exactly where a TLS record or a single read ends."""
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(server)
    trusting = ssl.create_default_context()
    authority.configure_trust(trusting)
    monkeypatch.setattr(own_pool, "tls_context", lambda: trusting)

    def padded_response(name):
        padding = (
            size
            - len(http_response(b'{"id": "%s"}' % name + b" " * (size - 200)))
            + size
            - 200
        )
        response = http_response(b'{"id": "%s"}' % name + b" " * padding)
        assert size == len(response)
        return response

    async def handle(stream):
        while True:
            head, _ = await read_request(stream)
            name = head.split(b" ")[1].rpartition(b"/")[2]
            await stream.send(padded_response(name) + http_response(b'{"id": "stray"}'))

    async with (
        serving(handle, tls=server if is_secured else None) as url,
        AsyncClient(KEY, base_url=url, max_connections=1, max_retries=0) as client,
    ):
        for n in range(1, 10):
            assert f"n{n}" == (await client.accounts.retrieve(f"n{n}")).id
