"""Events of operations, which make several calls."""

import time
from collections.abc import Generator
from contextlib import contextmanager

import anyio

from financial_connections._request import Sender
from financial_connections.events import OperationFinished, OperationStarted


@contextmanager
def operation(
    sender: Sender, name: str, *, concurrent: bool = False
) -> Generator[None, None, None]:
    """Emit the events of an operation around a block, which must run in a single task.

    Args:
        sender: Sender of the operation's requests.
        name: Name of the method, such as `accounts.refresh_and_wait`.
        concurrent: True for one of many accounts that a method processes concurrently.
    """
    cancelled = anyio.get_cancelled_exc_class()
    started_at = time.monotonic()
    error: str | None = None
    sender.emit(OperationStarted(operation=name, concurrent=concurrent))
    try:
        yield
    except BaseException as raised:
        is_cancelled = isinstance(raised, cancelled)
        error = "CancelledError" if is_cancelled else type(raised).__name__
        raise
    finally:
        seconds = time.monotonic() - started_at
        sender.emit(OperationFinished(operation=name, seconds=seconds, error=error))
