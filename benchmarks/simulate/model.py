"""The events of a simulation: updates arrive, slices start and end."""

import heapq
import math
from collections import deque
from collections.abc import Iterator
from random import Random

from attrs import Factory, define

from benchmarks.simulate.queueing import Ready, Station, tenants_of
from benchmarks.simulate.settings import DAY, Settings

_LIST, _RETRIEVE = 0, 1
_NIGHT = (2 / 24, 6 / 24)
"""The night, as fractions of a day."""


@define
class Outcome:
    """The results of a simulation. Times are in seconds."""

    finished: list[float]
    """For each account, when it was in sync for the first time."""
    tenants: list[int]
    """For each account, its tenant. Tenant 0 is the largest."""
    delays: list[tuple[float, float]] = Factory(list)
    """When updates were stored, and how long after they had arrived."""
    requests: list[float] = Factory(lambda: [0.0, 0.0])
    """Numbers of list and retrieve requests."""
    end: float = 0.0
    """The end of the simulation."""


class Simulation:
    """A fleet that syncs accounts until all are in sync, and for a while after.

    Args:
        settings: The numbers to start from.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._random = Random(settings.seed)  # noqa: S311 - not a secret
        self._now = 0.0
        number = settings.accounts
        tenants = tenants_of(settings)
        self.outcome = Outcome([math.inf] * number, tenants)
        self._stations = (
            Station(settings.list_limit),
            Station(settings.retrieve_limit),
        )
        self._all_lists = 2 * settings.page_count  # each page is listed twice
        self._lists_left = [self._all_lists] * number
        self._missing = number
        self._has_news = [False] * number
        self._updated_at = [math.inf] * number
        """When the first update since the first sync arrived that is not stored."""
        self._events = [0] * number
        """Number of events since the last slice began."""
        self._is_wanted = [False] * number
        self._is_running = [False] * number
        self._is_queued = [True] * number
        self._news, self._backfill = Ready(), Ready()
        for account in self._random.sample(range(number), number):
            self._backfill.add(tenants[account], account)
        self._queue: deque[int] = deque()
        self._slots = settings.slots
        self._phases: dict[int, Iterator[tuple[int, float]]] = {}
        self._resyncs: list[tuple[float, int]] = []
        self._resync_at = [math.inf] * number
        self._next_update = self._draw_update(0.0)

    def run(self) -> Outcome:
        """Run the simulation, and return the results."""
        end = math.inf
        self._start_slices()
        while self._now < end:
            self._advance(end)
            self._start_slices()
            if not self._missing and math.isinf(end):
                end = self._now + self._settings.days * DAY
        self.outcome.end = self._now
        self.outcome.requests = [station.requests for station in self._stations]
        return self.outcome

    def _advance(self, end: float) -> None:
        """Let time pass until the next event, and handle it."""
        self._set_speeds()
        before, after = self._now, min(end, self._next_update)
        ending = None
        if self._resyncs and self._resyncs[0][0] < after:
            after = self._resyncs[0][0]
        for station in self._stations:
            if station.slices and before + station.remaining() < after:
                after, ending = before + station.remaining(), station
        for station in self._stations:
            station.advance(after - before)
        self._now = after
        if ending is not None:
            self._continue(heapq.heappop(ending.slices)[1])
        elif after == self._next_update:
            self._update(self._random.randrange(self._settings.accounts))
            self._next_update = self._draw_update(after)
        elif after < end:
            self._resync(*heapq.heappop(self._resyncs))

    def _set_speeds(self) -> None:
        """Share the limits between the slices that run."""
        lists, retrieves = self._stations
        one = lists.possible_rate(self._settings.latency)
        other = retrieves.possible_rate(self._settings.latency)
        scale = 1.0
        if one + other > self._settings.total_limit:
            scale = self._settings.total_limit / (one + other)
        lists.set_rate(scale * one)
        retrieves.set_rate(scale * other)

    def _update(self, account: int) -> None:
        self._has_news[account] = True
        if self.outcome.finished[account] < self._updated_at[account]:
            self._updated_at[account] = self._now
        if self._random.random() >= self._settings.lost:
            self._events[account] += 1
            self._want(account)

    def _resync(self, at: float, account: int) -> None:
        if at == self._resync_at[account]:  # it has not been synced since
            self._want(account)

    def _want(self, account: int) -> None:
        self._is_wanted[account] = True
        if not self._is_queued[account] and not self._is_running[account]:
            self._make_ready(account)

    def _make_ready(self, account: int) -> None:
        self._is_queued[account] = True
        is_new = math.isinf(self.outcome.finished[account])
        ready = self._backfill if is_new else self._news
        # An account whose slice has ended keeps its place.
        is_first = is_new and self._lists_left[account] < self._all_lists
        ready.add(self.outcome.tenants[account], account, is_first=is_first)

    def _start_slices(self) -> None:
        while self._slots:
            if not self._queue:
                self._fill_queue(max(1, self._settings.bound))
                if not self._queue:
                    return
            account = self._queue.popleft()
            self._slots -= 1
            self._is_queued[account] = False
            self._is_running[account] = True
            self._is_wanted[account] = False
            self._phases[account] = self._slice(account)
            self._continue(account)
        self._fill_queue(self._settings.bound)

    def _fill_queue(self, bound: int) -> None:
        while len(self._queue) < bound and (self._news or self._backfill):
            self._queue.append((self._news or self._backfill).pop())

    def _continue(self, account: int) -> None:
        """Send the next requests of a slice, or end it."""
        phase = next(self._phases[account], None)
        if phase is not None:
            station, requests = phase
            requests /= 1 - self._settings.failures
            self._stations[station].add(account, requests)
            return
        del self._phases[account]
        self._slots += 1
        self._is_running[account] = False
        if self._lists_left[account] or self._is_wanted[account]:
            self._make_ready(account)

    def _slice(self, account: int) -> Iterator[tuple[int, float]]:
        """Yield the requests of a slice; tests compare them with a real sync."""
        is_new = math.isinf(self.outcome.finished[account])
        if is_new and self._lists_left[account] < self._all_lists:
            # Not the first slice, which knows the account.
            yield from self._first_sync(account)
            return
        # The latest refresh is known from an event, if there was exactly one.
        is_known = self._events[account] == 1 and not is_new
        has_news, updated_at = self._has_news[account], self._updated_at[account]
        self._has_news[account], self._updated_at[account] = False, math.inf
        self._events[account] = 0
        if not is_known:
            yield _RETRIEVE, 1
        if is_new:
            yield from self._first_sync(account)
            return
        if has_news:
            yield _LIST, 2
        if not math.isinf(updated_at):
            self.outcome.delays.append((self._now, self._now - updated_at))
        self._schedule_resync(account)

    def _first_sync(self, account: int) -> Iterator[tuple[int, float]]:
        number = min(self._settings.pages, self._lists_left[account])
        yield _LIST, number
        self._lists_left[account] -= number
        if self._lists_left[account]:
            return
        if self._settings.page_count > 1:
            yield _RETRIEVE, 2
        self.outcome.finished[account] = self._now
        self._missing -= 1
        self._schedule_resync(account)

    def _schedule_resync(self, account: int) -> None:
        hours = self._settings.resync_hours * self._random.uniform(0.9, 1.1)
        self._resync_at[account] = self._now + hours * 3_600
        heapq.heappush(self._resyncs, (self._resync_at[account], account))

    def _draw_update(self, after: float) -> float:
        """Return when the next update arrives, given how busy each hour is."""
        settings = self._settings
        daily = settings.accounts * settings.updates
        if not daily:
            return math.inf
        start, end = _NIGHT
        by_night = daily * settings.night / (end - start)
        by_day = daily * (1 - settings.night) / (1 - end + start)
        time = after
        while True:  # thinning
            time += self._random.expovariate(max(by_night, by_day) / DAY)
            rate = by_night if start <= time / DAY % 1 < end else by_day
            if self._random.random() * max(by_night, by_day) < rate:
                return time
