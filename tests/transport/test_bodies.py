"""Decoding of response bodies, and errors if they cannot be decoded."""

import asyncio
import gzip
import json
import zlib
from contextlib import suppress
from types import SimpleNamespace
from typing import ClassVar

import anyio
import httpx
import pytest

from financial_connections import (
    APIResponseError,
    AsyncClient,
    AuthenticationError,
    InvalidRequestError,
    NotFoundError,
    RateLimitError,
    ServerError,
)
from financial_connections._transport import coding as codings
from financial_connections._transport.body import read_body
from financial_connections._transport.coding import BodyError
from tests.support.servers import http_response, read_request, serving
from tests.support.turns import Work

KEY = "sk_test_123"
CONTENT = json.dumps({"id": "fca_1", "display_name": "x" * 5000}).encode()


def raw_deflate(content):
    deflater = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return deflater.compress(content) + deflater.flush()


ENCODED = {
    "gzip": (b"gzip", gzip.compress(CONTENT)),
    "x-gzip": (b"x-gzip", gzip.compress(CONTENT)),
    "gzip of several members": (
        b"gzip",
        b"".join(gzip.compress(CONTENT[n : n + 700]) for n in range(0, 9000, 700)),
    ),
    "gzip with padding": (
        b"GZIP",
        gzip.compress(CONTENT[:100])
        + bytes(9)
        + gzip.compress(CONTENT[100:])
        + bytes(9),
    ),
    "deflate": (b"deflate", zlib.compress(CONTENT)),
    "deflate, uncompressed": (b"deflate", zlib.compress(CONTENT, 0)),
    "deflate without a header": (b"deflate", raw_deflate(CONTENT)),
    "identity": (b"identity", CONTENT),
}


class Stream(httpx.AsyncByteStream):
    def __init__(self, content, size):
        self.chunks = [content[n : n + size] for n in range(0, len(content), size)]

    async def __aiter__(self):
        for chunk in self.chunks:
            await anyio.lowlevel.checkpoint()
            yield chunk


@pytest.mark.parametrize("size", [1, 2, 7, 4096, 100_000])
@pytest.mark.parametrize("name", ENCODED)
async def test_a_compressed_body_is_decoded_however_it_is_split(name, size):
    coding, content = ENCODED[name]
    assert CONTENT == await read_body(
        httpx.Response(200, stream=Stream(content, size)), coding.decode()
    )


@pytest.mark.parametrize("size", [1, 4096])
@pytest.mark.parametrize(
    "name", ["gzip", "gzip of several members", "deflate", "deflate without a header"]
)
async def test_a_truncated_compressed_body_raises_an_error(name, size):
    coding, content = ENCODED[name]
    for length in (1, 5, len(content) // 2, len(content) - 1):
        with pytest.raises(BodyError) as caught:
            await read_body(
                httpx.Response(200, stream=Stream(content[:length], size)),
                coding.decode(),
            )
        assert caught.value.retryable


@pytest.mark.parametrize("coding", ["gzip", "deflate"])
async def test_an_empty_body_is_accepted_with_every_coding(coding):
    assert b"" == await read_body(httpx.Response(200, stream=Stream(b"", 1)), coding)


class Ready(httpx.AsyncByteStream):
    """Chunks that are always available, so that reading one never suspends."""

    def __init__(self, scope):
        self.scope = scope
        self.count = 0

    def __aiter__(self):
        return self

    async def __anext__(self):
        self.count += 1
        if self.count == 100:
            self.scope.cancel()
        if self.count == 1000:
            raise StopAsyncIteration
        return b" "


async def test_reading_chunks_that_are_always_available_can_be_cancelled():
    with anyio.CancelScope() as scope:
        stream = Ready(scope)
        await read_body(httpx.Response(200, stream=stream), "identity")
    assert scope.cancelled_caught
    assert stream.count < 200


async def test_a_busy_generator_is_not_read_beyond_the_limit():
    count = 0

    class Generated(httpx.AsyncByteStream):
        async def __aiter__(self):
            nonlocal count
            while count < 1000:
                count += 1
                yield b" "

    with pytest.raises(BodyError, match="larger than"):
        await read_body(httpx.Response(200, stream=Generated()), "identity", 10)
    assert count < 100


MEBIBYTE = 1024 * 1024
BOMB = b" " * (MEBIBYTE + 1)


@pytest.mark.parametrize(
    ("coding", "content"),
    [
        ("gzip", gzip.compress(BOMB)),
        ("gzip", gzip.compress(BOMB[: MEBIBYTE // 2 + 1]) * 2),
        ("gzip", gzip.compress(b"") * (MEBIBYTE // 20 + 1)),
        ("deflate", zlib.compress(BOMB)),
        ("deflate", raw_deflate(BOMB)),
    ],
    ids=["gzip", "two members", "empty members", "deflate", "raw deflate"],
)
async def test_the_size_of_a_decompressed_body_is_limited(coding, content):
    with pytest.raises(BodyError, match="larger than 1 MiB"):
        await read_body(
            httpx.Response(200, stream=Stream(content, 65_536)), coding, MEBIBYTE
        )


class Member:
    """A decompressor that records its calls."""

    sizes: ClassVar[list[tuple[int, int]]] = []

    def __init__(self, wbits):
        self.inflater = zlib.decompressobj(wbits)

    def decompress(self, data, limit):
        part = self.inflater.decompress(data, limit)
        self.sizes.append((len(data), len(part)))
        return part

    def __getattr__(self, name):
        return getattr(self.inflater, name)


@pytest.fixture
def pieces(monkeypatch):
    """The number of bytes before and after each decompression."""
    spy = SimpleNamespace(**vars(zlib) | {"decompressobj": Member})
    monkeypatch.setattr(codings, "zlib", spy)
    monkeypatch.setattr(Member, "sizes", [])
    return Member.sizes


async def test_many_tiny_gzip_members_are_decoded_in_linear_time(pieces):
    """zlib copies the data after a member, so it must be given little of it."""
    content = (gzip.compress(b"x") + bytes(5)) * 10_000
    stream = Stream(content, len(content))
    response = httpx.Response(200, stream=stream)
    assert b"x" * 10_000 == await read_body(response, "gzip")
    assert sum(size for size, _ in pieces) < 20 * len(content)


@pytest.mark.parametrize(
    ("coding", "content"),
    [
        ("gzip", gzip.compress(BOMB * 8)),
        ("gzip", gzip.compress(b"x") * 2_000),
        ("gzip", gzip.compress(bytes(range(256)) * 8192, 0)),
        ("deflate", zlib.compress(BOMB * 8)),
        ("deflate", zlib.compress(bytes(range(256)) * 8192, 0)),
        ("deflate", raw_deflate(BOMB * 8)),
    ],
    ids=["bomb", "members", "stored", "deflate bomb", "deflate stored", "raw bomb"],
)
async def test_other_tasks_run_while_a_body_is_decompressed(
    coding, content, monkeypatch, pieces
):
    work = Work(monkeypatch)
    monkeypatch.setattr(Member, "decompress", work.spy(Member.decompress))
    response = httpx.Response(200, stream=Stream(content, len(content)))
    await work.beside_another_task(read_body, response, coding)
    assert len(pieces) >= 30
    assert max(before + after for before, after in pieces) <= 192 * 1024
    assert work.most_in_a_row <= 12


UNREADABLE = {
    "corrupt gzip": b"Content-Encoding: gzip\r\n",
    "an unknown coding": b"Content-Encoding: br\r\n",
    "corrupt deflate": b"Content-Encoding: deflate\r\n",
}


@pytest.fixture(params=["own pool", "aiohttp", "injected"])
async def connect(request, anyio_backend):
    if request.param == "injected":
        async with httpx.AsyncClient() as http_client:
            yield lambda url, **settings: AsyncClient(
                KEY, base_url=url, http_client=http_client, **settings
            )
        return
    transport = (
        "aiohttp"
        if (request.param, anyio_backend) == ("aiohttp", "asyncio")
        else "httpx"
    )
    yield lambda url, **settings: AsyncClient(
        KEY, base_url=url, transport=transport, **settings
    )


@pytest.mark.parametrize("fault", UNREADABLE)
@pytest.mark.parametrize(
    ("status", "headers", "error_class", "attempts"),
    [
        (b"401 X", b"", AuthenticationError, 1),
        (b"400 X", b"", InvalidRequestError, 1),
        (b"404 X", b"Stripe-Should-Retry: true\r\n", NotFoundError, 3),
        (b"503 X", b"", ServerError, 3),
        (b"503 X", b"Stripe-Should-Retry: false\r\n", ServerError, 1),
        (b"429 X", b"Retry-After: 7\r\n", RateLimitError, 3),
    ],
)
async def test_an_error_with_an_unreadable_body_keeps_its_status_and_retries(
    fault, status, headers, error_class, attempts, connect, no_waiting
):
    response = http_response(
        b"\xff\xffnothing",
        status,
        headers + UNREADABLE[fault] + b"Request-Id: req_1\r\n",
    )

    async def handle(stream):
        while True:
            await read_request(stream)
            await stream.send(response)

    async with serving(handle) as url, connect(url, rate_limit=None) as client:
        with pytest.raises(error_class, match="an unreadable body") as caught:
            await client.accounts.retrieve("fca_1")
    error = caught.value
    assert ("req_1", attempts, None, int(status[:3])) == (
        error.request_id,
        error.attempts,
        error.body,
        error.status,
    )
    assert (7 if b"Retry-After" in headers else None) == error.retry_after
    assert attempts - 1 == len(no_waiting)
    assert all(seconds >= (error.retry_after or 0) for seconds in no_waiting)


async def test_an_error_with_a_body_that_is_too_large_keeps_its_status(
    connect, no_waiting
):
    async def handle(stream):
        await read_request(stream)
        await stream.send(
            b"HTTP/1.1 503 X\r\nRequest-Id: req_1\r\nContent-Length: 524288000\r\n\r\n"
        )
        while True:
            await stream.send(b" " * 1_000_000)

    async with serving(handle) as url, connect(url, max_retries=1) as client:
        with pytest.raises(ServerError, match="larger than 32 MiB") as caught:
            await client.accounts.retrieve("fca_1")
    assert ("req_1", 2) == (caught.value.request_id, caught.value.attempts)


@pytest.mark.parametrize("anyio_backend", ["asyncio"])
async def test_a_busy_socket_is_not_read_beyond_the_limit(connect, monkeypatch):
    """The server runs in the same event loop and refills the socket at each step."""
    sent = 0

    async def handle(reader, writer):
        nonlocal sent
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100000000000\r\n\r\n")
        with suppress(OSError):
            while sent < 300 * MEBIBYTE:
                writer.write(b" " * (MEBIBYTE // 4))
                sent += MEBIBYTE // 4
                await writer.drain()
        writer.close()

    monkeypatch.setattr(codings, "MAX_BODY_BYTES", 65_536)
    async with await asyncio.start_server(handle, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        async with connect(f"http://127.0.0.1:{port}", max_retries=0) as client:
            with pytest.raises(APIResponseError, match="larger than"):
                await client.accounts.retrieve("fca_1")
    assert sent < 100 * MEBIBYTE


async def test_an_endless_unreadable_body_is_cut_off(connect):
    async def handle(stream):
        await read_request(stream)
        await stream.send(
            b"HTTP/1.1 200 OK\r\nRequest-Id: req_1\r\n"
            b"Content-Encoding: gzip\r\nContent-Length: 99\r\n\r\nxy"
        )
        await stream.receive()

    async with serving(handle) as url, connect(url, max_retries=0) as client:
        with pytest.raises(APIResponseError, match="not gzip") as caught:
            await client.accounts.retrieve("fca_1")
    assert ("req_1", 200, True) == (
        caught.value.request_id,
        caught.value.status,
        caught.value.retryable,
    )


async def test_an_unreadable_2xx_response_to_a_delete_is_not_retried(
    connect, no_waiting
):
    async def handle(stream):
        while True:
            await read_request(stream)
            await stream.send(
                http_response(b"nothing", headers=b"Content-Encoding: gzip\r\n")
            )

    async with serving(handle) as url, connect(url) as client:
        with pytest.raises(APIResponseError) as caught:
            await client.send_raw("DELETE", "/v1/things/1")
    assert (1, False) == (caught.value.attempts, caught.value.retryable)
