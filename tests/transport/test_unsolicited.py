"""Unsolicited responses reach no call."""

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


async def test_an_unsolicited_response_reaches_no_call():
    """The server sends more than one response, at once and late."""
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
    "size", [16_384, 65_536], ids=["a TLS record", "all that is read at once"]
)
@pytest.mark.parametrize("is_secured", [True, False], ids=["https", "http"])
async def test_an_unsolicited_response_below_the_parser_is_noticed(
    size, is_secured, authority, monkeypatch
):
    """The first response ends with a TLS record, or with what is read at once."""
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(server)
    trusting = ssl.create_default_context()
    authority.configure_trust(trusting)
    monkeypatch.setattr(own_pool, "tls_context", lambda: trusting)

    def response_of_that_size(name):
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
            await stream.send(
                response_of_that_size(name) + http_response(b'{"id": "stray"}')
            )

    async with (
        serving(handle, tls=server if is_secured else None) as url,
        AsyncClient(KEY, base_url=url, max_connections=1, max_retries=0) as client,
    ):
        for n in range(1, 10):
            assert f"n{n}" == (await client.accounts.retrieve(f"n{n}")).id
