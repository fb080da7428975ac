"""Differences between aiohttp and the default backend that the SDK removes."""

import asyncio
import base64
import ssl
import subprocess
import sys
import textwrap

import aiohttp
import anyio
import pytest
import trustme
from anyio.streams.tls import TLSStream

from financial_connections import (
    APIConnectionError,
    AsyncClient,
    ConfigurationError,
    Timeout,
)
from financial_connections._transport import aiohttp_connections
from financial_connections._transport.aiohttp import AiohttpBackend
from financial_connections.sandbox import Sandbox, serve
from tests.support.servers import (
    GENEROUS,
    header_of,
    http_response,
    read_request,
    serving,
)

KEY = "sk_test_1"


def client_of(url, **settings):
    return AsyncClient(KEY, base_url=url, transport="aiohttp", **settings)


@pytest.mark.parametrize("method", ["GET", "POST", "DELETE"])
@pytest.mark.parametrize("retries", [0, 2])
@pytest.mark.asyncio
async def test_each_attempt_sends_one_request(method, retries, no_waiting):
    requests, events = [], []

    async def handle(stream):
        requests.append(await read_request(stream))

    async with (
        serving(handle) as url,
        client_of(url, max_retries=retries, on_event=events.append) as client,
    ):
        with pytest.raises(
            APIConnectionError, match="without sending a response"
        ) as caught:
            await client.send_raw(method, "/v1/balance")
    started = [event for event in events if type(event).__name__ == "RequestStarted"]
    assert retries + 1 == caught.value.attempts == len(requests) == len(started)


@pytest.mark.asyncio
async def test_a_request_on_a_connection_that_breaks_is_sent_once():
    """The first request succeeds, so the second one reuses its connection."""
    requests = []

    async def handle(stream):
        requests.append(await read_request(stream))
        await stream.send(http_response())
        requests.append(await read_request(stream))

    async with serving(handle) as url, client_of(url, max_retries=0) as client:
        await client.accounts.retrieve("fca_1")
        with pytest.raises(APIConnectionError):
            await client.accounts.retrieve("fca_1")
    assert 2 == len(requests)


def test_trio_is_rejected_before_sending():
    events = []

    async def main():
        client = client_of("http://127.0.0.1:1", on_event=events.append)
        match = "under asyncio only, not under trio"
        with pytest.raises(ConfigurationError, match=match):
            await client.accounts.retrieve("fca_1")
        await client.aclose()

    anyio.run(main, backend="trio")
    assert [] == events


@pytest.mark.asyncio
async def test_a_response_sets_no_cookie():
    cookies = []

    async def handle(stream):
        while True:
            head, _ = await read_request(stream)
            cookies.append(header_of(head, b"cookie"))
            await stream.send(http_response(headers=b"Set-Cookie: sid=1; Path=/\r\n"))

    async with serving(handle) as url, client_of(url) as client:
        for _ in range(2):
            await client.accounts.retrieve("fca_1")
    assert [None, None] == cookies


@pytest.mark.asyncio
async def test_the_headers_match_those_of_the_default_transport():
    heads = []

    async def handle(stream):
        while True:
            heads.append((await read_request(stream))[0])
            await stream.send(http_response())

    async with serving(handle) as url:
        for transport in ("httpx", "aiohttp"):
            async with AsyncClient(KEY, base_url=url, transport=transport) as client:
                await client.accounts.retrieve("fca_1", expand=["ownership"])
    first, second = heads
    assert first.split(b"\r\n")[0] == second.split(b"\r\n")[0]
    assert set(first.split(b"\r\n")) == set(second.split(b"\r\n"))


@pytest.mark.asyncio
async def test_a_proxy_receives_its_password_but_not_the_key(monkeypatch):
    heads = []

    async def handle(stream):
        heads.append((await read_request(stream))[0])
        await stream.send(http_response(b"", b"403 X"))

    for name in ("NO_PROXY", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
    async with serving(handle) as url:
        monkeypatch.setenv("HTTPS_PROXY", url.replace("http://", "http://ada:hunter2@"))
        async with client_of("https://stripe.example", max_retries=0) as client:
            with pytest.raises(APIConnectionError) as caught:
                await client.accounts.retrieve("fca_1")
    assert "proxy" == caught.value.reason
    assert "hunter2" not in str(caught.value)
    [head] = heads
    assert head.startswith(b"CONNECT stripe.example:443 HTTP/1.1\r\n")
    assert "Basic " + base64.b64encode(b"ada:hunter2").decode() == header_of(
        head, b"proxy-authorization"
    )
    assert KEY.encode() not in head


@pytest.mark.asyncio
async def test_a_connection_through_a_proxy_is_reused(monkeypatch):
    """The proxy leads to the server by switching to TLS itself."""
    authority, context = trustme.CA(), ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    authority.configure_trust(context)
    monkeypatch.setattr(aiohttp_connections, "tls_context", lambda: context)
    server_tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("stripe.example").configure_cert(server_tls)
    tunnels, requests = [], []

    async def handle(stream):
        tunnels.append(await read_request(stream))
        await stream.send(b"HTTP/1.1 200 Connection established\r\n\r\n")
        tls = await TLSStream.wrap(stream, server_side=True, ssl_context=server_tls)
        while True:
            requests.append(await read_request(tls))
            await tls.send(http_response())

    for name in ("NO_PROXY", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
    async with serving(handle) as url:
        monkeypatch.setenv("HTTPS_PROXY", url.replace("http://", "http://ada:hunter2@"))
        async with client_of("https://stripe.example", timeout=GENEROUS) as client:
            for _ in range(3):
                await client.accounts.retrieve("fca_1")
    assert (1, 3) == (len(tunnels), len(requests))
    assert b"hunter2" not in b"".join(head for head, _ in requests)
    assert {None} == {header_of(h, b"proxy-authorization") for h, _ in requests}


@pytest.mark.asyncio
async def test_a_form_is_sent_with_its_headers_at_once():
    received = []

    async def handle(stream):
        received.append(await stream.receive())
        await stream.send(http_response())

    async with serving(handle) as url, client_of(f"{url}/prefix") as client:
        await client.accounts.disconnect("fca_1", expand=["ownership"])
    head, _, body = received[0].partition(b"\r\n\r\n")
    path = b"/prefix/v1/financial_connections/accounts/fca_1/disconnect"
    assert b"POST %s HTTP/1.1" % path == head.split(b"\r\n")[0]
    assert f"Bearer {KEY}" == header_of(head, b"authorization")
    assert b"expand%5B0%5D=ownership" == body


@pytest.mark.asyncio
async def test_a_slow_connection_causes_a_timeout(monkeypatch):
    async def connect(*args, **kwargs):
        await asyncio.sleep(60)

    monkeypatch.setattr(aiohttp.TCPConnector, "_create_connection", connect)
    client = client_of("http://127.0.0.1:1", timeout=5, max_retries=0).with_options(
        timeout=Timeout(5, connect=0.05)
    )
    with pytest.raises(APIConnectionError) as caught:
        await client.accounts.retrieve("fca_1")
    assert "timeout" == caught.value.reason
    await client.aclose()


@pytest.mark.asyncio
async def test_a_client_that_is_closed_while_it_starts_opens_no_connection(
    monkeypatch,
):
    backend = AiohttpBackend(1)

    async def run(*, tls):
        backend.limiter.closed = True

    monkeypatch.setattr(backend._startup, "run", run)
    client = client_of("http://127.0.0.1:1", max_retries=0)
    object.__setattr__(client._transport, "backend", backend)
    with pytest.raises(APIConnectionError, match="closed"):
        await client.accounts.retrieve("fca_1")
    assert {} == backend._origins


ENDINGS = {
    "the client is alive at the end": "pass",
    "the client is collected": "del client; gc.collect(); await asyncio.sleep(0)",
    "the client is collected after its event loop": "kept.append(client)",
}


@pytest.mark.parametrize("ending", ENDINGS.values(), ids=ENDINGS)
def test_an_unclosed_client_prints_nothing(ending):
    program = textwrap.dedent(f"""
        import asyncio, gc, sys
        from financial_connections import AsyncClient

        kept = []

        async def main(key, url, account):
            client = AsyncClient(key, base_url=url, transport="aiohttp")
            await client.accounts.retrieve(account)
            {ending}

        asyncio.run(main(*sys.argv[1:]))
        kept.clear()
        gc.collect()
        print("done")
    """)
    sandbox = Sandbox()
    account = sandbox.add_account()
    with serve(sandbox) as server:
        command = [sys.executable, "-c", program, sandbox.api_key, server.url, account]
        process = subprocess.run(command, capture_output=True, text=True, check=False)
    assert ("done\n", "") == (process.stdout, process.stderr)
