"""Run the embedded sandbox of `--sandbox` while a command runs."""
# ruff: noqa: PLC0415 - lazy imports keep help and completion fast

import os
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from financial_connections.cli.failure import UsageError

if TYPE_CHECKING:
    from financial_connections.sandbox import Sandbox, Scenario

STATE_VARIABLE = "FINCON_SANDBOX_STATE"
FORGETFUL = (
    f"each --sandbox command starts with the same data; set {STATE_VARIABLE} to a file"
    " that keeps changes"
)
"""Why something that an earlier command created is not there."""


@asynccontextmanager
async def embedded_sandbox() -> AsyncGenerator[tuple["Sandbox", str]]:
    """Serve the demo data, or the sandbox in the file of `FINCON_SANDBOX_STATE`.

    The clock is stopped, so the same commands always print the same output.

    Yields:
        The sandbox and its URL.

    Raises:
        UsageError: The file cannot be used.
    """
    from financial_connections.errors import NotFoundError
    from financial_connections.sandbox import Clock, Scenario, serve

    path = os.environ.get(STATE_VARIABLE)
    sandbox = (_restored(path) if path else Scenario.demo(clock=Clock())).sandbox
    try:
        async with serve(sandbox) as server:
            yield sandbox, server.url
    except NotFoundError as error:
        if not path:
            error.add_note(FORGETFUL)
        raise
    finally:
        sandbox.close()


def _restored(path: str) -> "Scenario":
    from financial_connections.sandbox import Clock, Scenario, StateFileError

    try:
        return Scenario.from_state_file(path, clock=Clock())
    except StateFileError as error:
        raise UsageError(f"{STATE_VARIABLE}: {error}") from None
    except OSError as error:
        raise UsageError(
            f"{STATE_VARIABLE}: cannot use {path}: {error.strerror}"
        ) from None


def require_state() -> None:
    """Reject changes to an embedded sandbox that would be lost at once.

    Raises:
        UsageError: The sandbox's state is not kept in a file.
    """
    if not os.environ.get(STATE_VARIABLE):
        raise UsageError(FORGETFUL)
