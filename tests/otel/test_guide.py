"""The picture and the tables of the guide."""

import re
import runpy
from pathlib import Path

from financial_connections.events import (
    OperationFinished,
    RequestFinished,
    RequestStarted,
    RetryBudgetExhausted,
)
from tests.otel.test_spans import CALL, failing_twice
from tests.support.mock_api import mock_client

DOCS = Path(__file__).parents[2] / "docs"
GUIDE = (DOCS / "how-to/observability.md").read_text()
PROMETHEUS_UNITS = {"s": "_seconds", "{request}/s": "_per_second"}


def test_the_picture_of_a_trace_is_up_to_date():
    trace = runpy.run_path(str(DOCS / "trace.py"))
    assert trace["FILE"].read_text() == trace["render_picture"]()


async def everything(telemetry):
    """Emit events so that every attribute has a value."""
    async with mock_client(failing_twice(), on_event=telemetry.on_event) as client:
        await client.accounts.retrieve("fca_1")
    telemetry.on_event(RequestStarted(**CALL, attempt=1, rate=25.0))
    telemetry.on_event(
        RequestFinished(
            **CALL,
            attempt=1,
            status=429,
            request_id="req_1",
            seconds=1,
            error="RateLimitError",
            rate_limit_reason="endpoint-rate",
        )
    )
    telemetry.on_event(RetryBudgetExhausted(**CALL, attempt=1, error="RateLimitError"))
    telemetry.on_event(OperationFinished(operation="x", seconds=1, error="SomeError"))


async def test_the_guide_lists_every_metric(telemetry, no_waiting):
    await everything(telemetry)
    rows = re.findall(r"^\| `([^`]+)` in (\S+)<br>`([^`]+)` \|", GUIDE, re.MULTILINE)
    data = telemetry.reader.get_metrics_data()
    metrics = {
        metric.name: metric.unit
        for scope in data.resource_metrics[0].scope_metrics
        for metric in scope.metrics
    }
    assert metrics == {name: unit for name, unit, _ in rows}
    for name, unit, prometheus in rows:
        suffix = PROMETHEUS_UNITS.get(unit, "_total")
        assert name.replace(".", "_") + suffix == prometheus
    queries = re.search(r"```promql\n(.*?)```", GUIDE, re.DOTALL)[1]
    series = {name for _, _, name in rows}
    used = re.findall(r"\w+_(?:bucket|count|sum|total)\b", queries)
    assert len(used) > 4
    assert {re.sub("_(bucket|count|sum)$", "", name) for name in used} <= series


async def test_the_guide_lists_every_attribute(telemetry, no_waiting):
    await everything(telemetry)
    attributes = {name for span in telemetry.spans() for name in span.attributes}
    assert len(attributes) > 12
    assert set() == {name for name in attributes if f"`{name}`" not in GUIDE}
