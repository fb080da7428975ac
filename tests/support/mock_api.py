"""A client with a mocked API, and responses for it."""

import traceback
from contextlib import asynccontextmanager

import httpx

from financial_connections import AsyncClient
from tests.support.samples import ACCOUNT

KEY = "sk_test_51H8supersecret"


@asynccontextmanager
async def mock_client(handler, **settings):
    """Yield a client whose requests are passed to `handler`."""
    async with (
        httpx.AsyncClient(transport=httpx.MockTransport(handler)) as http_client,
        AsyncClient(KEY, http_client=http_client, **settings) as client,
    ):
        yield client


def scripted(*results):
    """Return a handler that returns or raises the results in turn, and its requests."""
    remaining, requests = list(results), []

    def api(request):
        requests.append(request)
        result = remaining.pop(0)
        if isinstance(result, Exception):
            raise result
        return result

    return api, requests


def account_response(**headers):
    return httpx.Response(200, json=ACCOUNT, headers=headers)


def error_response(status, headers=None, **error):
    return httpx.Response(
        status, json={"error": error}, headers={"Request-Id": "req_1"} | (headers or {})
    )


def printed(error):
    """Return everything printed for an error and the errors that led to it."""
    texts, queue = [], [error]
    while queue:
        current = queue.pop()
        if current is not None:
            queue += [current.__cause__, current.__context__]
            texts += [repr(current), str(current), repr(vars(current))]
    return "\n".join([*texts, *traceback.format_exception(error)])
