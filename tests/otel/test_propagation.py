from opentelemetry import baggage, context
from opentelemetry.propagate import get_global_textmap
from opentelemetry.trace import SpanKind, get_current_span

from financial_connections.otel import propagate_trace
from tests.otel.test_spans import failing_twice
from tests.support.mock_api import account_response, mock_client


async def test_each_attempt_sends_its_own_span(telemetry, no_waiting):
    sent, respond = [], failing_twice()

    def api(request):
        sent.append(request.headers["traceparent"])
        return respond(request)

    async with mock_client(
        api, on_event=telemetry.on_event, middleware=[propagate_trace()]
    ) as client:
        await client.accounts.retrieve("fca_1")
    spans = telemetry.spans(SpanKind.CLIENT)
    assert [
        [f"{span.context.trace_id:032x}", f"{span.context.span_id:016x}"]
        for span in spans
    ] == [header.split("-")[1:3] for header in sent]
    assert 3 == len(set(sent))


async def test_without_spans_of_the_client_the_current_span_is_sent(telemetry):
    sent = []

    def api(request):
        sent.append(request.headers["traceparent"])
        return account_response()

    async with mock_client(api, middleware=[propagate_trace()]) as client:
        with telemetry.span("program") as program:
            await client.accounts.retrieve("fca_1")
    assert [f"{program.get_span_context().span_id:016x}"] == [
        header.split("-")[2] for header in sent
    ]


async def test_nothing_is_sent_outside_a_trace():
    sent = []

    def api(request):
        sent.append(request.headers)
        return account_response()

    async with mock_client(api, middleware=[propagate_trace()]) as client:
        await client.accounts.retrieve("fca_1")
    assert not {"traceparent", "tracestate", "baggage"} & set(sent[0])


async def test_baggage_is_sent_only_by_a_propagator_that_does_so(telemetry):
    sent = []

    def api(request):
        sent.append(request.headers.get("baggage"))
        return account_response()

    token = context.attach(baggage.set_baggage("customer", "cus_1"))
    try:
        with telemetry.span("program"):
            for propagate in (propagate_trace(), propagate_trace(get_global_textmap())):
                async with mock_client(api, middleware=[propagate]) as client:
                    await client.accounts.retrieve("fca_1")
    finally:
        context.detach(token)
    assert [None, "customer=cus_1"] == sent


async def test_a_middleware_runs_inside_the_span_of_its_attempt(telemetry):
    seen = []

    async def record(request, call_next):
        seen.append(get_current_span().get_span_context())
        response = await call_next(request)
        seen.append(get_current_span().get_span_context())
        return response

    async with mock_client(
        lambda _: account_response(), on_event=telemetry.on_event, middleware=[record]
    ) as client:
        await client.accounts.retrieve("fca_1")
    [attempt] = telemetry.spans(SpanKind.CLIENT)
    assert [attempt.context] * 2 == seen
