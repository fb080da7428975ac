"""The timeout of an attempt and the deadline of a call."""

import anyio
import pytest

from financial_connections import (
    APITimeoutError,
    AsyncClient,
    DeadlineExceededError,
    RateLimitError,
    RequestOptions,
    ServerError,
    Timeout,
)
from financial_connections.events import RetryScheduled
from tests.support.mock_api import (
    account_response,
    error_response,
    mock_client,
    scripted,
)
from tests.support.servers import GENEROUS, http_response, read_request, serving

KEY = "sk_test_51H8supersecret"


async def test_a_response_that_trickles_in_ends_at_the_timeout():
    async def handle(stream):
        async with stream:
            await read_request(stream)
            await stream.send(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
            while True:
                await stream.send(b" ")
                await anyio.sleep(0.02)

    timeout = Timeout(0.2, connect=60)
    async with (
        serving(handle) as url,
        AsyncClient(KEY, base_url=url, timeout=timeout, max_retries=0) as client,
    ):
        with pytest.raises(APITimeoutError) as caught:
            await client.accounts.retrieve("fca_1")
    assert (
        f"GET /v1/financial_connections/accounts/fca_1 took longer than 0.2 s at {url} "
        "(attempt 1); increase timeout= to wait longer"
    ) == str(caught.value)


async def test_a_deadline_limits_attempts_and_waits_together():
    async def handle(stream):
        async with stream:
            await read_request(stream)
            await anyio.sleep_forever()

    async with (
        serving(handle) as url,
        AsyncClient(KEY, base_url=url, timeout=0.1, max_retries=50) as client,
    ):
        with pytest.raises((DeadlineExceededError, APITimeoutError)) as caught:
            with anyio.fail_after(60):
                await client.accounts.disconnect(
                    "fca_1", options=RequestOptions(deadline=0.35)
                )
    assert caught.value.attempts >= 1
    assert caught.value.idempotency_key


async def test_a_wait_beyond_the_deadline_raises_the_last_error(no_waiting):
    api, requests = scripted(error_response(429, {"Retry-After": "7"}))
    async with mock_client(api, deadline=5) as client:
        with pytest.raises(RateLimitError) as caught:
            await client.accounts.retrieve("fca_1")
    assert (7, 1, []) == (caught.value.retry_after, len(requests), no_waiting)


async def test_waiting_for_a_connection_does_not_count_as_an_attempt():
    proceed, errors = anyio.Event(), []

    async def handle(stream):
        await read_request(stream)
        await proceed.wait()
        await stream.send(http_response())
        await read_request(stream)
        await anyio.sleep_forever()

    async def call(client):
        with pytest.raises(APITimeoutError) as caught:
            await client.accounts.retrieve("fca_1")
        errors.append(caught.value)

    async with (
        serving(handle) as url,
        AsyncClient(
            KEY, base_url=url, max_connections=1, timeout=GENEROUS, max_retries=0
        ) as client,
        anyio.create_task_group() as tasks,
    ):
        tasks.start_soon(client.accounts.retrieve, "fca_1")
        await anyio.wait_all_tasks_blocked()
        tasks.start_soon(call, client.with_options(timeout=0.05))
        await anyio.sleep(0.2)
        await anyio.wait_all_tasks_blocked()
        assert [] == errors
        proceed.set()
    assert [1] == [error.attempts for error in errors]


async def test_an_attempt_cancelled_by_the_deadline_emits_an_event():
    events = []

    async def handle(stream):
        await read_request(stream)
        await anyio.sleep_forever()

    async with (
        serving(handle) as url,
        AsyncClient(KEY, base_url=url, on_event=events.append) as client,
    ):
        with pytest.raises(DeadlineExceededError) as caught:
            await client.accounts.retrieve(
                "fca_1", options=RequestOptions(deadline=0.1)
            )
    assert "increase deadline= to wait longer" == caught.value.hint
    assert ["CallStarted", "RequestStarted", "RequestFinished", "CallFinished"] == [
        type(event).__name__ for event in events
    ]
    assert ["DeadlineExceededError"] * 2 == [event.error for event in events[2:]]


@pytest.mark.parametrize(
    "start",
    [b"", b"HTTP/1.1 200 OK\r\n", b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n"],
)
async def test_a_server_that_stops_responding_causes_a_timeout(start, connect):
    async def handle(stream):
        await read_request(stream)
        await stream.send(start)
        await anyio.sleep_forever()

    async with (
        serving(handle) as url,
        connect(url, timeout=0.1, max_retries=0) as client,
    ):
        with pytest.raises(APITimeoutError):
            await client.accounts.retrieve("fca_1")


async def test_the_last_error_is_the_cause_of_an_exceeded_deadline(no_waiting):
    async def handle(stream):
        await read_request(stream)
        await stream.send(http_response(b"", b"503 X"))
        await stream.receive()
        # The second attempt is running: let the deadline of the call pass.
        [scope] = client._transport.backend.limiter._calls
        scope.deadline = anyio.current_time()
        await anyio.sleep_forever()

    def on_event(event):
        if isinstance(event, RetryScheduled):
            scheduled.append(event)

    scheduled = []
    async with (
        serving(handle) as url,
        AsyncClient(
            KEY, base_url=url, timeout=GENEROUS, deadline=60, on_event=on_event
        ) as client,
    ):
        with pytest.raises(DeadlineExceededError, match="status 503") as caught:
            await client.accounts.retrieve("fca_1")
    assert isinstance(caught.value.__cause__, ServerError)
    assert 1 == len(scheduled)


@pytest.mark.parametrize(
    "limit", [anyio.fail_after, anyio.move_on_after], ids=["fail", "move on"]
)
async def test_a_wait_beyond_the_deadline_of_a_scope_is_not_started(limit):
    """The error of the attempt is more informative than the timeout of the scope."""
    api, requests = scripted(error_response(503, {"Retry-After": "30"}))
    async with mock_client(api) as client:
        with limit(20):
            with pytest.raises(ServerError) as caught:
                await client.accounts.retrieve("fca_1")
    assert (1, "req_1", 503) == (
        len(requests),
        caught.value.request_id,
        caught.value.status,
    )


async def test_a_wait_within_the_deadline_of_a_scope_is_started(no_waiting):
    api, requests = scripted(
        error_response(503, {"Retry-After": "30"}), account_response()
    )
    async with mock_client(api) as client:
        with anyio.fail_after(60):
            await client.accounts.retrieve("fca_1")
    assert (2, 1) == (len(requests), len(no_waiting))


async def test_a_shield_hides_the_deadlines_of_outer_scopes(no_waiting):
    api, requests = scripted(
        error_response(503, {"Retry-After": "30"}), account_response()
    )
    async with mock_client(api) as client:
        with anyio.fail_after(20), anyio.CancelScope(shield=True):
            await client.accounts.retrieve("fca_1")
    assert 2 == len(requests)
