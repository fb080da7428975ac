"""Each kind of event store in turn."""

import pytest

from tests.support.event_stores import STORES, open_backend


@pytest.fixture(params=STORES)
def backend(request, servers, tmp_path):
    """The database and clock of each kind of store in turn."""
    with open_backend(request.param, servers, tmp_path) as backend:
        yield backend
