"""An outage of the server, and the load that retries add to it."""

from collections import Counter

import anyio
import httpx
import pytest
from attrs import define, field

from financial_connections import APIConnectionError, ServerError
from financial_connections.events import RetryBudgetExhausted
from tests.support.mock_api import account_response, error_response
from tests.support.storm import client_over
from tests.support.virtual_time import run_in_virtual_time

BUDGET, RATE = 50, 25
CALLERS, OUTAGE, PAUSE = 1_000, 30, 5


async def refuse(request):
    raise httpx.ConnectError("[Errno 111] Connection refused", request=request)


async def be_unavailable(_):
    return error_response(503, message="The service is unavailable.")


async def time_out(_):
    await anyio.sleep_forever()


@pytest.mark.parametrize("backend", ["asyncio", "trio"])
@pytest.mark.parametrize(
    ("fail", "retries"), [(refuse, 50), (be_unavailable, 50), (time_out, 25)]
)
def test_100_calls_to_a_dead_server_send_at_most_150_requests(backend, fail, retries):
    requests, events, errors = [], Counter(), []

    async def respond(request):
        requests.append(request)
        return await fail(request)

    async def call(client):
        try:
            await client.accounts.retrieve("fca_1")
        except (APIConnectionError, ServerError) as error:
            errors.append(error)

    async def main():
        async with (
            client_over(
                httpx.MockTransport(respond),
                on_event=lambda event: events.update([type(event)]),
            ) as client,
            anyio.create_task_group() as tasks,
        ):
            for _ in range(100):
                tasks.start_soon(call, client)

    run_in_virtual_time(backend, main)

    assert (100, 100 + retries) == (len(errors), len(requests))
    notes = [note for error in errors for note in getattr(error, "__notes__", [])]
    assert {"not retried: the retry budget of the client is used up"} == set(notes)
    assert len(notes) == events[RetryBudgetExhausted]


@define
class OutageRecord:
    """The record of an outage, in which every caller tries until it succeeds.

    Callers pause between their calls.
    """

    requests: int = 0
    """Requests while the server was down."""
    failures: list = field(factory=list)
    """Texts of the errors of calls."""
    succeeded_at: list = field(factory=list)
    """Times at which callers succeeded, in seconds after the start of the outage."""


async def run_outage(fail):
    record = OutageRecord()

    async def respond(request):
        await anyio.sleep(0.03)
        if anyio.current_time() >= OUTAGE:
            return account_response()
        record.requests += 1
        return await fail(request)

    async def caller(client):
        while True:
            try:
                await client.accounts.retrieve("fca_1")
            except (APIConnectionError, ServerError) as error:
                record.failures.append(str(error))
                await anyio.sleep(PAUSE)
            else:
                record.succeeded_at.append(anyio.current_time())
                return

    async with (
        client_over(httpx.MockTransport(respond)) as client,
        anyio.create_task_group() as tasks,
    ):
        for _ in range(CALLERS):
            tasks.start_soon(caller, client)
    return record


@pytest.mark.parametrize(
    ("backend", "fail", "text"),
    [
        (
            "asyncio",
            refuse,
            "GET /v1/financial_connections/accounts/fca_1 got no response from http",
        ),
        ("trio", be_unavailable, "The service is unavailable. (status 503"),
    ],
)
def test_retries_add_little_load_to_an_outage(backend, fail, text):
    record = run_in_virtual_time(backend, run_outage, fail)

    assert record.requests <= len(record.failures) + BUDGET
    assert record.requests <= RATE * OUTAGE * 1.15
    assert all(error.startswith(text) for error in record.failures)
    assert CALLERS == len(record.succeeded_at)
    assert min(record.succeeded_at) < OUTAGE + 1
    assert max(record.succeeded_at) < OUTAGE + CALLERS / RATE * 1.15
