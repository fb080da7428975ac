"""Ending the task group behind a block, whatever the block ended in."""

from types import TracebackType

import anyio
from anyio.abc import TaskGroup


async def ended(
    tasks: TaskGroup,
    kind: type[BaseException] | None,
    error: BaseException | None,
    traceback: TracebackType | None,
) -> bool | None:
    """Cancel `tasks` and wait for them: the result of the `__aexit__` that was called with the other three."""
    tasks.cancel_scope.cancel()
    if isinstance(error, anyio.get_cancelled_exc_class()):
        return await tasks.__aexit__(kind, error, traceback)
    # Any other error of the block is its own: the task group would wrap it in an ExceptionGroup, and a cancellation
    # from outside must not take its place.
    try:
        await tasks.__aexit__(None, None, None)
    except anyio.get_cancelled_exc_class():
        if error is None:
            raise
    return None
