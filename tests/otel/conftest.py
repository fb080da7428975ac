import pytest

from tests.support.telemetry import Telemetry


@pytest.fixture
def telemetry():
    telemetry = Telemetry()
    yield telemetry
    telemetry.close()
