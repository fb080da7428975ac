"""A fixed limit, as the server sees it."""

import math
from collections import Counter

import anyio
import httpx
import pytest
from attrs import frozen
from hypothesis import given
from hypothesis import strategies as st

from financial_connections import APIConnectionError, APIStatusError
from tests.support.mock_api import account_response, error_response
from tests.support.storm import client_over
from tests.support.virtual_time import run_in_virtual_time

ROUNDING = 1e-6

# In milliseconds, and about as long as the seconds that are counted.
DELAYS = st.integers(0, 2_500)


@frozen
class Attempt:
    """An exchange with the server, with times in milliseconds."""

    seen_after: int
    """Time from sending the request until the server counts it."""
    response_after: int
    """Time from then until the client has the response."""
    outcome: str


ATTEMPTS = st.builds(
    Attempt,
    DELAYS,
    DELAYS,
    st.sampled_from(["ok", "ok", "ok", "429", "503", "reset"]),
)


@frozen
class Step:
    """A call that starts some time after the one before, and may be cancelled."""

    starts_after: int
    cancelled_after: int | None
    attempts: list[Attempt]
    """Attempts of the call, of which the last one is repeated."""


STEPS = st.builds(
    Step,
    st.sampled_from([0, 0, 0, 1, 40, 900, 1_000]),
    st.none() | DELAYS,
    st.lists(ATTEMPTS, min_size=1, max_size=3),
)


class Server:
    """A server that records when it sees each request.

    It sees a request at any time from when it is sent until its response is received.
    If the client stops waiting, the request may still be on its way for a second.
    """

    def __init__(self):
        self.seen_at = []

    async def respond(self, attempt):
        sent_at = anyio.current_time()
        stopped_at = math.inf
        try:
            await anyio.sleep(attempt.seen_after / 1_000)
        except BaseException:
            stopped_at = anyio.current_time()
            raise
        finally:
            seen_at = sent_at + attempt.seen_after / 1_000
            self.seen_at.append(min(seen_at, stopped_at + 1))
        await anyio.sleep(attempt.response_after / 1_000)
        match attempt.outcome:
            case "ok":
                return account_response()
            case "reset":
                raise httpx.ReadError("The connection was reset.")
            case status:
                return error_response(int(status))

    def most_in_a_second(self):
        times = sorted(self.seen_at)
        return max(
            (
                sum(0 <= time - start < 1 - ROUNDING for time in times)
                for start in times
            ),
            default=0,
        )


async def run_schedule(steps, rate, settings):
    """Make the calls, and return the server."""
    server, made = Server(), Counter()

    async def respond(request):
        number = int(request.url.path.rpartition("_")[2])
        attempts = steps[number].attempts
        attempt = attempts[min(made[number], len(attempts) - 1)]
        made[number] += 1
        return await server.respond(attempt)

    async def call(client, number, step):
        seconds = None if step.cancelled_after is None else step.cancelled_after / 1_000
        try:
            with anyio.move_on_after(seconds):
                await client.accounts.retrieve(f"fca_{number}")
        except (APIStatusError, APIConnectionError):
            pass

    network = httpx.MockTransport(respond)
    async with (
        client_over(network, rate_limit=rate, **settings) as client,
        anyio.create_task_group() as tasks,
    ):
        for number, step in enumerate(steps):
            await anyio.sleep(step.starts_after / 1_000)
            tasks.start_soon(call, client, number, step)
    return server


@pytest.mark.parametrize("backend", ["asyncio", "trio"])
@given(
    steps=st.lists(STEPS, min_size=1, max_size=25),
    rate=st.sampled_from([1, 2.5, 4, 7]),
    settings=st.sampled_from([{}, {"timeout": 0.5}, {"max_connections": 2}]),
)
def test_the_server_never_sees_more_requests_in_a_second(
    backend, steps, rate, settings
):
    server = run_in_virtual_time(backend, run_schedule, steps, rate, settings)

    assert server.most_in_a_second() <= rate
