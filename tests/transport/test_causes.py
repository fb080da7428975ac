"""Reasons and messages of attempts without a response."""

import asyncio
import pickle
import socket
import ssl
import traceback

import anyio
import httpx
import pytest

from financial_connections import APIConnectionError, AsyncClient
from financial_connections._transport.causes import no_response_from

KEY = "sk_test_123"


def caused_by(error, cause):
    error.__cause__ = cause
    return error


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (
            caused_by(
                httpx.ConnectError("x"),
                socket.gaierror(-2, "Name or service not known"),
            ),
            "dns",
        ),
        (caused_by(httpx.ConnectError("x"), ConnectionRefusedError()), "refused"),
        (
            caused_by(
                httpx.ConnectError("x"),
                ExceptionGroup("x", [OSError(), ConnectionRefusedError()]),
            ),
            "refused",
        ),
        (caused_by(httpx.ConnectError("x"), ssl.SSLCertVerificationError("x")), "tls"),
        (caused_by(httpx.ReadError(""), ConnectionResetError()), "reset"),
        (caused_by(httpx.ReadError(""), anyio.EndOfStream()), "reset"),
        (
            httpx.RemoteProtocolError(
                "Server disconnected without sending a response."
            ),
            "reset",
        ),
        (httpx.RemoteProtocolError("illegal status line"), "protocol"),
        (httpx.ProxyError("407"), "proxy"),
        (httpx.ConnectTimeout(""), "timeout"),
        (OSError("x"), "network"),
    ],
)
def test_an_exception_is_given_a_reason(error, reason):
    assert reason == no_response_from(error, httpx).reason


def test_a_message_contains_no_scope_or_address():
    cancelled = asyncio.CancelledError(
        "Cancelled via cancel scope 7f385f11d620; reason: deadline exceeded"
    )
    timeout = caused_by(httpx.ConnectTimeout(""), caused_by(TimeoutError(), cancelled))
    assert "ConnectTimeout: timed out" == no_response_from(timeout, httpx).message
    error = httpx.ReadError("<Stream object at 0x7f385f11d620>")
    assert "0x" not in no_response_from(error, httpx).message


async def test_a_refused_connection_has_the_reason_refused():
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{unused.getsockname()[1]}"
        async with AsyncClient(KEY, base_url=url, max_retries=0) as client:
            with pytest.raises(APIConnectionError) as caught:
                await client.accounts.retrieve("fca_1")
    assert (
        "refused"
        == caught.value.reason
        == pickle.loads(pickle.dumps(caught.value)).reason
    )
    text = str(caught.value)
    assert f"accounts/fca_1 got no response from {url}: ConnectError: " in text
    assert text.endswith(" (attempt 1); check base_url=")
    assert "check base_url=" == caught.value.hint
    assert text == f"{caught.value.message}; {caught.value.hint}"


async def test_the_error_of_the_operating_system_is_the_cause(connect, no_waiting):
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{unused.getsockname()[1]}"
        async with connect(url) as client:
            with pytest.raises(APIConnectionError) as caught:
                await client.accounts.retrieve("fca_1")
    assert isinstance(caught.value.__cause__, OSError)
    assert caught.value.__context__ is None


def test_exceptions_of_the_libraries_are_not_kept():
    """Exceptions refer to the request, whose headers contain the API key."""
    error = httpx.ReadError("x", request=httpx.Request("GET", "https://a.example"))
    assert no_response_from(error, httpx).cause is None
    reset = ConnectionResetError()
    assert reset is no_response_from(caused_by(error, reset), httpx).cause


async def test_an_error_keeps_the_exception_that_the_caller_is_handling():
    def fail(request):
        raise httpx.RemoteProtocolError("bad")

    http_client = httpx.AsyncClient(transport=httpx.MockTransport(fail))
    client = AsyncClient("sk_test_1", max_retries=0, http_client=http_client)
    with pytest.raises(APIConnectionError) as caught:
        try:
            {}["the caller's own"]
        except LookupError:
            await client.accounts.retrieve("fca_1")
    assert not caught.value.__suppress_context__
    assert "the caller's own" in "".join(traceback.format_exception(caught.value))


async def test_a_system_error_with_a_library_error_behind_it_is_not_a_cause():
    async def hook(response):
        try:
            response.raise_for_status()
        except httpx.HTTPStatusError as error:
            raise ConnectionResetError("closed by a hook") from error

    http_client = httpx.AsyncClient(
        transport=httpx.MockTransport(lambda _: httpx.Response(500)),
        event_hooks={"response": [hook]},
    )
    client = AsyncClient("sk_test_1", max_retries=0, http_client=http_client)
    with pytest.raises(APIConnectionError, match="closed by a hook") as caught:
        await client.accounts.retrieve("fca_1")
    assert caught.value.__cause__ is None
