import pytest

from tests.support.telemetry import Telemetry


@pytest.fixture
def telemetry(caplog):
    """Recorded spans and metrics; OpenTelemetry must not log any error."""
    telemetry = Telemetry()
    yield telemetry
    telemetry.close()
    # A span that is detached in another context than it was attached in is logged.
    records = caplog.get_records("call")
    assert [] == [r for r in records if r.name.startswith("opentelemetry")]
