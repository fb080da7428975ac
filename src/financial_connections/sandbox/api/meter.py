"""Count requests, and find the largest number in any second."""

from collections import Counter, defaultdict, deque

from attrs import Factory, define

from financial_connections.sandbox.traffic import RequestCounts, Traffic


@define
class _SlidingSecond:
    """The number of requests in the last second, and the most there have been.

    Requests at the same time share an entry, so a frozen clock does not make `_recent`
    grow.
    """

    peak: int = 0
    _count: int = 0
    _recent: deque[tuple[float, int]] = Factory(deque[tuple[float, int]])

    def add(self, now: float) -> None:
        """Count a request."""
        while self._recent and self._recent[0][0] <= now - 1:
            self._count -= self._recent.popleft()[1]
        at_once = 0
        if self._recent and self._recent[-1][0] == now:
            at_once = self._recent.pop()[1]
        self._recent.append((now, at_once + 1))
        self._count += 1
        self.peak = max(self.peak, self._count)


@define
class _Counts:
    admitted: int = 0
    rejected: Counter[str] = Factory(Counter[str])
    received_rate: _SlidingSecond = Factory(_SlidingSecond)
    admitted_rate: _SlidingSecond = Factory(_SlidingSecond)

    def add(self, rejected_by: str | None, now: float) -> None:
        self.received_rate.add(now)
        if rejected_by is None:
            self.admitted += 1
            self.admitted_rate.add(now)
        else:
            self.rejected[rejected_by] += 1

    def snapshot(self) -> RequestCounts:
        return RequestCounts(
            received=self.admitted + self.rejected.total(),
            admitted=self.admitted,
            rejected=dict(self.rejected),
            peak_received=self.received_rate.peak,
            peak_admitted=self.admitted_rate.peak,
        )


class Meter:
    """Counts of all requests, and of those to each operation and Stripe account."""

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        """Reset all counts to zero."""
        self._total = _Counts()
        self._operations: defaultdict[str, _Counts] = defaultdict(_Counts)
        self._merchants: defaultdict[str, _Counts] = defaultdict(_Counts)

    def add(
        self,
        merchant: str | None,
        operation: str | None,
        rejected_by: str | None,
        now: float,
    ) -> None:
        """Count a request.

        Args:
            merchant: ID of the Stripe account; None if the key is invalid.
            operation: OperationId; None if the key is invalid or the URL is unknown.
            rejected_by: Limit that the request exceeded; None if it was admitted.
            now: Current time, in seconds.
        """
        self._total.add(rejected_by, now)
        if merchant is not None:
            self._merchants[merchant].add(rejected_by, now)
        if operation is not None:
            self._operations[operation].add(rejected_by, now)

    def traffic(self) -> Traffic:
        """Return the counts so far."""
        return Traffic(
            total=self._total.snapshot(),
            operations={
                name: counts.snapshot() for name, counts in self._operations.items()
            },
            stripe_accounts={
                name: counts.snapshot() for name, counts in self._merchants.items()
            },
        )
