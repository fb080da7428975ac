"""Draw a trace for the documentation.

`python docs/trace.py` writes `docs/trace.svg`. The spans come from calls against the
sandbox. Time is virtual, so every run writes the same bytes.
"""
# ruff: noqa: INP001 - docs is not a package

import random
from collections.abc import Callable, Iterator
from html import escape
from pathlib import Path
from unittest import mock

import httpx
import opentelemetry.sdk.trace
import trio
from attrs import frozen
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import SpanKind, StatusCode
from trio.testing import MockClock

from financial_connections import AsyncClient
from financial_connections.otel import spans
from financial_connections.sandbox import Fault, Rules, Sandbox
from financial_connections.sandbox.http.app import application

FILE = Path(__file__).with_name("trace.svg")

WIDTH, ROW, TOP = 960, 24, 44
NAMES, RIGHT = 340, 24  # widths of the column with names, and of the right margin
SECONDS = 1_000_000_000  # in the unit of OpenTelemetry's times

TEXT, MUTED, LINE = "#263238", "#607d8b", "#eceff1"
PROGRAM, OPERATION, CALL = "#90a4ae", "#7e57c2", "#5c6bc0"
ATTEMPT, FAILED, DELAY = "#26a69a", "#ef5350", "#c5cae9"
LEGEND = {
    PROGRAM: "your program",
    OPERATION: "operation",
    CALL: "call",
    DELAY: "delay before a retry",
    ATTEMPT: "attempt",
    FAILED: "failed attempt",
}
DESCRIPTION = (
    "A trace as a tree of spans. The span of a program contains a wait for a refresh "
    "and a call for transactions. Each call contains a span for each attempt. A 503 "
    "and a 429 are each followed by a delay and a successful second attempt."
)
HEAD = (
    f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {{height}}" '
    f'role="img" aria-label="{DESCRIPTION}" font-size="12" '
    'font-family="DejaVu Sans Mono, Menlo, Consolas, monospace">'
)


class Network(httpx.ASGITransport):
    """The sandbox, with responses that take some virtual time."""

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Respond after 90 ms, or 240 ms if the response is a page."""
        await trio.sleep(0.24 if request.url.path.endswith("transactions") else 0.09)
        return await super().handle_async_request(request)


async def _run(exporter: InMemorySpanExporter) -> None:
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    tracer = provider.get_tracer("program")
    sandbox = Sandbox(seed=1, rules=Rules(refresh_polls=1))
    account = sandbox.add_account(transactions=10)
    sandbox.inject(
        Fault("unavailable", operation="refresh_account"),
        Fault("rate_limited", operation="list_transactions", reason="endpoint-rate"),
    )
    async with (
        httpx.AsyncClient(transport=Network(application(sandbox))) as http_client,
        AsyncClient(
            sandbox.api_key,
            base_url="http://127.0.0.1",
            http_client=http_client,
            on_event=spans(provider),
        ) as client,
    ):
        with tracer.start_as_current_span("update transactions"):
            await client.accounts.refresh_and_wait(
                account, features=["transactions"], clock=sandbox.clock.now
            )
            await client.transactions.list(account=account)


def record_spans() -> list[ReadableSpan]:
    """Return the spans of some calls, in order of their start."""
    exporter = InMemorySpanExporter()
    clock = MockClock(autojump_threshold=0)

    def now() -> int:
        return round(clock.current_time() * SECONDS)

    jitter = random.Random(1).random  # noqa: S311 - not used for cryptography
    with (
        mock.patch.object(opentelemetry.sdk.trace, "time_ns", now),
        mock.patch.object(random, "random", jitter),
    ):
        trio.run(_run, exporter, clock=clock)
    return sorted(
        exporter.get_finished_spans(), key=lambda s: (s.start_time, -s.end_time)
    )


@frozen
class Row:
    """A span with its depth in the tree."""

    span: ReadableSpan
    depth: int

    @property
    def color(self) -> str:
        """Color of its bar."""
        if self.depth == 0:
            return PROGRAM
        if self.span.status.status_code is StatusCode.ERROR:
            return FAILED
        if self.span.kind is SpanKind.CLIENT:
            return ATTEMPT
        return CALL if "url.template" in self.span.attributes else OPERATION

    @property
    def label(self) -> str:
        """Text next to its bar."""
        values = self.span.attributes
        if self.span.kind is not SpanKind.CLIENT:
            return ""
        parts = [str(values["http.response.status_code"])]
        if "stripe.rate_limited_reason" in values:
            parts.append(str(values["stripe.rate_limited_reason"]))
        if "http.request.resend_count" in values:
            parts.append(
                f"http.request.resend_count {values['http.request.resend_count']}"
            )
        return " · ".join(parts)


def _rows(every: list[ReadableSpan]) -> list[Row]:
    def descend(parent: int | None, depth: int) -> Iterator[Row]:
        for span in every:
            if (span.parent.span_id if span.parent else None) == parent:
                yield Row(span, depth)
                yield from descend(span.context.span_id, depth + 1)

    return list(descend(None, 0))


def render_picture() -> str:
    """Return the picture as SVG."""
    rows = _rows(record_spans())
    start, end = rows[0].span.start_time, rows[0].span.end_time
    scale = (WIDTH - NAMES - RIGHT) / (end - start)

    def x_of(time: float) -> float:
        return round(NAMES + (time - start) * scale, 1)

    bottom = TOP + ROW * len(rows)
    height = bottom + 44
    lines = [
        HEAD.format(height=height),
        _rectangle(0, height / 2, WIDTH, height, "#ffffff"),
    ]
    for second in range((end - start) // SECONDS + 1):
        lines += _tick(x_of(start + second * SECONDS), f"{second} s", bottom)
    for number, row in enumerate(rows):
        lines += _draw(row, TOP + ROW * (number + 0.5), x_of)
    return "\n".join([*lines, *_legend(bottom + 22), "</svg>\n"])


def _tick(x: float, label: str, bottom: float) -> Iterator[str]:
    yield f'<path d="M{x} {TOP - 6}V{bottom}" stroke="{LINE}"/>'
    yield _text(x, TOP - 14, label, f'text-anchor="middle" fill="{MUTED}"')


def _draw(row: Row, y: float, x_of: Callable[[float], float]) -> Iterator[str]:
    """Yield the name of a span, its bar, and the delays before retries."""
    span = row.span
    start, end = x_of(span.start_time), x_of(span.end_time)
    name = span.name.replace("/v1/financial_connections", "…")
    yield _text(16 + 16 * row.depth, y + 4, name)
    yield _rectangle(start, y, end - start, 12, row.color)
    for event in span.events:
        if event.name == "retry scheduled":
            delay = event.attributes["financial_connections.seconds"] * SECONDS
            left, right = x_of(event.timestamp), x_of(event.timestamp + delay)
            yield _rectangle(left, y, right - left, 12, DELAY)
    if end < WIDTH - 200:
        yield _text(end + 6, y + 4, row.label)
    else:
        yield _text(start - 6, y + 4, row.label, f'text-anchor="end" fill="{TEXT}"')


def _legend(y: float) -> Iterator[str]:
    x = 16.0
    for color, text in LEGEND.items():
        yield _rectangle(x, y, 18, 12, color)
        yield _text(x + 24, y + 4, text, f'fill="{MUTED}"')
        x += 44 + 7 * len(text)


def _rectangle(x: float, middle: float, width: float, height: float, fill: str) -> str:
    return (
        f'<rect x="{x:.1f}" y="{middle - height / 2:.1f}" width="{width:.1f}" '
        f'height="{height}" rx="2" fill="{fill}"/>'
    )


def _text(x: float, y: float, text: str, attributes: str = f'fill="{TEXT}"') -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" {attributes}>{escape(text)}</text>'


if __name__ == "__main__":
    FILE.write_text(render_picture())
