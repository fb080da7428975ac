import pytest
from opentelemetry.trace import SpanKind

from financial_connections import RateLimitError, ServerError
from financial_connections.events import (
    RequestFinished,
    RequestStarted,
    RetryBudgetExhausted,
    RetryScheduled,
)
from tests.otel.test_spans import CALL, PATH, failing_twice
from tests.support.mock_api import (
    account_response,
    error_response,
    mock_client,
    scripted,
)

ENDPOINT = {
    "http.request.method": "GET",
    "server.address": "api.stripe.com",
    "server.port": 443,
    "url.template": PATH,
}


def values(points, *names):
    """Return the values of data points, by those of the given attributes."""
    return {
        tuple(point.attributes.get(name) for name in names): (
            point.count if hasattr(point, "count") else point.value
        )
        for point in points
    }


async def test_durations_of_attempts_and_calls_are_recorded(telemetry, no_waiting):
    async with mock_client(failing_twice(), on_event=telemetry.on_event) as client:
        await client.accounts.retrieve("fca_1")
    attempts = telemetry.points("http.client.request.duration")
    assert {
        (503, "503"): 1,
        (None, "APIConnectionError"): 1,
        (200, None): 1,
    } == values(attempts, "http.response.status_code", "error.type")
    assert all(ENDPOINT.items() <= point.attributes.items() for point in attempts)
    [call] = telemetry.points("financial_connections.call.duration")
    assert 1 == call.count
    assert ENDPOINT == call.attributes


async def test_a_failed_call_has_the_class_of_its_error(telemetry):
    api, _ = scripted(error_response(500))
    async with mock_client(api, on_event=telemetry.on_event, max_retries=0) as client:
        with pytest.raises(ServerError):
            await client.accounts.retrieve("fca_1")
    points = telemetry.points("financial_connections.call.duration")
    assert {("ServerError",): 1} == values(points, "error.type")


async def test_retries_and_their_waits_are_counted(telemetry, no_waiting):
    async with mock_client(failing_twice(), on_event=telemetry.on_event) as client:
        await client.accounts.retrieve("fca_1")
    [retries] = telemetry.points("financial_connections.retries")
    assert (2, ENDPOINT) == (retries.value, retries.attributes)
    waits = telemetry.points("financial_connections.wait.duration")
    assert {("connection",): 3, ("permit",): 3, ("backoff",): 2} == values(
        waits, "financial_connections.wait.reason"
    )
    [backoff] = [
        point
        for point in waits
        if point.attributes["financial_connections.wait.reason"] == "backoff"
    ]
    assert sum(no_waiting) == backoff.sum


def test_waits_are_recorded_by_what_they_waited_for(telemetry):
    telemetry.on_event(
        RequestStarted(
            **CALL,
            attempt=1,
            waited=3.5,
            waited_for_connection=1.5,
            waited_for_permit=2.0,
        )
    )
    telemetry.on_event(finished(200))
    telemetry.on_event(RetryScheduled(**CALL, attempt=1, seconds=0.5))
    waits = telemetry.points("financial_connections.wait.duration")
    assert {"connection": 1.5, "permit": 2.0, "backoff": 0.5} == {
        point.attributes["financial_connections.wait.reason"]: point.sum
        for point in waits
    }


def finished(status, reason=None):
    return RequestFinished(
        **CALL,
        attempt=1,
        status=status,
        request_id=None,
        seconds=1,
        error=None if status == 200 else "SomeError",
        rate_limit_reason=reason,
    )


def test_429_responses_are_counted_by_their_reason(telemetry):
    for event in (
        finished(429, "endpoint-rate"),
        finished(429, "endpoint-rate"),
        finished(429, "global-concurrency"),
        finished(429),
        finished(503),
        finished(200),
    ):
        telemetry.on_event(RequestStarted(**CALL, attempt=1))
        telemetry.on_event(event)
    points = telemetry.points("financial_connections.rate_limited")
    assert {("endpoint-rate",): 2, ("global-concurrency",): 1, (None,): 1} == values(
        points, "stripe.rate_limited_reason"
    )


def test_the_adaptive_rate_is_a_gauge(telemetry):
    for rate in (25.0, 17.5, None):
        telemetry.on_event(RequestStarted(**CALL, attempt=1, rate=rate))
        telemetry.on_event(finished(200))
    [point] = telemetry.points("financial_connections.rate_limit")
    assert (17.5, ENDPOINT) == (point.value, point.attributes)


def test_calls_without_retry_budget_are_counted(telemetry):
    telemetry.on_event(RetryBudgetExhausted(**CALL, attempt=1, error="ServerError"))
    points = telemetry.points("financial_connections.retry_budget.exhausted")
    assert {("ServerError",): 1} == values(points, "error.type")


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("http.client.request.duration", SpanKind.CLIENT),
        ("financial_connections.call.duration", SpanKind.INTERNAL),
    ],
)
async def test_the_exemplar_of_a_duration_is_its_span(telemetry, name, kind):
    api, _ = scripted(account_response())
    async with mock_client(api, on_event=telemetry.on_event) as client:
        await client.accounts.retrieve("fca_1")
    [span] = telemetry.spans(kind)
    [point] = telemetry.points(name)
    assert [span.context.span_id] == [e.span_id for e in point.exemplars]


async def test_a_429_response_is_counted_once(telemetry):
    api, _ = scripted(
        error_response(429, {"Stripe-Rate-Limited-Reason": "global-concurrency"})
    )
    async with mock_client(api, on_event=telemetry.on_event, max_retries=0) as client:
        with pytest.raises(RateLimitError):
            await client.accounts.retrieve("fca_1")
    points = telemetry.points("financial_connections.rate_limited")
    assert {("global-concurrency",): 1} == values(points, "stripe.rate_limited_reason")
