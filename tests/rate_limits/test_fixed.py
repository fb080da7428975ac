"""A fixed rate limit."""

from itertools import pairwise

import anyio
import httpx
import pytest

from financial_connections import (
    APIConnectionError,
    AsyncClient,
    ConfigurationError,
    DeadlineExceededError,
    RateRequest,
    RequestOptions,
)
from financial_connections._rate_limits.fixed import FixedRateLimit
from financial_connections.events import RequestStarted

REQUEST = RateRequest("GET", "/v1/balance", None, "test", 1)


async def send(limit):
    """Use one permit, for an attempt that ends at once."""
    async with limit.permit(REQUEST):
        pass


async def test_the_limit_is_not_exceeded_in_any_second(clock):
    limit, moments = FixedRateLimit(25), []

    async def call():
        async with limit.permit(REQUEST):
            moments.append(clock.now)

    async with anyio.create_task_group() as tasks:
        for _ in range(100):
            tasks.start_soon(call)
    assert 100 == len(moments)
    for start in moments:
        assert (
            len([moment for moment in moments if start <= moment < start + 0.999]) <= 25
        )
    assert 3.9 <= moments[-1] - moments[0] <= 4


async def test_permits_are_issued_in_the_order_of_arrival(clock):
    limit, order = FixedRateLimit(10), []

    async def call(n):
        async with limit.permit(REQUEST):
            order.append(n)

    async with anyio.create_task_group() as tasks:
        for n in range(20):
            tasks.start_soon(call, n)
            await anyio.wait_all_tasks_blocked()
    assert list(range(20)) == order


async def test_a_cancelled_wait_takes_no_permit(clock):
    limit, moments = FixedRateLimit(1), []
    async with limit.permit(REQUEST):
        with anyio.CancelScope() as scope:
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(send, limit)
                await anyio.wait_all_tasks_blocked()
                scope.cancel()
    async with limit.permit(REQUEST):
        moments.append(clock.now)
    assert [1001.0] == moments


async def test_a_permit_is_reserved_until_one_second_after_the_response(clock):
    limit = FixedRateLimit(1)
    async with limit.permit(REQUEST):
        clock.now += 5
    await send(limit)
    assert 1006.0 == clock.now


async def test_without_a_response_a_permit_is_reserved_for_another_second(clock):
    limit = FixedRateLimit(1)
    with pytest.raises(APIConnectionError):
        async with limit.permit(REQUEST):
            raise APIConnectionError("reset")
    await send(limit)
    assert 1002.0 == clock.now


@pytest.mark.parametrize(
    ("per_second", "count", "period"),
    [(1, 1, 1), (2.9, 2, 1), (25, 25, 1), (0.5, 1, 2), (0.001, 1, 1000)],
)
def test_a_rate_is_a_number_of_requests_in_a_period(per_second, count, period):
    limit = FixedRateLimit(per_second)
    assert (count, period) == (limit.count, limit.period)


async def test_a_client_and_its_derived_clients_share_one_limit(httpx_mock):
    httpx_mock.add_response(json={}, is_reusable=True)
    async with AsyncClient("sk_test_1", rate_limit=0.001) as client:
        await client.send_raw("GET", "/v1/balance")
        with pytest.raises(DeadlineExceededError) as caught:
            await client.with_options(max_retries=0).send_raw(
                "GET", "/v1/balance", options=RequestOptions(deadline=0.05)
            )
    assert 0 == caught.value.attempts
    assert 1 == len(httpx_mock.get_requests())


@pytest.mark.parametrize("limit", [0, -1, float("nan"), float("inf"), "25", True])
def test_an_invalid_rate_limit_is_rejected(limit):
    with pytest.raises(ConfigurationError, match="rate_limit"):
        AsyncClient("sk_test_1", rate_limit=limit)


async def test_a_permit_after_a_late_one_keeps_its_spacing(clock, monkeypatch):
    limit, moments = FixedRateLimit(25), []
    sleep = anyio.sleep

    async def sleep_too_long(seconds):
        await sleep(seconds + 0.9)

    async def call():
        async with limit.permit(REQUEST):
            moments.append(clock.now)

    monkeypatch.setattr(anyio, "sleep", sleep_too_long)
    async with anyio.create_task_group() as tasks:
        for _ in range(10):
            tasks.start_soon(call)
    assert all(later - earlier > 0.0399 for earlier, later in pairwise(moments))


async def test_attempts_that_waited_for_a_connection_respect_the_limit(
    clock, httpx_mock
):
    """All connections are busy for three seconds. The waiting attempts then start at
    the limited rate, rather than all at once.
    """
    begun, busy = [], anyio.Event()

    async def respond(request):
        if len(begun) <= 10:
            await busy.wait()
        return httpx.Response(200, json={})

    def note(event):
        if isinstance(event, RequestStarted):
            begun.append(clock.now)

    httpx_mock.add_callback(respond, is_reusable=True)
    async with (
        AsyncClient(
            "sk_test_1", rate_limit=20, max_connections=10, on_event=note
        ) as client,
        anyio.create_task_group() as tasks,
    ):
        for _ in range(100):
            tasks.start_soon(client.send_raw, "GET", "/v1/balance")
        await anyio.wait_all_tasks_blocked()
        assert 10 == len(begun)
        clock.now += 3
        busy.set()
    assert 100 == len(begun)
    for start in begun:
        assert (
            len([moment for moment in begun if start <= moment < start + 0.999]) <= 20
        )
