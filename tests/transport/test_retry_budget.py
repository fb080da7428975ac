"""The budget of retries that the calls of a client share."""

import math

import anyio
import httpx
import pytest

from financial_connections import (
    APIConnectionError,
    APITimeoutError,
    AsyncClient,
    ConfigurationError,
    NotFoundError,
    ServerError,
)
from financial_connections._retry_budget import RetryBudget
from financial_connections.events import RetryBudgetExhausted, RetryScheduled
from tests.support.mock_api import (
    account_response,
    error_response,
    mock_client,
    scripted,
)


class Server:
    """A server that can be down, and counts requests."""

    def __init__(self, failure):
        self.failure, self.requests = failure, 0

    def __call__(self, request):
        self.requests += 1
        if isinstance(self.failure, Exception):
            raise self.failure
        return self.failure or account_response()


async def call_many(client, number):
    """Make concurrent calls, and return their errors."""
    errors = []

    async def call():
        try:
            await client.accounts.retrieve("fca_1")
        except (APIConnectionError, ServerError) as error:
            errors.append(error)

    async with anyio.create_task_group() as tasks:
        for _ in range(number):
            tasks.start_soon(call)
    return errors


async def test_successes_restore_the_budget(no_waiting):
    server, events = Server(error_response(503)), []
    async with mock_client(
        server, rate_limit=None, retry_budget=2, on_event=events.append
    ) as client:
        await call_many(client, 10)
        assert 12 == server.requests
        assert 10 == len([e for e in events if isinstance(e, RetryBudgetExhausted)])
        server.failure = None
        await call_many(client, 7)
        server.failure = error_response(503)
        [error] = await call_many(client, 1)
        assert 1 == error.attempts
        server.failure = None
        await call_many(client, 1)
        server.failure = error_response(503)
        [error] = await call_many(client, 1)
        assert 2 == error.attempts


async def test_a_retry_that_succeeds_costs_nothing(no_waiting):
    async with mock_client(
        scripted(*[error_response(503), account_response()] * 20)[0], retry_budget=1
    ) as client:
        for _ in range(20):
            await client.accounts.retrieve("fca_1")


async def test_an_error_that_is_not_retryable_shows_that_the_server_works(no_waiting):
    api, _ = scripted(
        *[error_response(503), error_response(404)] * 2,
    )
    async with mock_client(api, retry_budget=1) as client:
        for _ in range(2):
            with pytest.raises(NotFoundError):
                await client.accounts.retrieve("fca_1")


async def test_derived_clients_share_the_budget(no_waiting):
    server = Server(error_response(503))
    async with mock_client(server, retry_budget=3) as client:
        for derived in (client, client.with_options(max_retries=9)):
            await call_many(derived, 1)
    assert 3 + 2 == server.requests


async def test_the_budget_can_be_switched_off(no_waiting):
    server, events = Server(error_response(503)), []
    async with mock_client(
        server, rate_limit=None, retry_budget=None, on_event=events.append
    ) as client:
        await call_many(client, 100)
    assert 300 == server.requests
    assert 200 == len([event for event in events if isinstance(event, RetryScheduled)])


@pytest.mark.parametrize("budget", [0, -1, math.inf, math.nan, "50", True])
def test_an_invalid_budget_is_rejected(budget):
    with pytest.raises(ConfigurationError, match="retry_budget"):
        AsyncClient("sk_test_1", retry_budget=budget)


def test_a_budget_never_exceeds_its_size():
    budget = RetryBudget(2)
    budget.give_back(1)
    assert 2 == budget.available
    assert budget.spend(2)
    assert not budget.spend(1)
    budget.give_back(5)
    assert 2 == budget.available


async def test_a_timeout_that_is_not_retried_has_a_note(no_waiting):
    server = Server(httpx.ReadTimeout("slow"))
    async with mock_client(server, retry_budget=1) as client:
        with pytest.raises(APITimeoutError) as caught:
            await client.accounts.retrieve("fca_1")
    assert (1, 1) == (server.requests, len(caught.value.__notes__))
