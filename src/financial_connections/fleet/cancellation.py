"""Keep cancellations that a driver has swallowed."""

import asyncio
from collections.abc import Awaitable
from typing import TypeVar

import anyio

T = TypeVar("T")


async def complete(call: Awaitable[T]) -> T:
    """Await a call of a driver, and raise a cancellation that it has swallowed.

    Before Python 3.12, `asyncio.wait_for`, which psycopg and redis use, ignores a
    cancellation that arrives together with the result.

    Args:
        call: The call.
    """
    task = asyncio.current_task()
    before = task.cancelling() if task else 0
    result = await call
    if task and task.cancelling() > before:
        await anyio.lowlevel.checkpoint_if_cancelled()
        raise asyncio.CancelledError
    return result
