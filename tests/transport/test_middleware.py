"""Middleware around each attempt."""

import copy
import pickle

import anyio
import httpx
import pytest

from financial_connections import (
    APIConnectionError,
    APIResponseError,
    APITimeoutError,
    AsyncClient,
    ConfigurationError,
    InvalidArgumentError,
    NotFoundError,
    RequestOptions,
    ServerError,
    Timeout,
)
from financial_connections.events import RequestFinished
from financial_connections.middleware import HTTPRequest, HTTPResponse
from tests.support.mock_api import (
    KEY,
    account_response,
    error_response,
    mock_client,
    printed,
    scripted,
)
from tests.support.samples import ACCOUNT


async def test_a_middleware_changes_headers(no_waiting):
    async def sign(request, call_next):
        request.headers["X-Signature"] = f"{request.method} {request.attempt}"
        request.headers["user-agent"] = "mine"
        del request.headers["Accept"]
        return await call_next(request)

    api, requests = scripted(error_response(503), account_response())
    async with mock_client(api, middleware=[sign]) as client:
        await client.accounts.retrieve("fca_1")
    assert ["GET 1", "GET 2"] == [r.headers["X-Signature"] for r in requests]
    for request in requests:
        assert ["mine"] == request.headers.get_list("User-Agent")
        assert "Accept" not in request.headers
        assert f"Bearer {KEY}" == request.headers["Authorization"]


async def test_a_middleware_sees_everything_except_the_key():
    seen = []

    async def audit(request, call_next):
        response = await call_next(request)
        seen.append((request, response))
        return response

    api, _ = scripted(account_response(**{"X-Echo": f"Bearer {KEY}"}))
    async with mock_client(api, middleware=[audit]) as client:
        await client.accounts.refresh(
            "fca_1",
            features=["balance"],
            options=RequestOptions(stripe_account="acct_1"),
        )
    [(request, response)] = seen
    assert (
        "POST",
        "https://api.stripe.com/v1/financial_connections/accounts/fca_1/refresh",
        "/v1/financial_connections/accounts/{account}/refresh",
        b"features%5B0%5D=balance",
        1,
    ) == (
        request.method,
        request.url,
        request.url_template,
        request.content,
        request.attempt,
    )
    assert "acct_1" == request.headers["Stripe-Account"]
    assert "Authorization" not in request.headers
    assert 200 == response.status
    assert b"fca_" in response.content
    for value in (request, response):
        shown = f"{value!r} {vars_of(value)}"
        assert KEY not in shown
        assert "fca_1" not in repr(value)
    assert KEY.encode() not in pickle.dumps((request.headers, dict(response.headers)))


def vars_of(value):
    return {name: getattr(value, name) for name in value.__slots__ if name[0] != "_"}


async def test_a_middleware_can_respond_itself():
    async def cached(request, call_next):
        return HTTPResponse(
            status=200,
            content=b'{"id": "fca_cached", "object": "x"}',
            headers={"Request-Id": "req_cached"},
        )

    api, requests = scripted()
    async with mock_client(api, middleware=[cached]) as client:
        response = await client.send_raw("GET", "/v1/balance")
    assert ([], "req_cached", b'{"id": "fca_cached", "object": "x"}') == (
        requests,
        response.request_id,
        response.content,
    )


async def test_an_error_of_a_middleware_response_is_raised_like_the_servers(no_waiting):
    attempts = []

    async def chaos(request, call_next):
        attempts.append(request.attempt)
        return HTTPResponse(status=503 if len(attempts) < 5 else 404)

    api, _ = scripted()
    async with mock_client(api, middleware=[chaos]) as client:
        with pytest.raises(ServerError):
            await client.accounts.retrieve("fca_1")
        with pytest.raises(NotFoundError):
            await client.accounts.retrieve("fca_1")
    assert [1, 2, 3, 1, 2] == attempts


async def test_middleware_is_called_from_the_outside_in():
    order = []

    def named(name):
        async def middleware(request, call_next):
            order.append(f"{name} before")
            response = await call_next(request)
            order.append(f"{name} after")
            return response

        return middleware

    api, _ = scripted(account_response())
    async with mock_client(api, middleware=[named("a"), named("b")]) as client:
        await client.accounts.retrieve("fca_1")
    assert ["a before", "b before", "b after", "a after"] == order


async def test_a_middleware_can_raise_a_retryable_error(no_waiting):
    async def chaos(request, call_next):
        if request.attempt < 3:
            raise APIConnectionError("chaos", reason="reset")
        return await call_next(request)

    events = []
    api, requests = scripted(account_response())
    async with mock_client(api, middleware=[chaos], on_event=events.append) as client:
        await client.accounts.retrieve("fca_1")
        with pytest.raises(APIConnectionError, match="chaos") as caught:
            await client.accounts.retrieve(
                "fca_1", options=RequestOptions(max_retries=1)
            )
    assert (1, 2) == (len(requests), caught.value.attempts)
    assert ["APIConnectionError"] * 2 + [None] + ["APIConnectionError"] * 2 == [
        event.error for event in events if isinstance(event, RequestFinished)
    ]


async def test_a_middleware_sees_a_missing_response_as_an_error(no_waiting):
    seen = []

    async def watch(request, call_next):
        try:
            return await call_next(request)
        except APIConnectionError as error:
            seen.append((type(error), error.reason))
            raise

    api, _ = scripted(
        httpx.ReadError("reset"), httpx.ReadTimeout("slow"), account_response()
    )
    async with mock_client(api, middleware=[watch]) as client:
        await client.accounts.retrieve("fca_1")
    assert [(APIConnectionError, "network"), (APITimeoutError, "timeout")] == seen


async def test_a_middleware_can_send_the_request_again(no_waiting):
    async def hedge(request, call_next):
        await call_next(request)
        return await call_next(request)

    api, requests = scripted(error_response(503), account_response())
    async with mock_client(api, middleware=[hedge]) as client:
        await client.accounts.retrieve("fca_1")
    assert 2 == len(requests)


async def test_another_error_of_a_middleware_is_raised_unchanged(no_waiting):
    async def broken(request, call_next):
        await call_next(request)
        raise ZeroDivisionError

    api, requests = scripted(account_response())
    async with mock_client(api, middleware=[broken]) as client:
        with pytest.raises(ZeroDivisionError) as caught:
            await client.accounts.retrieve("fca_1")
    assert 1 == len(requests)
    assert KEY not in printed(caught.value)


async def test_the_error_of_a_call_in_a_middleware_is_raised_unchanged(no_waiting):
    """The error is that of another call, so another attempt does not help."""

    async def authorize(request, call_next):
        if request.method == "POST":
            await client.accounts.retrieve("fca_1")
        return await call_next(request)

    api, requests = scripted(*[error_response(503)] * 3)
    async with mock_client(api, middleware=[authorize]) as client:
        with pytest.raises(ServerError) as caught:
            await client.accounts.refresh("fca_1", features=["balance"])
    assert ["GET"] * 3 == [request.method for request in requests]
    assert (3, None) == (caught.value.attempts, caught.value.idempotency_key)


async def test_the_timeout_of_an_attempt_includes_its_middleware():
    async def slow(request, call_next):
        await anyio.sleep_forever()

    api, _ = scripted()
    async with mock_client(
        api, middleware=[slow], timeout=Timeout(0.01, connect=0.01), max_retries=0
    ) as client:
        with pytest.raises(APITimeoutError, match="took longer than"):
            await client.accounts.retrieve("fca_1")


async def test_an_unusable_response_stays_unusable(no_waiting):
    async def through(request, call_next):
        return await call_next(request)

    api, _ = scripted(
        httpx.Response(200, content=b"nothing", headers={"Content-Encoding": "unknown"})
    )
    async with mock_client(api, middleware=[through], max_retries=0) as client:
        with pytest.raises(APIResponseError, match="unusable"):
            await client.accounts.retrieve("fca_1")


@pytest.mark.parametrize(
    "change",
    [
        lambda headers: headers.update({"Authorization": "Bearer other"}),
        lambda headers: headers.update({"Stripe-Account": "acct_2"}),
        lambda headers: headers.pop("Stripe-Version"),
        lambda headers: headers.update({"X-Split": "a\r\nb"}),
        lambda headers: headers.update({"bad name": "a"}),
        lambda headers: headers.update({"X-Number": 1}),
    ],
)
async def test_a_header_that_belongs_to_the_client_cannot_be_changed(change):
    async def middleware(request, call_next):
        change(request.headers)
        return await call_next(request)

    api, requests = scripted(account_response())
    async with mock_client(api, middleware=[middleware]) as client:
        with pytest.raises(InvalidArgumentError, match="headers"):
            await client.accounts.retrieve("fca_1")
    assert [] == requests


async def test_a_middleware_must_return_a_response():
    async def forgetful(request, call_next):
        await call_next(request)

    api, _ = scripted(account_response())
    async with mock_client(api, middleware=[forgetful]) as client:
        with pytest.raises(ConfigurationError, match="HTTPResponse, not NoneType"):
            await client.accounts.retrieve("fca_1")


@pytest.mark.parametrize("middleware", [lambda r, n: n(r), [lambda r, n: n(r)], 3])
def test_a_middleware_that_is_not_async_is_rejected(middleware):
    with pytest.raises(ConfigurationError, match="middleware"):
        AsyncClient("sk_test_1", middleware=middleware)


async def test_a_model_is_decoded_from_the_response_of_a_middleware():
    async def patch(request, call_next):
        response = await call_next(request)
        return HTTPResponse(
            status=response.status,
            headers=response.headers,
            content=response.content.replace(b"StripeBank", b"Other Bank"),
        )

    api, _ = scripted(account_response())
    async with mock_client(api, middleware=[patch]) as client:
        account = await client.accounts.retrieve("fca_1")
    assert ("Other Bank", ACCOUNT["id"]) == (account.institution_name, account.id)


def test_requests_and_responses_can_be_copied():
    request = HTTPRequest(
        method="GET",
        url="https://api.stripe.com/v1/balance",
        url_template=None,
        headers={},
        content=b"",
        attempt=1,
    )
    assert request.url == copy.copy(request).url
    assert {"a": "1"} == HTTPResponse(status=200, headers={"A": "1"}).headers
