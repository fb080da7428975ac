"""A sender with one account that has a long history, in virtual time."""

import random
from itertools import islice

import anyio

from financial_connections.models import Account, TransactionList
from tests.support.samples import ACCOUNT, TRANSACTION, list_of

NOW = 1_700_000_000
DAY = 86_400
SECONDS = 0.08
"""Duration of a request."""


class History:
    """A sender that answers requests about one account, 0.08 seconds each.

    Args:
        times: Times of the transactions.
        is_sorted: True to list the newest first.
        room: True if requests can be sent without delaying others.
    """

    def __init__(self, times, *, is_sorted=True, room=True):
        self.times = sorted(times, reverse=True) if is_sorted else times
        self.room = room
        self.requests, self.running, self.most = [], 0, 0
        self.before_ahead = None
        """Called before each request that is not needed yet."""

    def has_room(self, request, options):
        return self.room

    def emit(self, event):
        """Ignore the events of operations."""

    async def send(self, request, result_type, options):
        is_ahead = options is not None and options.max_retries == 0
        self.requests.append((request, is_ahead))
        self.running += 1
        self.most = max(self.most, self.running)
        try:
            if is_ahead and self.before_ahead is not None:
                await self.before_ahead()
            await anyio.sleep(SECONDS)
        finally:
            self.running -= 1
        if result_type is Account:
            refresh = {"id": "fctxnref_1", "status": "succeeded"}
            return Account.from_dict(ACCOUNT | {"transaction_refresh": refresh})
        return TransactionList.from_dict(self.page(request.params))

    def page(self, params):
        after, until = params["starting_after"], params["transacted_at"]
        start = 0 if after is None else int(after.removeprefix("fctxn_")) + 1
        rows = list(
            islice(
                (
                    (number, self.times[number])
                    for number in range(start, len(self.times))
                    if until is None or self.times[number] <= until["lte"]
                ),
                params["limit"] + 1,
            )
        )
        page = [
            TRANSACTION | {"id": f"fctxn_{number}", "transacted_at": time}
            for number, time in rows[: params["limit"]]
        ]
        return list_of(*page, has_more=len(rows) > params["limit"])


def dates_of(shape, count):
    """Return times of transactions, distributed over time in the given way."""
    rng = random.Random(1)
    bursts = [rng.randrange(730 * DAY) for _ in range(25)]
    ages = {
        "uniform": lambda: rng.randrange(730 * DAY),
        "dates without times": lambda: rng.randrange(730) * DAY,
        "weekly": lambda: rng.randrange(104) * 7 * DAY + rng.randrange(3_600),
        "bursts": lambda: rng.choice(bursts) + rng.randrange(3_600),
        "half in one hour": lambda: (
            rng.randrange(730 * DAY) if rng.random() < 0.5 else rng.randrange(3_600)
        ),
        "mostly recent": lambda: int(rng.expovariate(1 / (30 * DAY))),
        "mostly old": lambda: 730 * DAY - int(rng.expovariate(1 / (60 * DAY))),
        "on one day": lambda: rng.randrange(DAY),
        "on five dates": lambda: rng.randrange(5) * DAY,
        "on two dates": lambda: rng.randrange(2) * DAY,
        "on one date": lambda: 0,
    }
    return [NOW - ages[shape]() for _ in range(count)]
