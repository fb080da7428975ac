"""Requests and connections over real sockets."""

import gc
import ssl

import anyio
import pytest
import trustme

from financial_connections import (
    APIConnectionError,
    AsyncClient,
)
from financial_connections._transport import pool as own_pool
from tests.support.servers import (
    http_response,
    read_request,
    serving,
)

KEY = "sk_test_51H8supersecret"


async def test_a_post_without_parameters_is_sent_as_a_form():
    heads = []

    async def handle(stream):
        async with stream:
            heads.append(await read_request(stream))
            await stream.send(http_response())

    async with serving(handle) as url, AsyncClient(KEY, base_url=url) as client:
        await client.accounts.disconnect("fca_1")
    head, body = heads[0]
    assert head.startswith(
        b"POST /v1/financial_connections/accounts/fca_1/disconnect HTTP/1.1\r\n"
    )
    assert b"content-length: 0" in head.lower().split(b"\r\n")
    assert b"content-type: application/x-www-form-urlencoded" in head.lower().split(
        b"\r\n"
    )
    assert b"" == body


async def test_an_id_is_sent_percent_encoded():
    heads = []

    async def handle(stream):
        async with stream:
            heads.append((await read_request(stream))[0])
            await stream.send(http_response())

    async with (
        serving(handle) as url,
        AsyncClient(KEY, base_url=url + "/prefix/") as client,
    ):
        await client.accounts.retrieve("a/../b?c#d%41 ü")
    assert heads[0].startswith(
        b"GET /prefix/v1/financial_connections/accounts/"
        b"a%2F..%2Fb%3Fc%23d%2541%20%C3%BC HTTP/1.1\r\n"
    )


async def test_an_idle_connection_is_reused():
    connections = 0

    async def handle(stream):
        nonlocal connections
        connections += 1
        async with stream:
            while True:
                try:
                    await read_request(stream)
                except (anyio.EndOfStream, anyio.BrokenResourceError):
                    return
                await stream.send(http_response())

    async with serving(handle) as url, AsyncClient(KEY, base_url=url) as client:
        for _ in range(5):
            await client.accounts.retrieve("fca_1")
    assert 1 == connections


async def test_max_connections_is_not_exceeded():
    now = most = 0

    async def handle(stream):
        nonlocal now, most
        now += 1
        most = max(now, most)
        async with stream:
            try:
                while True:
                    await read_request(stream)
                    await anyio.wait_all_tasks_blocked()
                    await stream.send(http_response())
            except (anyio.EndOfStream, anyio.BrokenResourceError):
                now -= 1

    async with (
        serving(handle) as url,
        AsyncClient(KEY, base_url=url, max_connections=3) as client,
        anyio.create_task_group() as tasks,
    ):
        for _ in range(20):
            tasks.start_soon(client.accounts.retrieve, "fca_1")
    assert 3 == most


@pytest.mark.parametrize("transport", ["httpx", "aiohttp"])
async def test_a_connection_is_not_reused_for_another_origin(
    transport, anyio_backend, no_waiting
):
    """An http call on loopback must not leave a connection that an https call uses
    without verification.
    """
    if anyio_backend == "trio":
        transport = "httpx"
    responses = []
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    trustme.CA().issue_cert("other.example").configure_cert(server)

    async def handle(stream):
        while True:
            await read_request(stream)
            responses.append(True)
            await stream.send(http_response())

    async with serving(handle) as plain, serving(handle, tls=server) as secured:
        async with AsyncClient(KEY, base_url=plain, transport=transport) as client:
            await client.accounts.retrieve("fca_1")
            with pytest.raises(
                APIConnectionError, match="CERTIFICATE_VERIFY_FAILED|certificate"
            ):
                await client.with_options(base_url=secured).accounts.retrieve("fca_1")
    assert [True] == responses


async def test_expired_connections_are_closed(monkeypatch):
    now = 0
    opened = 0

    async def handle(stream):
        nonlocal now, opened
        now, opened = now + 1, opened + 1
        try:
            while True:
                await read_request(stream)
                await anyio.wait_all_tasks_blocked()
                await stream.send(http_response())
        finally:
            now -= 1

    async with serving(handle) as url, AsyncClient(KEY, base_url=url) as client:
        async with anyio.create_task_group() as tasks:
            for _ in range(20):
                tasks.start_soon(client.accounts.retrieve, "fca_1")
        assert 20 == now
        monkeypatch.setattr(own_pool, "IDLE_SECONDS", -1)
        await client.accounts.retrieve("fca_1")
        await anyio.wait_all_tasks_blocked()
        assert 1 == now
    assert 21 == opened


async def test_closing_the_client_closes_its_sockets():
    async def handle(stream):
        async with stream:
            await read_request(stream)
            await stream.send(http_response())
            await anyio.sleep_forever()

    async with serving(handle) as url:
        async with AsyncClient(KEY, base_url=url) as client:
            await client.accounts.retrieve("fca_1")
        gc.collect()  # an unclosed socket would warn, and warnings are errors here


async def test_an_idle_connection_that_the_server_closed_is_replaced(connect):
    connections = 0

    async def handle(stream):
        nonlocal connections
        connections += 1
        await read_request(stream)
        await stream.send(http_response())

    async with serving(handle) as url, connect(url, max_retries=0) as client:
        for _ in range(5):
            await client.accounts.retrieve("fca_1")
            await anyio.wait_all_tasks_blocked()
    assert 5 == connections
