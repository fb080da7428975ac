"""The admission of an attempt: a connection, and a permit of the rate limit."""

import logging
import time
from contextlib import AbstractAsyncContextManager
from types import TracebackType
from typing import Self

from attrs import define, field

from financial_connections._rate_limits import (
    AdaptivePermit,
    RateLimits,
    RateRequest,
)
from financial_connections._settings import Settings
from financial_connections._transport.backend import Limiter
from financial_connections._transport.call import AttemptError, Call

_log = logging.getLogger("financial_connections")


@define(eq=False)
class Admission(AbstractAsyncContextManager["Admission"]):
    """An async context manager in which one attempt of a call can be sent.

    The permit is acquired last. Otherwise, permits would pile up while all connections
    are in use, and then be used all at once. Requests wait for an adaptive limit
    without a connection. Otherwise, they would take all connections from requests that
    are subject to other limits.

    Args:
        limiter: Limits the number of connections in use.
        limits: Rate limits of the client, or None.
        call: The call.
        settings: Settings of the call.
    """

    _limiter: Limiter
    _limits: RateLimits | None
    _call: Call
    _settings: Settings
    error: AttemptError | None = field(default=None, init=False)
    """Error that the attempt returned."""
    waited_for_connection: float = field(default=0.0, init=False)
    """Seconds spent waiting for a free connection."""
    waited_for_permit: float = field(default=0.0, init=False)
    """Seconds spent waiting for the permit."""
    _permit: AbstractAsyncContextManager[object] | None = field(
        default=None, init=False
    )

    @property
    def rate(self) -> float | None:
        """Adaptive limit in requests per second; None if there is none yet."""
        permit = self._permit
        return permit.rate if isinstance(permit, AdaptivePermit) else None

    async def __aenter__(self) -> Self:
        permit = self._permit = self._new_permit()
        if isinstance(permit, AdaptivePermit):
            if not permit.has_queue:
                await self._connect()
                if permit.try_enter():
                    return self
                await self._limiter.__aexit__()
            await self._wait_in_queue(permit)
            return self
        await self._connect()
        if permit is not None:
            await self._acquire(permit)
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        permit, error = self._permit, error or self.error
        try:
            if isinstance(permit, AdaptivePermit):
                permit.leave(error)
                self._call.throttle = permit.throttle
            elif permit is not None:
                await self._leave(permit, error, traceback)
        finally:
            await self._limiter.__aexit__()

    def _new_permit(self) -> AbstractAsyncContextManager[object] | None:
        if self._limits is None:
            return None
        settings, call = self._settings, self._call
        limit, mode = self._limits.limit_for(settings)
        return limit.permit(
            RateRequest(
                call.wire.method,
                call.template,
                settings.stripe_account or settings.stripe_context,
                mode,
                call.attempts + 1,
            )
        )

    async def _wait_in_queue(self, permit: AdaptivePermit) -> None:
        started_at = time.monotonic()
        async with permit.head_of_queue():
            while True:
                ready_at = await permit.wait()
                self.waited_for_permit += time.monotonic() - started_at
                await self._connect()
                # During the wait for a connection, there may have been another 429.
                if permit.enter_at(ready_at):
                    return
                await self._limiter.__aexit__()
                started_at = time.monotonic()

    async def _connect(self) -> None:
        if not self._limiter.try_enter():
            started_at = time.monotonic()
            await self._limiter.__aenter__()
            self.waited_for_connection += time.monotonic() - started_at

    async def _acquire(self, permit: AbstractAsyncContextManager[object]) -> None:
        started_at = time.monotonic()
        try:
            await permit.__aenter__()
        except BaseException:
            await self._limiter.__aexit__()
            raise
        self.waited_for_permit += time.monotonic() - started_at

    async def _leave(
        self,
        permit: AbstractAsyncContextManager[object],
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        try:
            await permit.__aexit__(type(error) if error else None, error, traceback)
        except Exception:  # noqa: BLE001 - the response must not be lost
            _log.exception("the rate limit raised an error; the call continues")
