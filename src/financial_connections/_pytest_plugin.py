"""Pytest fixtures for testing your code, on asyncio or trio.

pytest imports this module in every run if the package is installed, so other modules
are imported only when a fixture is used.
"""

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from financial_connections import AsyncClient
    from financial_connections.sandbox import Sandbox
    from financial_connections.sandbox.testing import ServerAddress, WebhookSender


@pytest.fixture
def fc_sandbox() -> "Sandbox":
    """An empty sandbox, with the same IDs and times in every run.

    Needs the extra `financial-connections[sandbox]`.
    """
    from financial_connections.sandbox import Sandbox  # noqa: PLC0415

    return Sandbox()


@pytest.fixture
def fc_client(fc_sandbox: "Sandbox") -> "AsyncClient":
    """A client for `fc_sandbox` that calls it directly, without a socket.

    You do not need to close it.
    """
    import httpx  # noqa: PLC0415

    from financial_connections import AsyncClient  # noqa: PLC0415
    from financial_connections.sandbox.http.app import application  # noqa: PLC0415

    transport = httpx.ASGITransport(application(fc_sandbox))
    return AsyncClient(
        fc_sandbox.api_key,
        base_url="http://127.0.0.1",
        http_client=httpx.AsyncClient(transport=transport),
    )


@pytest.fixture
def fc_server(fc_sandbox: "Sandbox") -> "Iterator[ServerAddress]":
    """The `url` and `api_key` of `fc_sandbox`, which is served over HTTP.

    Use it for programs that run in another process, or that are not async.
    """
    from financial_connections.sandbox import serve  # noqa: PLC0415
    from financial_connections.sandbox.testing import ServerAddress  # noqa: PLC0415

    with serve(fc_sandbox) as server:
        yield ServerAddress(server.url, fc_sandbox.api_key)


@pytest.fixture
def fc_webhooks(fc_sandbox: "Sandbox") -> "WebhookSender":
    """A sender of the events of `fc_sandbox` to your application.

    Configure the application with its `secret`, and call `await deliver(app, path)`.
    """
    from financial_connections.sandbox.testing import WebhookSender  # noqa: PLC0415

    return WebhookSender(fc_sandbox)
