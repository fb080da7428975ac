"""The permit of an attempt, issued by the rate limit of its client."""

import logging
import math
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
from financial_connections._transport.call import AttemptError, Call

_log = logging.getLogger("financial_connections")


@define(eq=False)
class AttemptPermit(AbstractAsyncContextManager["AttemptPermit"]):
    """An async context manager that holds the permit of the next attempt of a call.

    Args:
        limits: Rate limits of the client, or None.
        call: The call.
        settings: Settings of the call.
    """

    _limits: RateLimits | None
    _call: Call
    _settings: Settings
    error: AttemptError | None = field(default=None, init=False)
    """Error that the attempt returned."""
    waited: float = field(default=0.0, init=False)
    """Seconds spent waiting, in the line and for the permit."""
    _permit: AbstractAsyncContextManager[object] | None = field(
        default=None, init=False
    )

    @property
    def rate(self) -> float | None:
        """Adaptive limit in requests per second; None if there is none yet."""
        permit = self._permit
        if not isinstance(permit, AdaptivePermit) or math.isinf(permit.rate):
            return None
        return permit.rate

    async def line_up(self) -> None:
        """Wait for those who wait for the same limit, before taking a connection.

        Otherwise, they would take all connections, and requests that are subject to
        other limits would wait with them.
        """
        if self._limits is None:
            return
        started_at = time.monotonic()
        settings, call = self._settings, self._call
        limit, mode = self._limits.limit_for(settings)
        permit = limit.permit(
            RateRequest(
                call.wire.method,
                call.template,
                settings.stripe_account or settings.stripe_context,
                mode,
                call.attempts + 1,
            )
        )
        if isinstance(permit, AdaptivePermit):
            await permit.line_up()
        self._permit = permit
        self.waited = time.monotonic() - started_at

    def leave_line(self) -> None:
        """Let the next request pass if this one has not acquired its permit."""
        if isinstance(self._permit, AdaptivePermit):
            self._permit.leave_line()

    async def __aenter__(self) -> Self:
        if self._permit is not None:
            started_at = time.monotonic()
            await self._permit.__aenter__()
            self.waited += time.monotonic() - started_at
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        permit = self._permit
        if permit is None:
            return
        error = error or self.error
        try:
            await permit.__aexit__(type(error) if error else None, error, traceback)
        except Exception:  # noqa: BLE001 - the response must not be lost
            _log.exception("the rate limit raised an error; the call continues")
        if isinstance(permit, AdaptivePermit):
            self._call.throttle = permit.throttle
