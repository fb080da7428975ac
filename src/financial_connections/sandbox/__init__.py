"""A stateful Financial Connections API that runs on your own machine.

Use it for tests, demos and examples:

    from financial_connections import AsyncClient
    from financial_connections.sandbox import Sandbox, serve

    sandbox = Sandbox(seed=1)
    account = sandbox.add_account(transactions=25_000)
    async with serve(sandbox) as server:
        async with AsyncClient(sandbox.api_key, base_url=server.url) as client:
            page = await client.transactions.list(account=account)

Requires the extra `financial-connections[sandbox]`.
"""

from importlib.util import find_spec

if any(find_spec(name) is None for name in ("starlette", "uvicorn", "yaml")):
    raise ModuleNotFoundError(
        "the sandbox requires: pip install 'path/to/financial-connections[sandbox]'"
    )

from financial_connections.sandbox.api.linking import NewAccount
from financial_connections.sandbox.clock import Clock
from financial_connections.sandbox.faults import Fault
from financial_connections.sandbox.http.server import Server, serve
from financial_connections.sandbox.rules import RateLimits, Rules
from financial_connections.sandbox.sandbox import Sandbox
from financial_connections.sandbox.scenarios import SCENARIOS, Scenario
from financial_connections.sandbox.state_file import StateFileError
from financial_connections.sandbox.testing import ServerAddress, WebhookSender
from financial_connections.sandbox.traffic import RequestCounts, Traffic

__all__ = [
    "Clock",
    "Fault",
    "NewAccount",
    "RateLimits",
    "RequestCounts",
    "Rules",
    "SCENARIOS",
    "Sandbox",
    "Scenario",
    "Server",
    "ServerAddress",
    "StateFileError",
    "Traffic",
    "WebhookSender",
    "serve",
]
