"""Log records and tracebacks do not contain the key."""

import logging

import httpx
import pytest

from financial_connections import (
    APIConnectionError,
    APIResponseError,
    APIStatusError,
)
from tests.support.mock_api import (
    account_response,
    error_response,
    mock_client,
    printed,
    scripted,
)

KEY = "sk_test_51H8supersecret"


async def test_each_attempt_is_logged_without_secrets(no_waiting, caplog):
    caplog.set_level(logging.DEBUG, logger="financial_connections")
    api, _ = scripted(
        error_response(500),
        httpx.ReadError("x"),
        account_response(**{"Request-Id": "req_2"}),
    )
    async with mock_client(api) as client:
        await (
            client.accounts.list(account_holder={"customer": "cus_secret"})
            .take(0)
            .collect(max_items=0)
        )
        await client.accounts.refresh("fca_1", features=["balance"])
    lines = [
        record.getMessage()
        for record in caplog.records
        if record.name == "financial_connections"
    ]
    assert 3 == len(lines)
    path = "POST /v1/financial_connections/accounts/fca_1/refresh"
    assert lines[0].startswith(f"{path} -> 500, request req_1, attempt 1, ")
    assert lines[1].startswith(f"{path} -> no response, request None, attempt 2, ")
    assert lines[2].startswith(f"{path} -> 200, request req_2, attempt 3, ")
    assert KEY not in "".join(lines)


@pytest.mark.parametrize(
    "response",
    [
        error_response(401),
        error_response(500),
        httpx.ReadError("x"),
        httpx.Response(200),
    ],
)
async def test_no_traceback_contains_the_key(response, no_waiting):
    api, _ = scripted(*[response] * 3)
    async with mock_client(api) as client:
        with pytest.raises(
            (APIStatusError, APIConnectionError, APIResponseError)
        ) as caught:
            await client.accounts.refresh("fca_1", features=["balance"])
    assert caught.value.__cause__ is None
    assert caught.value.__context__ is None
    assert KEY not in printed(caught.value)
