"""Common parts of the shared rate limits: scopes, waiting, and returning permits.

A permit is reserved from before a request until one second after its response. The API
sees the request in between, so all requests that it sees within a second hold a permit
at the end of this second, and there are no more of them than the limit allows. Only the
clock of the database is used. Permits are also spaced evenly for each endpoint, so that
they do not come in bursts.
"""

from __future__ import annotations

import secrets
from abc import ABC, abstractmethod
from contextlib import AbstractAsyncContextManager
from types import MappingProxyType
from typing import TYPE_CHECKING, Self
from weakref import WeakValueDictionary

import anyio
from attrs import frozen

from financial_connections._checks import positive_number, positive_seconds
from financial_connections._rate_limits.adaptive import PER_ENDPOINT, TOTAL
from financial_connections.errors import (
    APIConnectionError,
    APIResponseError,
    APIStatusError,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from types import TracebackType

    from financial_connections import RateRequest

LEASE = 60.0
"""Default seconds after which the permit of a process that has died is free again."""
GRACE = 3.0
"""Seconds to wait after a restart of a server that has lost its permits."""
_PATIENCE = 10.0
"""Seconds for which to retry while the server is unreachable."""
_RETRY_SECONDS = 0.2
_NO_ENDPOINTS: Mapping[str, float] = MappingProxyType({})


@frozen
class Scope:
    """A set of requests that share a limit."""

    key: str
    """Name of the scope."""
    count: int
    """Maximum number of permits."""
    seconds: float
    """Seconds for which a permit is reserved after the response."""


@frozen
class Outcome:
    """The result of an attempt to take a permit."""

    seconds: float
    """Seconds to wait before the next attempt; 0 if the permit has been taken."""
    has_turn: bool = True
    """True if the next attempt should not reserve a time again."""


class SharedRateLimit(ABC):
    """A limit on the requests per second of all machines together.

    Args:
        total: Requests per second of a Stripe account; None for what Stripe documents.
        per_endpoint: Requests per second to an endpoint.
        endpoints: Requests per second by endpoint, where they differ.
        lease: Seconds after which the permit of a dead process is free again.
    """

    _server: str

    def __init__(
        self,
        total: float | None,
        per_endpoint: float,
        endpoints: Mapping[str, float],
        lease: float,
    ) -> None:
        self._total = None if total is None else positive_number("total", total)
        self._per_endpoint = positive_number("per_endpoint", per_endpoint)
        self._endpoints = {
            name: positive_number(f"endpoints[{name!r}]", value)
            for name, value in endpoints.items()
        }
        self._lease = positive_seconds("lease", lease)
        self._queues: WeakValueDictionary[str, anyio.Lock] = WeakValueDictionary()

    def permit(
        self, request: RateRequest, /
    ) -> AbstractAsyncContextManager[SharedPermit]:
        """Return a permit for an attempt.

        Args:
            request: The attempt.
        """
        account = f"{request.mode}:{request.stripe_account or ''}"
        endpoint = f"{request.method} {request.url_template or ''}"
        per_endpoint = self._endpoints.get(endpoint, self._per_endpoint)
        total = TOTAL[request.mode] if self._total is None else self._total
        return SharedPermit(
            self,
            _scope(f"{account}:{endpoint}", per_endpoint),
            _scope(f"{account}:", total),
        )

    @abstractmethod
    async def _take(
        self, scopes: Sequence[Scope], token: str, *, has_turn: bool
    ) -> Outcome:
        """Take a permit in all scopes, or in none.

        Args:
            scopes: The scopes. The permits of the first one are evenly spaced.
            token: Name of the permit.
            has_turn: True if the time of this attempt was reserved earlier.
        """

    @abstractmethod
    async def _return(
        self, scopes: Sequence[Scope], token: str, seconds: Sequence[float]
    ) -> None:
        """Free a permit after some seconds.

        Args:
            scopes: The scopes.
            token: Name of the permit.
            seconds: Seconds for each scope.
        """

    @abstractmethod
    def _is_outage(self, error: Exception) -> bool:
        """Return whether an error means that the server is unreachable."""

    def _queue(self, scope: Scope) -> anyio.Lock:
        lock = self._queues.get(scope.key)
        if lock is None:
            lock = self._queues[scope.key] = anyio.Lock(fast_acquire=True)
        return lock

    async def _take_patiently(
        self, scopes: Sequence[Scope], token: str, *, has_turn: bool
    ) -> Outcome:
        """Take a permit, and retry for a while if the server is unreachable."""
        deadline = anyio.current_time() + _PATIENCE
        while True:
            try:
                return await self._take(scopes, token, has_turn=has_turn)
            except Exception as error:
                if not self._is_outage(error):
                    raise
            if anyio.current_time() >= deadline:
                break
            await anyio.sleep(_RETRY_SECONDS)
        # Not chained, because a database's error can contain its address.
        raise APIConnectionError(
            f"the request was not sent, because the {self._server} server that limits "
            "the rate is unreachable",
            attempts=0,
        )


class SharedPermit(AbstractAsyncContextManager["SharedPermit"]):
    """A permit for one attempt.

    Args:
        limit: The limit.
        scopes: The scopes in which the permit is taken.
    """

    def __init__(self, limit: SharedRateLimit, *scopes: Scope) -> None:
        self._limit = limit
        self._scopes = scopes
        self._token = secrets.token_hex(8)

    async def __aenter__(self) -> Self:
        # Only the first request of this process to an endpoint polls the server.
        async with self._limit._queue(self._scopes[0]):
            outcome = Outcome(0, has_turn=False)
            while True:
                outcome = await self._take(has_turn=outcome.has_turn)
                if outcome.seconds <= 0:
                    return self
                await anyio.sleep(outcome.seconds)

    async def _take(self, *, has_turn: bool) -> Outcome:
        # If the call is cancelled while the server processes it, the permit may have
        # been taken.
        try:
            return await self._limit._take_patiently(
                self._scopes, self._token, has_turn=has_turn
            )
        except anyio.get_cancelled_exc_class():
            await self._give_back([0.0] * len(self._scopes))
            raise

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        has_response = error is None or isinstance(
            error, APIStatusError | APIResponseError
        )
        # Without a response, the request may still be on its way.
        periods = 1 if has_response else 2
        await self._give_back([periods * scope.seconds for scope in self._scopes])

    async def _give_back(self, seconds: Sequence[float]) -> None:
        """Return the permit. If that fails, it is free again after its lease."""
        with anyio.CancelScope(shield=True):
            try:
                await self._limit._return(self._scopes, self._token, seconds)
            except Exception as error:
                if not self._limit._is_outage(error):
                    raise


def _scope(key: str, per_second: float) -> Scope:
    # A second contains no part of a request.
    return Scope(key, max(1, int(per_second)), max(1.0, 1 / per_second))


__all__ = ["GRACE", "LEASE", "PER_ENDPOINT", "Outcome", "Scope", "SharedRateLimit"]
