"""OpenTelemetry spans and metrics, for `AsyncClient(on_event=spans())`.

Needs the extra `financial-connections[otel]`. Names follow the semantic conventions for
HTTP clients.

Source: https://opentelemetry.io/docs/specs/semconv/http/http-spans/
"""

from importlib.util import find_spec

if find_spec("opentelemetry") is None:
    raise ModuleNotFoundError(
        "spans need: pip install 'path/to/financial-connections[otel]'"
    )

from financial_connections.otel.propagation import propagate_trace
from financial_connections.otel.tracing import spans

__all__ = ["propagate_trace", "spans"]
