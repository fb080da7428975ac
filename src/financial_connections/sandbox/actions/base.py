"""The base class of all actions."""

from financial_connections.sandbox.api.pipeline import API
from financial_connections.sandbox.api.state import State
from financial_connections.sandbox.clock import Clock
from financial_connections.sandbox.delivery import WebhookDelivery


class Actions:
    """The parts of a sandbox that its actions use. `Sandbox` creates them."""

    clock: Clock
    api: API
    delivery: WebhookDelivery
    _state: State
