"""Fixtures and hooks shared by all tests; tests/README.md explains them."""

from contextlib import ExitStack
from inspect import iscoroutinefunction
from pathlib import Path

import anyio
import certifi
import pytest
from hypothesis import settings

# `make coverage` uses the profile `longer`, and `make soak` `thorough`.
settings.register_profile("project", deadline=None, max_examples=25, print_blob=True)
settings.register_profile("longer", deadline=None, max_examples=50, print_blob=True)
settings.register_profile("thorough", deadline=None, max_examples=500, print_blob=True)
settings.load_profile("project")


@pytest.hookimpl(tryfirst=True)
def pytest_pycollect_makeitem(collector, name, obj):
    """Run coroutine tests with anyio's plugin, unless they are marked `asyncio`."""
    function = obj.hypothesis.inner_test if hasattr(obj, "hypothesis") else obj
    if not (collector.istestfunction(obj, name) and iscoroutinefunction(function)):
        return
    markers = {mark.name for mark in getattr(obj, "pytestmark", ())}
    if "asyncio" not in markers and collector.get_closest_marker("asyncio") is None:
        pytest.mark.anyio(obj)


@pytest.fixture(params=["asyncio", "trio"])
def anyio_backend(request):
    """The event loop of coroutine tests; override it in a module to use only one."""
    return request.param


@pytest.fixture(scope="session", autouse=True)
def _few_certificates(tmp_path_factory):
    """Trust one authority only, because reading all takes 20 ms for each HTTP client.

    No test needs the others, as all servers are in the tests.
    """
    end = "-----END CERTIFICATE-----\n"
    first, end, _ = Path(certifi.where()).read_text("utf-8").partition(end)
    file = tmp_path_factory.mktemp("certificates") / "first.pem"
    file.write_text(first + end, "utf-8")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SSL_CERT_FILE", str(file))
        yield


@pytest.fixture(scope="session")
def servers():
    """Addresses of the servers `postgres` and `redis`, started on first use."""
    from tests.support.databases import Servers  # noqa: PLC0415 - few tests need it

    with ExitStack() as stack:
        yield Servers(stack)


@pytest.fixture(autouse=True)
def _no_settings_from_the_environment(monkeypatch):
    for name in (
        "STRIPE_API_KEY",
        "STRIPE_BASE_URL",
        "FINCON_BASE_URL",
        "FINANCIAL_CONNECTIONS_ALLOW_HTTP",
    ):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def no_waiting(monkeypatch):
    """Skip the waits between attempts; return a list of their durations in seconds."""
    waits = []

    async def sleep(seconds):
        waits.append(seconds)
        await anyio.lowlevel.checkpoint()

    monkeypatch.setattr(anyio, "sleep", sleep)
    return waits
