"""The permit of an attempt, issued by the rate limit of its client."""

import logging
import math
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

    async def __aenter__(self) -> Self:
        if self._limits is not None:
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
            await permit.__aenter__()
            self._permit = permit
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
