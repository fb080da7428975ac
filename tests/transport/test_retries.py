"""Retries of failed attempts."""

import socket
import ssl

import anyio
import httpx
import pytest

from financial_connections import (
    APIConnectionError,
    APIResponseError,
    APIStatusError,
    AsyncClient,
    RequestOptions,
    ServerError,
)
from financial_connections.events import RequestFinished
from tests.support.mock_api import (
    account_response,
    error_response,
    mock_client,
    printed,
    scripted,
)
from tests.support.servers import http_response, read_request, serving

KEY = "sk_test_51H8supersecret"


async def test_a_retried_post_is_sent_unchanged(no_waiting):
    api, requests = scripted(
        error_response(500), httpx.ReadError("reset"), account_response()
    )
    async with mock_client(api) as client:
        await client.accounts.refresh("fca_1", features=["balance"])
    assert 3 == len(requests)
    assert 1 == len({request.headers["Idempotency-Key"] for request in requests})
    assert 1 == len(
        {(str(r.url), r.content, tuple(r.headers.multi_items())) for r in requests}
    )
    assert 2 == len(no_waiting)


async def test_every_post_has_its_own_idempotency_key(no_waiting):
    api, requests = scripted(account_response(), account_response())
    async with mock_client(api) as client:
        await client.accounts.disconnect("fca_1")
        await client.accounts.disconnect("fca_1")
    assert 2 == len({request.headers["Idempotency-Key"] for request in requests})


@pytest.mark.parametrize(
    "failure",
    [
        *[error_response(status) for status in (429, 500, 502, 503, 504, 520)],
        error_response(409, code="lock_timeout"),
        error_response(409, code="idempotency_key_in_use"),
        error_response(400, {"Stripe-Should-Retry": "true"}),
        *[
            kind("x")
            for kind in (
                httpx.ConnectError,
                httpx.ReadError,
                httpx.WriteError,
                httpx.CloseError,
            )
        ],
        *[
            kind("x")
            for kind in (
                httpx.ConnectTimeout,
                httpx.ReadTimeout,
                httpx.WriteTimeout,
                httpx.PoolTimeout,
            )
        ],
        httpx.RemoteProtocolError("x"),
        httpx.ProxyError("x"),
    ],
    ids=lambda failure: (
        failure.status_code
        if isinstance(failure, httpx.Response)
        else type(failure).__name__
    ),
)
async def test_transient_failures_are_retried(failure, no_waiting):
    api, requests = scripted(failure, account_response())
    async with mock_client(api) as client:
        assert (
            "fca_1MwVK82eZvKYlo2Cjw8FMxXf"
            == (await client.accounts.retrieve("fca_1")).id
        )
    assert 2 == len(requests)
    assert 0 <= no_waiting[0] <= 1.5


@pytest.mark.parametrize(
    "failure",
    [
        *[error_response(status) for status in (302, 400, 401, 402, 403, 404, 409)],
        error_response(500, {"Stripe-Should-Retry": "false"}),
        error_response(429, {"Retry-After": "61"}),
        httpx.UnsupportedProtocol("x"),
    ],
    ids=lambda failure: (
        failure.status_code
        if isinstance(failure, httpx.Response)
        else type(failure).__name__
    ),
)
async def test_permanent_failures_are_not_retried(failure, no_waiting):
    api, requests = scripted(failure)
    async with mock_client(api) as client:
        with pytest.raises((APIStatusError, APIConnectionError)) as caught:
            await client.accounts.retrieve("fca_1")
    assert (1, 1, []) == (len(requests), caught.value.attempts, no_waiting)


async def test_an_invalid_certificate_is_not_retried(no_waiting):
    failure = httpx.ConnectError("certificate verify failed")
    failure.__cause__ = ssl.SSLCertVerificationError("certificate verify failed")
    api, requests = scripted(failure)
    async with mock_client(api) as client:
        with pytest.raises(
            APIConnectionError, match="certificate verify failed"
        ) as caught:
            await client.accounts.retrieve("fca_1")
    assert (1, False) == (len(requests), caught.value.retryable)


async def test_a_programming_error_is_neither_caught_nor_retried(no_waiting):
    api, requests = scripted(ZeroDivisionError())
    async with mock_client(api) as client:
        with pytest.raises(ZeroDivisionError):
            await client.accounts.retrieve("fca_1")
    assert 1 == len(requests)


@pytest.mark.parametrize("retries", [0, 1, 4])
async def test_retries_stop_at_max_retries(retries, no_waiting):
    api, requests = scripted(*[error_response(503)] * 10)
    async with mock_client(api) as client:
        with pytest.raises(ServerError) as caught:
            await client.accounts.retrieve(
                "fca_1", options=RequestOptions(max_retries=retries)
            )
    assert retries + 1 == len(requests) == caught.value.attempts
    assert caught.value.retryable


async def test_a_retry_waits_for_retry_after(no_waiting):
    api, _ = scripted(error_response(429, {"Retry-After": "7"}), account_response())
    async with mock_client(api) as client:
        await client.accounts.retrieve("fca_1")
    assert 7 <= no_waiting[0] <= 8


@pytest.mark.parametrize("content", [b"", b"<html>", b'{"id": "x"', b"\xff\xfe"])
@pytest.mark.parametrize("name", ["retrieve", "disconnect"])
async def test_a_2xx_that_is_not_json_is_retried_and_then_raised(
    content, name, no_waiting
):
    response = httpx.Response(
        200,
        content=content,
        headers={"Request-Id": "req_1", "Content-Type": "text/html"},
    )
    api, requests = scripted(response, response, response)
    events = []
    async with mock_client(api, on_event=events.append) as client:
        with pytest.raises(APIResponseError, match="req_1") as caught:
            await getattr(client.accounts, name)("fca_1")
    assert ("req_1", 200, 3) == (
        caught.value.request_id,
        caught.value.status,
        len(requests),
    )
    assert (3, True) == (caught.value.attempts, caught.value.retryable)
    assert 1 == len({request.headers.get("Idempotency-Key") for request in requests})
    finished = [event for event in events if isinstance(event, RequestFinished)]
    assert [(200, "req_1", "APIResponseError")] * 3 == [
        (e.status, e.request_id, e.error) for e in finished
    ]


async def test_a_retry_after_a_2xx_that_is_not_json_can_succeed(no_waiting):
    api, requests = scripted(httpx.Response(200, content=b"<html>"), account_response())
    async with mock_client(api) as client:
        assert (
            "fca_1MwVK82eZvKYlo2Cjw8FMxXf"
            == (await client.accounts.retrieve("fca_1")).id
        )
    assert 2 == len(requests)


async def test_a_broken_connection_is_replaced_by_another(no_waiting):
    responses = [http_response()[:-5], b"", http_response()]

    async def handle(stream):
        async with stream:
            await read_request(stream)
            await stream.send(responses.pop(0) or b"garbage\r\n\r\n")

    async with serving(handle) as url, AsyncClient(KEY, base_url=url) as client:
        assert "fca_1" == (await client.accounts.retrieve("fca_1")).id
    assert [] == responses


async def test_a_refused_connection_raises_a_connection_error(no_waiting):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        async with AsyncClient(
            KEY, base_url=f"http://127.0.0.1:{taken.getsockname()[1]}"
        ) as client:
            with pytest.raises(APIConnectionError, match="ConnectError") as caught:
                await client.accounts.disconnect("fca_1")
    assert (3, True) == (caught.value.attempts, caught.value.retryable)
    assert caught.value.idempotency_key
    assert KEY not in printed(caught.value)


@pytest.mark.parametrize(
    "failure", [OSError("x"), anyio.ClosedResourceError(), anyio.BrokenResourceError()]
)
async def test_a_socket_that_was_closed_elsewhere_is_retried(failure, no_waiting):
    api, requests = scripted(failure, account_response())
    async with mock_client(api) as client:
        await client.accounts.retrieve("fca_1")
    assert 2 == len(requests)
