"""Errors built from responses."""

import pickle
import warnings
from operator import attrgetter

import httpx
import pytest

from financial_connections import (
    AccountInactiveError,
    APIResponseError,
    AsyncClient,
    AuthenticationError,
    ConflictError,
    InvalidArgumentError,
    InvalidRequestError,
    NotFoundError,
    RateLimitError,
)
from tests.support.mock_api import (
    account_response,
    error_response,
    mock_client,
    printed,
    scripted,
)

KEY = "sk_test_51H8supersecret"


@pytest.mark.parametrize(
    ("response", "expected"),
    [
        (error_response(401), AuthenticationError),
        (error_response(404, code="resource_missing"), NotFoundError),
        (error_response(409), ConflictError),
        (error_response(429), RateLimitError),
        (
            error_response(400, code="financial_connections_account_inactive"),
            AccountInactiveError,
        ),
    ],
)
async def test_an_error_response_raises_a_typed_error(response, expected):
    api, requests = scripted(response)
    async with mock_client(api, max_retries=0) as client:
        with pytest.raises(expected) as caught:
            await client.accounts.disconnect("fca_1")
    assert "req_1" == caught.value.request_id
    assert requests[0].headers["idempotency-key"] == caught.value.idempotency_key


@pytest.mark.parametrize("content", [b"[]", b"null", b"5", b'"text"'])
async def test_unexpected_json_raises_an_error_with_the_request_id(content):
    response = httpx.Response(
        200,
        content=content,
        headers={"Request-Id": "req_1", "Content-Type": "text/html"},
    )
    api, requests = scripted(response)
    async with mock_client(api) as client:
        with pytest.raises(APIResponseError, match="req_1") as caught:
            await client.accounts.retrieve("fca_1")
    assert ("req_1", 200, 1) == (
        caught.value.request_id,
        caught.value.status,
        len(requests),
    )
    assert not caught.value.retryable


async def test_a_list_without_data_raises_an_error():
    api, _ = scripted(httpx.Response(200, json={"object": "list"}))
    async with mock_client(api) as client:
        with pytest.raises(APIResponseError, match="without data"):
            await client.accounts.list()


async def test_a_long_request_id_is_shortened_and_made_printable():
    response = httpx.Response(
        200, content=b"[", headers={b"Request-Id": b"req_\x9b" + b"x" * 40_000}
    )
    api, _ = scripted(response)
    async with mock_client(api, max_retries=0) as client:
        with pytest.raises(APIResponseError) as caught:
            await client.accounts.retrieve("fca_1")
    assert str(caught.value).isprintable()
    assert len(str(caught.value)) < 500


async def test_a_url_that_is_too_long_is_rejected(httpx_mock):
    async with AsyncClient(KEY) as client:
        with pytest.raises(InvalidArgumentError, match="16384 characters"):
            await client.accounts.list(session="x" * 70_000)
        with pytest.raises(InvalidArgumentError, match="16384 characters"):
            await client.accounts.retrieve("x" * 70_000)


async def test_a_notice_keeps_the_response_even_if_warnings_are_errors(caplog):
    api, _ = scripted(account_response(**{"Stripe-Notice": "upgrade"}))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        async with mock_client(api) as client:
            assert (
                "fca_1MwVK82eZvKYlo2Cjw8FMxXf"
                == (await client.accounts.disconnect("fca_1")).id
            )
    assert ["Stripe says: upgrade"] == [
        record.getMessage() for record in caplog.records
    ]


async def test_a_hook_that_raises_for_a_status_causes_a_typed_error(no_waiting):
    async def hook(response):
        response.raise_for_status()

    transport = httpx.MockTransport(
        lambda _: error_response(404, code="resource_missing")
    )
    async with httpx.AsyncClient(
        transport=transport, event_hooks={"response": [hook]}
    ) as http_client:
        client = AsyncClient(KEY, http_client=http_client)
        with pytest.raises(NotFoundError) as caught:
            await client.accounts.retrieve("fca_1")
    assert KEY not in printed(caught.value)


@pytest.mark.parametrize(
    ("method", "args", "hint"),
    [
        (
            "accounts.retrieve",
            ["fca_1"],
            "expand may contain 'account_holder.account', .*, 'ownership'",
        ),
        ("transactions.retrieve", ["fctxn_1"], "nothing can be expanded"),
    ],
)
async def test_an_error_about_expand_names_the_paths_that_can_be_expanded(
    method, args, hint
):
    message = "This property cannot be expanded because it doesn't exist: typo."
    api, _ = scripted(error_response(400, message=message))
    async with mock_client(api) as client:
        with pytest.raises(InvalidRequestError, match=hint) as caught:
            await attrgetter(method)(client)(*args, expand=["typo"])
    assert message == caught.value.message
    assert str(caught.value) == str(pickle.loads(pickle.dumps(caught.value)))


@pytest.mark.parametrize(
    ("expand", "message"),
    [
        (None, "This property cannot be expanded: typo."),
        (["ownership"], "Missing required param: account."),
    ],
)
async def test_other_errors_have_no_hint_about_expand(expand, message):
    api, _ = scripted(error_response(400, message=message))
    async with mock_client(api) as client:
        with pytest.raises(InvalidRequestError) as caught:
            await client.accounts.retrieve("fca_1", expand=expand)
    assert caught.value.hint is None
    assert "may contain" not in str(caught.value)
