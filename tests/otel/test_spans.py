import math

import anyio
import httpx
import pytest
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.sampling import ALWAYS_ON, Sampler
from opentelemetry.trace import INVALID_SPAN, SpanKind, StatusCode, get_current_span

from financial_connections import NotFoundError
from financial_connections.events import (
    CallFinished,
    CallStarted,
    RateLimited,
    RequestFinished,
    RequestStarted,
    RetryBudgetExhausted,
    RetryScheduled,
)
from financial_connections.otel import spans
from tests.support.mock_api import (
    account_response,
    error_response,
    mock_client,
    scripted,
)
from tests.support.samples import ACCOUNT
from tests.support.telemetry import Telemetry

PATH = "/v1/financial_connections/accounts/{account}"
NAME = f"GET {PATH}"
CALL = {
    "method": "GET",
    "server": "api.stripe.com",
    "port": 443,
    "url_template": PATH,
}


def failing_twice():
    return scripted(error_response(503), httpx.ReadError("reset"), account_response())[
        0
    ]


async def test_a_call_has_a_span_with_its_attempts(telemetry, no_waiting):
    async with mock_client(failing_twice(), on_event=telemetry.on_event) as client:
        await client.accounts.retrieve("fca_1")
    assert [[NAME, [NAME], [NAME], [NAME]]] == telemetry.tree()
    [call] = telemetry.spans(SpanKind.INTERNAL)
    assert 3 == len(telemetry.spans(SpanKind.CLIENT))
    assert StatusCode.UNSET is call.status.status_code
    assert {
        "http.request.method": "GET",
        "server.address": "api.stripe.com",
        "server.port": 443,
        "url.template": PATH,
        "http.response.status_code": 200,
        "financial_connections.attempts": 3,
    } == dict(call.attributes)
    assert no_waiting == [
        event.attributes["financial_connections.seconds"] for event in call.events
    ]
    assert ["retry scheduled"] * 2 == [event.name for event in call.events]


async def test_attempts_have_the_attributes_of_an_http_client(telemetry, no_waiting):
    async with mock_client(failing_twice(), on_event=telemetry.on_event) as client:
        await client.accounts.retrieve("fca_1")
    common = {
        "http.request.method": "GET",
        "server.address": "api.stripe.com",
        "server.port": 443,
        "url.scheme": "https",
        "url.full": f"https://api.stripe.com{PATH}",
        "url.template": PATH,
    }
    attempts = telemetry.spans(SpanKind.CLIENT)
    assert [
        common
        | {
            "http.response.status_code": 503,
            "error.type": "503",
            "stripe.request_id": "req_1",
        },
        common | {"http.request.resend_count": 1, "error.type": "APIConnectionError"},
        common | {"http.request.resend_count": 2, "http.response.status_code": 200},
    ] == [
        {
            name: value
            for name, value in span.attributes.items()
            if not name.startswith("financial_connections.")
        }
        for span in attempts
    ]
    assert [StatusCode.ERROR, StatusCode.ERROR, StatusCode.UNSET] == [
        span.status.status_code for span in attempts
    ]


async def test_a_rejected_call_ends_its_spans_with_an_error(telemetry):
    api, _ = scripted(error_response(404))
    async with mock_client(api, on_event=telemetry.on_event) as client:
        with pytest.raises(NotFoundError):
            await client.accounts.retrieve("fca_1")
    assert ["NotFoundError", "404"] == [
        span.attributes["error.type"] for span in telemetry.spans()
    ]
    assert ["NotFoundError"] * 2 == [
        span.status.description for span in telemetry.spans()
    ]


async def test_a_request_is_sent_inside_the_span_of_its_attempt(telemetry):
    seen = []

    def api(_):
        seen.append(get_current_span().get_span_context())
        return account_response()

    async with mock_client(api, on_event=telemetry.on_event) as client:
        with telemetry.span("program") as program:
            await client.accounts.retrieve("fca_1")
            assert program is get_current_span()
    assert INVALID_SPAN is get_current_span()
    assert [["program", [NAME, [NAME]]]] == telemetry.tree()
    [attempt] = telemetry.spans(SpanKind.CLIENT)
    assert [attempt.context] == seen


async def test_concurrent_calls_have_separate_spans(telemetry):
    arrived, go = [], anyio.Event()

    async def api(request):
        arrived.append(request)
        if len(arrived) == 10:
            go.set()
        await go.wait()
        return account_response()

    async with mock_client(api, on_event=telemetry.on_event) as client:
        with telemetry.span("program"):
            async with anyio.create_task_group() as tasks:
                for number in range(10):
                    tasks.start_soon(client.accounts.retrieve, f"fca_{number}")
            await client.accounts.retrieve("fca_last")
    assert [["program", *[[NAME, [NAME]]] * 11]] == telemetry.tree()


async def test_a_call_within_an_attempt_is_its_child(telemetry):
    async with mock_client(
        lambda _: account_response(), on_event=telemetry.on_event
    ) as inner:

        async def api(_):
            await inner.send_raw("GET", "/v1/balance")
            return account_response()

        async with mock_client(api, on_event=telemetry.on_event) as client:
            await client.accounts.retrieve("fca_1")
    assert [[NAME, [NAME, ["GET", ["GET"]]]]] == telemetry.tree()
    assert INVALID_SPAN is get_current_span()


async def test_the_spans_of_a_cancelled_call_have_no_status(telemetry):
    arrived = anyio.Event()

    async def api(_):
        arrived.set()
        await anyio.sleep_forever()

    async with mock_client(api, on_event=telemetry.on_event) as client:

        async def call():
            try:
                await client.accounts.retrieve("fca_1")
            finally:
                assert program is get_current_span()

        with telemetry.span("program") as program:
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(call)
                await arrived.wait()
                tasks.cancel_scope.cancel()
    assert [["program", [NAME, [NAME]]]] == telemetry.tree()
    for span in telemetry.spans()[1:]:
        assert StatusCode.UNSET is span.status.status_code
        assert "error.type" not in span.attributes


async def test_each_page_belongs_to_the_task_that_requested_it(telemetry):
    """A list is read by two tasks in turn, and closed by a third."""

    def api(request):
        page = {"object": "list", "data": [ACCOUNT], "has_more": True, "url": "/"}
        return httpx.Response(200, json=page)

    async def read(name):
        with telemetry.span(name) as program:
            await anext(pages)
            assert program is get_current_span()

    async def close():
        await pages.aclose()
        assert INVALID_SPAN is get_current_span()

    async def list_pages():
        async for page in client.accounts.list().pages():
            yield page

    async with mock_client(api, on_event=telemetry.on_event) as client:
        pages = list_pages()
        for function, *args in ((read, "a"), (read, "b"), (close,)):
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(function, *args)
    name = "GET /v1/financial_connections/accounts"
    assert [["a", [name, [name]]], ["b", [name, [name]]]] == telemetry.tree()


async def test_pages_fetched_ahead_belong_to_the_span_around_the_block(telemetry):
    def api(request):
        has_more = "starting_after" not in request.url.params
        page = {"object": "list", "data": [ACCOUNT], "has_more": has_more, "url": "/"}
        return httpx.Response(200, json=page)

    name = "GET /v1/financial_connections/accounts"
    async with mock_client(api, on_event=telemetry.on_event) as client:
        with telemetry.span("program"):
            async with client.accounts.list().prefetch() as accounts:
                assert 2 == len([account async for account in accounts])
    assert [["program", [name, [name]], [name, [name]]]] == telemetry.tree()


class FailingSampler(Sampler):
    """Raises an error for the spans with the given numbers."""

    def __init__(self, failing):
        self.failing = failing
        self.count = -1

    def should_sample(self, *args, **kwargs):
        self.count += 1
        if self.count in self.failing:
            raise ZeroDivisionError
        return ALWAYS_ON.should_sample(*args, **kwargs)

    def get_description(self):
        return "failing"


@pytest.mark.parametrize(
    ("failing", "tree"),
    [
        ({1}, [["program", [NAME], [NAME], [NAME]]]),
        ({2}, [["program", [NAME, [NAME], [NAME]]]]),
        ({1, 2, 3, 4}, [["program"]]),
    ],
)
async def test_spans_that_cannot_be_started_do_not_affect_others(
    no_waiting, failing, tree
):
    telemetry = Telemetry(TracerProvider(sampler=FailingSampler(failing)))
    async with mock_client(failing_twice(), on_event=telemetry.on_event) as client:
        with telemetry.span("program") as program:
            await client.accounts.retrieve("fca_1")
            assert program is get_current_span()
    assert tree == telemetry.tree()
    telemetry.close()


async def test_calls_work_without_a_tracer_provider():
    async with mock_client(lambda _: account_response(), on_event=spans()) as client:
        account = await client.accounts.retrieve("fca_1")
    assert ACCOUNT["id"] == account.id


@pytest.mark.parametrize(
    ("changes", "url"),
    [
        ({}, f"https://api.stripe.com{PATH}"),
        ({"port": None}, f"https://api.stripe.com{PATH}"),
        ({"port": 8443}, f"https://api.stripe.com:8443{PATH}"),
        ({"scheme": "http", "port": 80}, f"http://api.stripe.com{PATH}"),
        ({"scheme": "http", "port": 443}, f"http://api.stripe.com:443{PATH}"),
        ({"server": "::1", "port": 12111}, f"https://[::1]:12111{PATH}"),
        ({"url_template": None}, "https://api.stripe.com/REDACTED"),
    ],
)
def test_the_url_has_placeholders_for_ids(telemetry, changes, url):
    telemetry.on_event(RequestStarted(**CALL | changes, attempt=1))
    telemetry.on_event(
        RequestFinished(
            **CALL | changes,
            attempt=1,
            status=200,
            request_id=None,
            seconds=1,
            error=None,
        )
    )
    [span] = telemetry.spans()
    assert url == span.attributes["url.full"]


def test_an_attempt_has_its_waits_and_its_rate(telemetry):
    telemetry.on_event(
        RequestStarted(
            **CALL,
            attempt=1,
            waited=3.5,
            waited_for_connection=1.5,
            waited_for_permit=2.0,
            rate=12.5,
        )
    )
    waits = get_current_span().attributes
    telemetry.on_event(
        RequestFinished(
            **CALL, attempt=1, status=200, request_id=None, seconds=1, error=None
        )
    )
    assert {
        "financial_connections.waited": 3.5,
        "financial_connections.waited_for_connection": 1.5,
        "financial_connections.waited_for_permit": 2.0,
        "financial_connections.rate_limit": 12.5,
    } == {
        name: value
        for name, value in waits.items()
        if name.startswith("financial_connections.")
    }


def test_the_span_of_a_call_has_events_of_its_limits(telemetry):
    telemetry.on_event(CallStarted(**CALL, attempt=0))
    telemetry.on_event(
        RateLimited(**CALL, attempt=1, reason="endpoint-rate", rate=17.5, seconds=1)
    )
    telemetry.on_event(
        RateLimited(**CALL, attempt=1, reason=None, rate=12.25, seconds=1)
    )
    telemetry.on_event(RetryScheduled(**CALL, attempt=1, seconds=0.5))
    telemetry.on_event(RetryBudgetExhausted(**CALL, attempt=2, error="ServerError"))
    telemetry.on_event(
        CallFinished(
            **CALL,
            attempt=2,
            status=500,
            request_id="req_1",
            seconds=1,
            error="ServerError",
        )
    )
    [span] = telemetry.spans()
    assert [
        (
            "rate limited",
            {
                "stripe.rate_limited_reason": "endpoint-rate",
                "financial_connections.rate_limit": 17.5,
                "financial_connections.seconds": 1,
            },
        ),
        (
            "rate limited",
            {
                "financial_connections.rate_limit": 12.25,
                "financial_connections.seconds": 1,
            },
        ),
        ("retry scheduled", {"financial_connections.seconds": 0.5}),
        ("retry budget exhausted", {"error.type": "ServerError"}),
    ] == [(event.name, dict(event.attributes)) for event in span.events]
    assert "ServerError" == span.attributes["error.type"]
    assert "req_1" == span.attributes["stripe.request_id"]


def test_an_unusable_response_has_the_class_of_its_error(telemetry):
    telemetry.on_event(RequestStarted(**CALL, attempt=1))
    telemetry.on_event(
        RequestFinished(
            **CALL,
            attempt=1,
            status=200,
            request_id=None,
            seconds=math.pi,
            error="APIResponseError",
        )
    )
    [span] = telemetry.spans()
    assert "APIResponseError" == span.attributes["error.type"]
