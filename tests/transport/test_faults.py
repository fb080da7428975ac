"""Network faults raise typed errors and leave the client usable."""

import gzip
import tracemalloc
from functools import cache

import httpx
import httpx2
import pytest

from financial_connections import (
    APIConnectionError,
    APIResponseError,
    APIStatusError,
)
from financial_connections._transport import coding as _coding
from financial_connections._transport.causes import no_response_from
from tests.support.servers import (
    header_of,
    http_response,
    read_request,
    reset,
    serving,
)
from tests.support.wire_faults import FAULTS, OPEN, RST

KEY = "sk_test_51H8supersecret"


@pytest.mark.parametrize("fault", FAULTS)
async def test_a_fault_raises_a_typed_error_and_the_client_stays_usable(
    fault, connect, no_waiting, monkeypatch
):
    sent, then, error_class, attempts = FAULTS[fault]
    monkeypatch.setattr(_coding, "MAX_BODY_BYTES", 65_536)
    heads, healed = [], False

    async def handle(stream):
        while True:
            head, body = await read_request(stream)
            heads.append((head, body))
            if healed:
                await stream.send(http_response())
                continue
            await stream.send(sent)
            if then == RST:
                await reset(stream)
            if then != OPEN:
                return

    async with serving(handle) as url, connect(url) as client:
        with pytest.raises(error_class) as caught:
            await client.accounts.refresh("fca_1", features=["balance"])
        healed = True
        assert "fca_1" == (await client.accounts.retrieve("fca_1")).id

    assert error_class is type(caught.value)
    assert attempts == caught.value.attempts == len(heads) - 1
    assert 1 == len(set(heads[:-1]))
    assert caught.value.idempotency_key == header_of(heads[0][0], b"idempotency-key")
    assert caught.value.__context__ is None


@pytest.mark.parametrize(
    "fault", ["reset in the body", "garbage", "bad gzip", "429", "500", "an HTML 502"]
)
async def test_a_transient_fault_is_not_raised(fault, connect, no_waiting):
    faults = [FAULTS[fault]] * 2

    async def handle(stream):
        while True:
            await read_request(stream)
            if not faults:
                await stream.send(http_response())
                continue
            sent, then, *_ = faults.pop()
            await stream.send(sent)
            if then != OPEN:
                return

    async with serving(handle) as url, connect(url) as client:
        assert "fca_1" == (await client.accounts.disconnect("fca_1")).id


async def test_informational_responses_are_skipped(connect):
    async def handle(stream):
        await read_request(stream)
        await stream.send(
            b"HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n" + http_response()
        )
        await stream.receive()

    async with serving(handle) as url, connect(url) as client:
        assert "fca_1" == (await client.accounts.retrieve("fca_1")).id


async def test_a_protocol_switch_raises_an_error(connect):
    async def handle(stream):
        await read_request(stream)
        await stream.send(
            b"HTTP/1.1 101 Switching Protocols\r\n"
            b"Upgrade: x\r\nConnection: upgrade\r\n\r\n"
        )
        await stream.receive()

    async with serving(handle) as url, connect(url, max_retries=0, timeout=2) as client:
        with pytest.raises((APIConnectionError, APIStatusError)):
            await client.accounts.retrieve("fca_1")


async def test_a_200_with_an_error_object_is_decoded_as_unknown_fields(connect):
    async def handle(stream):
        await read_request(stream)
        await stream.send(http_response(b'{"error": {"code": "x"}}'))
        await stream.receive()

    async with serving(handle) as url, connect(url) as client:
        account = await client.accounts.retrieve("fca_1")
    assert (None, {"error": {"code": "x"}}) == (account.id, account.extra)


@cache
def gzip_bomb():
    return gzip.compress(b" " * 200_000_000)


async def test_a_gzip_bomb_is_cut_off(connect):
    bomb = gzip_bomb()

    async def handle(stream):
        await read_request(stream)
        await stream.send(http_response(bomb, headers=b"Content-Encoding: gzip\r\n"))
        await stream.receive()

    async with serving(handle) as url, connect(url) as client:
        tracemalloc.start()
        try:
            with pytest.raises(APIResponseError, match="larger than 32 MiB"):
                await client.accounts.retrieve("fca_1")
            assert tracemalloc.get_traced_memory()[1] < 80_000_000
        finally:
            tracemalloc.stop()


async def test_an_endless_body_is_cut_off(connect):
    async def handle(stream):
        await read_request(stream)
        await stream.send(b"HTTP/1.1 200 OK\r\nContent-Length: 524288000\r\n\r\n")
        while True:
            await stream.send(b" " * 1_000_000)

    async with serving(handle) as url, connect(url) as client:
        with pytest.raises(APIResponseError, match="larger than 32 MiB"):
            await client.accounts.retrieve("fca_1")


@pytest.mark.parametrize("library", [httpx, httpx2])
def test_every_exception_of_the_library_is_translated(library):
    exceptions = [
        value
        for value in vars(library).values()
        if isinstance(value, type)
        and issubclass(value, library.RequestError)
        and value is not library.RequestError
    ]
    assert len(exceptions) > 10
    permanent = {
        library.UnsupportedProtocol,
        library.DecodingError,
        library.TooManyRedirects,
    }
    for kind in exceptions:
        failure = no_response_from(kind("x"), library)
        assert issubclass(kind, library.TimeoutException) == failure.timed_out
        assert (
            issubclass(kind, library.TransportError) and kind not in permanent
        ) == failure.retryable, kind
