"""Spans and metrics in memory."""

from contextlib import contextmanager

from attrs import field, frozen
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from financial_connections.otel import spans


@frozen
class Telemetry:
    """A handler for `on_event=`, and the spans and metrics that it has recorded."""

    tracer_provider: TracerProvider = field(factory=TracerProvider)
    exporter: InMemorySpanExporter = field(factory=InMemorySpanExporter)
    reader: InMemoryMetricReader = field(factory=InMemoryMetricReader)
    meter_provider: MeterProvider = field(init=False)
    on_event: object = field(init=False)

    def __attrs_post_init__(self):
        self.tracer_provider.add_span_processor(SimpleSpanProcessor(self.exporter))
        provider = MeterProvider([self.reader])
        object.__setattr__(self, "meter_provider", provider)
        handler = spans(self.tracer_provider, provider)
        object.__setattr__(self, "on_event", handler)

    @contextmanager
    def span(self, name):
        """Make a span of the user's program current."""
        tracer = self.tracer_provider.get_tracer("program")
        with tracer.start_as_current_span(name) as span:
            yield span

    def spans(self, kind=None):
        """Return the spans that have ended, in order of their start."""
        ended = self.exporter.get_finished_spans()
        ordered = sorted(ended, key=lambda span: (span.start_time, -span.end_time))
        return [span for span in ordered if kind in {None, span.kind}]

    def tree(self):
        """Return the spans as nested lists: the name, followed by the children."""
        every, trees = self.spans(), {}
        for span in every:
            trees[span.context.span_id] = [span.name]
        roots = []
        for span in every:
            parent = trees.get(span.parent.span_id) if span.parent else None
            (roots if parent is None else parent).append(trees[span.context.span_id])
        return roots

    def points(self, name):
        """Return the data points of a metric."""
        data = self.reader.get_metrics_data()
        return [
            point
            for resource in (data.resource_metrics if data else ())
            for scope in resource.scope_metrics
            for metric in scope.metrics
            if metric.name == name
            for point in metric.data.data_points
        ]

    def close(self):
        self.tracer_provider.shutdown()
        self.meter_provider.shutdown()
