import logging
import warnings
from contextlib import asynccontextmanager
from types import SimpleNamespace

import anyio
import httpx
import pytest

from financial_connections import (
    AsyncClient,
    DeadlineExceededError,
    NotFoundError,
    RateLimitError,
)
from financial_connections._transport import admission
from financial_connections.events import (
    CallFinished,
    CallStarted,
    OperationFinished,
    OperationStarted,
    RequestFinished,
    RequestStarted,
    RetryScheduled,
)
from tests.support.mock_api import account_response, mock_client
from tests.support.refresh import RefreshWorld
from tests.support.samples import ACCOUNT

PATH = "/v1/financial_connections/accounts/{account}"


def add_responses(httpx_mock):
    httpx_mock.add_response(status_code=503, headers={"Request-Id": "req_1"})
    httpx_mock.add_exception(httpx.ReadError("reset"))
    httpx_mock.add_response(json=ACCOUNT, headers={"Request-Id": "req_2"})


async def test_a_handler_receives_the_events_of_every_attempt(httpx_mock, no_waiting):
    add_responses(httpx_mock)
    events = []
    async with AsyncClient("sk_test_1", on_event=events.append) as client:
        await client.accounts.retrieve("fca_secret")
    assert [
        CallStarted,
        *[RequestStarted, RequestFinished, RetryScheduled] * 2,
        RequestStarted,
        RequestFinished,
        CallFinished,
    ] == [type(event) for event in events]
    assert {("GET", "https", "api.stripe.com", 443, PATH)} == {
        (e.method, e.scheme, e.server, e.port, e.url_template) for e in events
    }
    assert [0, 1, 1, 1, 2, 2, 2, 3, 3, 3] == [event.attempt for event in events]
    finished = [event for event in events if isinstance(event, RequestFinished)]
    assert [
        (503, "req_1", "ServerError"),
        (None, None, "APIConnectionError"),
        (200, "req_2", None),
    ] == [(event.status, event.request_id, event.error) for event in finished]
    assert all(event.seconds >= 0 for event in finished)
    assert no_waiting == [
        event.seconds for event in events if isinstance(event, RetryScheduled)
    ]
    last = events[-1]
    assert (200, "req_2", None) == (last.status, last.request_id, last.error)
    assert last.seconds >= sum(event.seconds for event in finished)
    assert "fca_secret" not in repr(events)


async def test_derived_clients_share_the_handler(httpx_mock):
    httpx_mock.add_response(json={})
    events = []
    async with AsyncClient("sk_test_1", on_event=events.append) as client:
        await client.with_options(max_retries=0).send_raw("GET", "/v1/customers/cus_1")
    assert [None] * 4 == [event.url_template for event in events]


async def test_a_handler_error_is_logged_and_ignored(httpx_mock, caplog):
    httpx_mock.add_response(json=ACCOUNT)

    def handler(event):
        raise ZeroDivisionError

    async with AsyncClient("sk_test_1", on_event=handler) as client:
        assert (
            "StripeBank" == (await client.accounts.retrieve("fca_1")).institution_name
        )
    assert 4 == len(
        [record for record in caplog.records if record.levelno == logging.ERROR]
    )


async def test_a_failed_call_finishes_with_the_class_of_its_error(httpx_mock):
    httpx_mock.add_response(status_code=404, headers={"Request-Id": "req_1"})
    events = []
    async with AsyncClient("sk_test_1", on_event=events.append) as client:
        with pytest.raises(NotFoundError):
            await client.accounts.retrieve("fca_1")
    assert isinstance(events[-1], CallFinished)
    assert (404, "req_1", "NotFoundError") == (
        events[-1].status,
        events[-1].request_id,
        events[-1].error,
    )


async def test_a_429_response_is_reported_with_its_reason(httpx_mock):
    httpx_mock.add_response(
        status_code=429, headers={"Stripe-Rate-Limited-Reason": "endpoint\x07-rate"}
    )
    events = []
    async with AsyncClient(
        "sk_test_1", on_event=events.append, max_retries=0
    ) as client:
        with pytest.raises(RateLimitError):
            await client.accounts.retrieve("fca_1")
    assert ["endpoint -rate"] == [
        event.rate_limit_reason
        for event in events
        if isinstance(event, RequestFinished)
    ]


class SlowPermits:
    """A rate limit whose permits take two seconds."""

    def __init__(self, clock):
        self.clock = clock

    @asynccontextmanager
    async def permit(self, request):
        self.clock.now += 2
        yield


async def test_waits_for_a_connection_and_a_permit_are_reported(monkeypatch):
    clock = SimpleNamespace(now=0.0)
    time = SimpleNamespace(monotonic=lambda: clock.now)
    monkeypatch.setattr(admission, "time", time)
    events = []

    async def api(_):
        await anyio.wait_all_tasks_blocked()  # the other call waits for a connection
        clock.now += 1.5
        return account_response()

    async with (
        mock_client(
            api,
            on_event=events.append,
            max_connections=1,
            rate_limit=SlowPermits(clock),
        ) as client,
        anyio.create_task_group() as tasks,
    ):
        tasks.start_soon(client.accounts.retrieve, "fca_1")
        tasks.start_soon(client.accounts.retrieve, "fca_2")
    assert [(0, 2, 2), (1.5, 2, 3.5)] == [
        (event.waited_for_connection, event.waited_for_permit, event.waited)
        for event in events
        if isinstance(event, RequestStarted)
    ]


@pytest.mark.parametrize(
    ("settings", "rate"),
    [
        ({}, 25),
        ({"rate_limit": 10}, None),
        ({"rate_limit": None}, None),
        ({"base_url": "http://127.0.0.1"}, None),  # nothing is known about its limit
    ],
)
async def test_the_adaptive_rate_is_reported(settings, rate):
    events = []
    async with mock_client(
        lambda _: account_response(), on_event=events.append, **settings
    ) as client:
        await client.accounts.retrieve("fca_1")
    [started] = [event for event in events if isinstance(event, RequestStarted)]
    assert rate == started.rate


async def test_a_wait_for_a_refresh_has_events_of_its_own():
    world, events = RefreshWorld(), []
    account = world.sandbox.add_account()
    async with world.client(on_event=events.append) as client:
        with pytest.raises(DeadlineExceededError):
            await client.accounts.wait_for_refresh(
                account, features=["transactions"], timeout=1
            )
    first, *calls, last = events
    assert OperationStarted(operation="accounts.wait_for_refresh") == first
    assert isinstance(last, OperationFinished)
    assert ("accounts.wait_for_refresh", "DeadlineExceededError") == (
        last.operation,
        last.error,
    )
    assert {CallStarted, RequestStarted, RequestFinished, CallFinished} == {
        *map(type, calls)
    }
    assert account not in repr(events)


async def test_a_notice_causes_a_warning(httpx_mock):
    httpx_mock.add_response(json=ACCOUNT, headers={"Stripe-Notice": "upgrade soon\x07"})
    async with AsyncClient("sk_test_1") as client:
        with pytest.warns(UserWarning, match="^Stripe says: upgrade soon$"):
            await client.accounts.retrieve("fca_1")


async def test_the_same_notice_causes_one_warning(httpx_mock):
    httpx_mock.add_response(
        json=ACCOUNT, headers={"Stripe-Notice": "upgrade soon"}, is_reusable=True
    )
    async with AsyncClient("sk_test_1") as client:
        with warnings.catch_warnings(record=True) as shown:
            warnings.simplefilter("default")
            for _ in range(3):
                await client.accounts.retrieve("fca_1")
    assert 1 == len(shown)


async def test_the_number_of_remembered_notices_is_limited(httpx_mock):
    for number in range(250):
        httpx_mock.add_response(
            json=ACCOUNT, headers={"Stripe-Notice": f"notice {number}"}
        )
    async with AsyncClient("sk_test_1", rate_limit=None) as client:
        with warnings.catch_warnings(record=True):
            for _ in range(250):
                await client.accounts.retrieve("fca_1")
        assert len(client._transport.observer.notices) <= 100
