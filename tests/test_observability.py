import logging
import warnings

import httpx
import pytest

from financial_connections import AsyncClient
from financial_connections.events import (
    CallFinished,
    CallStarted,
    RequestFinished,
    RequestStarted,
    RetryScheduled,
)
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
    assert {("GET", "api.stripe.com", PATH)} == {
        (e.method, e.server, e.url_template) for e in events
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
    async with AsyncClient("sk_test_1") as client:
        with warnings.catch_warnings(record=True):
            for _ in range(250):
                await client.accounts.retrieve("fca_1")
        assert len(client._transport.observer.notices) <= 100
