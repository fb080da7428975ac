import logging
import warnings

import anyio
import httpx
import pytest
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import SpanKind, StatusCode

from financial_connections import AsyncClient, NotFoundError
from financial_connections.events import RequestFinished, RequestStarted, RetryScheduled
from financial_connections.otel import spans
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
    assert [RequestStarted, RequestFinished, RetryScheduled] * 2 + [
        RequestStarted,
        RequestFinished,
    ] == [type(event) for event in events]
    assert {("GET", "api.stripe.com", PATH)} == {
        (e.method, e.server, e.url_template) for e in events
    }
    assert [1, 1, 1, 2, 2, 2, 3, 3] == [event.attempt for event in events]
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
    assert [None, None] == [event.url_template for event in events]


async def test_a_handler_error_is_logged_and_ignored(httpx_mock, caplog):
    httpx_mock.add_response(json=ACCOUNT)

    def handler(event):
        raise ZeroDivisionError

    async with AsyncClient("sk_test_1", on_event=handler) as client:
        assert (
            "StripeBank" == (await client.accounts.retrieve("fca_1")).institution_name
        )
    assert 2 == len(
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


@pytest.fixture
def exported():
    exporter = InMemorySpanExporter()
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    yield exporter, provider
    provider.shutdown()


async def test_every_attempt_has_a_span(httpx_mock, no_waiting, exported):
    exporter, provider = exported
    add_responses(httpx_mock)
    async with AsyncClient("sk_test_1", on_event=spans(provider)) as client:
        await client.accounts.retrieve("fca_1")
    finished = exporter.get_finished_spans()
    assert [f"GET {PATH}"] * 3 == [span.name for span in finished]
    assert {SpanKind.CLIENT} == {span.kind for span in finished}
    assert [StatusCode.ERROR, StatusCode.ERROR, StatusCode.UNSET] == [
        span.status.status_code for span in finished
    ]
    common = {
        "http.request.method": "GET",
        "server.address": "api.stripe.com",
        "server.port": 443,
        "url.template": PATH,
    }
    assert [
        common
        | {
            "http.response.status_code": 503,
            "error.type": "503",
            "stripe.request_id": "req_1",
        },
        common | {"http.request.resend_count": 1, "error.type": "APIConnectionError"},
        common
        | {
            "http.request.resend_count": 2,
            "http.response.status_code": 200,
            "stripe.request_id": "req_2",
        },
    ] == [
        {
            name: value
            for name, value in span.attributes.items()
            if name != "financial_connections.waited"
        }
        for span in finished
    ]
    assert all(
        span.attributes["financial_connections.waited"] >= 0 for span in finished
    )


async def test_a_rejected_call_ends_its_span(httpx_mock, exported):
    exporter, provider = exported
    httpx_mock.add_response(status_code=404)
    async with AsyncClient("sk_test_1", on_event=spans(provider)) as client:
        with pytest.raises(NotFoundError):
            await client.accounts.retrieve("fca_1")
    assert ["NotFoundError"] == [
        span.status.description for span in exporter.get_finished_spans()
    ]


async def test_the_span_of_a_cancelled_call_has_no_status(httpx_mock, exported):
    exporter, provider = exported
    arrived = anyio.Event()

    async def respond(_):
        arrived.set()
        await anyio.sleep_forever()

    httpx_mock.add_callback(respond)
    async with (
        AsyncClient("sk_test_1", on_event=spans(provider)) as client,
        anyio.create_task_group() as tasks,
    ):
        tasks.start_soon(client.accounts.retrieve, "fca_1")
        await arrived.wait()
        tasks.cancel_scope.cancel()
    [span] = exporter.get_finished_spans()
    assert StatusCode.UNSET is span.status.status_code
    assert "error.type" not in span.attributes


async def test_the_duration_of_every_attempt_is_recorded(httpx_mock, no_waiting):
    add_responses(httpx_mock)
    reader = InMemoryMetricReader()
    async with AsyncClient(
        "sk_test_1", on_event=spans(None, MeterProvider([reader]))
    ) as client:
        await client.accounts.retrieve("fca_1")
    [metric] = reader.get_metrics_data().resource_metrics[0].scope_metrics[0].metrics
    assert ("http.client.request.duration", "s") == (metric.name, metric.unit)
    types = [point.attributes.get("error.type") for point in metric.data.data_points]
    assert ["503", "APIConnectionError", None] == types
    assert [1, 1, 1] == [point.count for point in metric.data.data_points]


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
