"""The parts of a simulation in which accounts wait."""

import heapq
from collections import deque

from attrs import define, field

from benchmarks.simulate.settings import Settings


@define
class Station:
    """Requests under one limit, which the slices that run share equally.

    `clock` counts the requests of a slice that has been running since the beginning.
    """

    limit: float
    clock: float = 0.0
    speed: float = 0.0
    requests: float = 0.0
    slices: list[tuple[float, int]] = field(factory=list)

    def add(self, account: int, requests: float) -> None:
        """Add the next requests of a slice."""
        heapq.heappush(self.slices, (self.clock + requests, account))

    def remaining(self) -> float:
        """Return the seconds until the first slice ends."""
        return max(0.0, self.slices[0][0] - self.clock) / self.speed

    def possible_rate(self, latency: float) -> float:
        """Return how many requests a second this limit and the latency allow."""
        return min(self.limit, len(self.slices) / latency)

    def set_rate(self, rate: float) -> None:
        """Let the slices send this many requests a second together."""
        self.speed = rate / len(self.slices) if self.slices else 0.0

    def advance(self, seconds: float) -> None:
        """Let the slices send requests for some time."""
        self.clock += self.speed * seconds
        self.requests += self.speed * len(self.slices) * seconds


class Ready:
    """Accounts that wait for a worker. Tenants take turns."""

    def __init__(self) -> None:
        self._waiting: dict[int, deque[int]] = {}
        self._turns: deque[int] = deque()

    def __bool__(self) -> bool:
        return bool(self._turns)

    def add(self, tenant: int, account: int, *, is_first: bool = False) -> None:
        """Add an account before or behind the others of its tenant."""
        if tenant not in self._waiting:
            self._waiting[tenant] = deque()
            self._turns.append(tenant)
        waiting = self._waiting[tenant]
        (waiting.appendleft if is_first else waiting.append)(account)

    def pop(self) -> int:
        """Remove and return the first account of the tenant whose turn it is."""
        tenant = self._turns.popleft()
        accounts = self._waiting[tenant]
        account = accounts.popleft()
        if accounts:
            self._turns.append(tenant)
        else:
            del self._waiting[tenant]
        return account


def tenants_of(settings: Settings) -> list[int]:
    """Return the tenant of each account; each tenant has at least one if possible."""
    number = min(settings.tenants, settings.accounts)
    weights = [1 / (rank + 1) ** settings.skew for rank in range(number)]
    remaining = settings.accounts - number
    total, tenants, share = sum(weights), list(range(number)), 0.0
    for tenant, weight in enumerate(weights):
        before, share = share, share + weight / total
        count = round(share * remaining) - round(before * remaining)
        tenants += [tenant] * count
    return tenants
