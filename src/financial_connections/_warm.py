"""Open connections in advance, and load everything that a first call would load."""

from contextlib import AsyncExitStack
from importlib import import_module

import anyio
from anyio import CapacityLimiter, to_thread
from attrs import evolve

from financial_connections._checks import whole_number
from financial_connections._decoding import Model, shape_of
from financial_connections._generated import response_types
from financial_connections._transport.backend import HoldingBackend
from financial_connections._transport.transport import Transport
from financial_connections.errors import ConfigurationError

_MODULES = ("accounts", "sessions", "sync", "transactions", "webhooks.history")


async def warm(transport: Transport, connections: int) -> None:
    """Do what `AsyncClient.warm` does.

    Args:
        transport: Transport of the client.
        connections: Number of connections to open.

    Raises:
        ConfigurationError: `connections` is not a number from 1 to the limit.
    """
    limit = transport.backend.limiter.limit
    if whole_number("connections", connections, at_least=1) > limit:
        raise ConfigurationError(
            f"connections must be at most {limit}, the client's limit on connections"
        )
    # In a thread, because it would block the event loop for a tenth of a second.
    await to_thread.run_sync(_load, abandon_on_cancel=True, limiter=CapacityLimiter(1))
    async with AsyncExitStack() as held:
        backend = HoldingBackend(transport.backend, held)
        await _send_requests(evolve(transport, backend=backend), connections)


def _load() -> None:
    for name in _MODULES:
        import_module(f"financial_connections.{name}")
    for name in response_types.__all__:
        value = getattr(response_types, name)
        if isinstance(value, type) and issubclass(value, Model):
            shape_of(value)


async def _send_requests(transport: Transport, count: int) -> None:
    # Imported in the thread by now.
    from financial_connections._generated.api.accounts import (  # noqa: PLC0415
        list_accounts,
    )

    errors: list[Exception] = []

    async def send() -> None:
        try:
            await list_accounts(transport, limit=1)
        except Exception as error:  # noqa: BLE001 - raised below, outside of a group
            errors.append(error)
            tasks.cancel_scope.cancel()

    async with anyio.create_task_group() as tasks:
        for _ in range(count):
            tasks.start_soon(send)
    for error in errors:
        raise error
