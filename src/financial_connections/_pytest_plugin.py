"""Fixtures for your own tests, on asyncio or trio: `fc_sandbox` and `fc_client`.

pytest loads this module in every run where the package is installed, so it imports
little before a fixture is used.
"""

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from financial_connections import AsyncClient
    from financial_connections.sandbox import Sandbox


@pytest.fixture
def fc_sandbox() -> "Sandbox":
    """An empty sandbox, the same in every run. Needs the extra
    `financial-connections[sandbox]`.
    """
    from financial_connections.sandbox import Sandbox  # noqa: PLC0415 - an extra, and not needed by every run

    return Sandbox()


@pytest.fixture
def fc_client(fc_sandbox: "Sandbox") -> "AsyncClient":
    """A client of `fc_sandbox`, in process: no socket, and nothing to close."""
    import httpx  # noqa: PLC0415 - as above

    from financial_connections import AsyncClient  # noqa: PLC0415 - as above

    transport = httpx.ASGITransport(fc_sandbox.app)
    return AsyncClient(
        fc_sandbox.api_key,
        base_url="http://127.0.0.1",
        http_client=httpx.AsyncClient(transport=transport),
    )
