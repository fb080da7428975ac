"""Explore every interleaving of a small API and a consumer that syncs with it."""

from copy import copy
from functools import cache
from typing import NamedTuple

from attrs import fields

from financial_connections.sync.cursor import Checkpoint
from financial_connections.sync.scan import ReadAccount, Scans
from tests.support.sync.world import Api, api_steps, settle

CRASH, STALE = "crash", "stale read"
_NO_SYNC = None


class LostError(AssertionError):
    """The consumer's table is incomplete after a complete sync."""


class State(NamedTuple):
    """Everything that determines the states that can follow."""

    api: Api
    past: frozenset
    """Earlier states that a stale read may return; empty after the only fault."""
    table: frozenset
    """Transactions that the consumer has stored, with their versions."""
    saved: Checkpoint
    """Checkpoint of the cursor that the consumer has saved."""
    sync: int | None
    """Number of the running sync, or None."""
    faults: int
    """Number of faults that may still occur."""


class Exploration:
    """A breadth-first search of all states.

    Args:
        limits: The size of the world.
        plan: The algorithm, a class with the interface of `Scans`.
        faults: Kinds of faults, `CRASH` or `STALE`. At most one fault occurs.
        lag: Number of earlier states that a stale read may show.
    """

    def __init__(self, limits, plan=Scans, faults=(CRASH, STALE), lag=100):
        self.limits = limits
        self.plan = plan
        self.faults = faults
        self.lag = lag
        self.before = {}
        self._plans, self._numbers = [], {}
        self._api_steps = cache(lambda api: api_steps(api, limits))
        self._page = cache(
            lambda api, after, position: _page(api, after, position, limits.page_size)
        )
        self._fed = cache(self._feed)
        self._begun = cache(lambda saved: self._number(plan(saved)))

    def run(self, start=None):
        """Explore all states and return their number.

        Args:
            start: State of the API that the consumer has already synced; None for an
                empty API.

        Raises:
            LostError: A transaction can be lost. Its message contains the history.
        """
        begin = State(
            start or Api(), (), frozenset(), Checkpoint(), _NO_SYNC, bool(self.faults)
        )
        if start is not None:
            latest = str(len(start.refreshes) - 1)
            begin = begin._replace(
                table=start.truth(), saved=Checkpoint(latest, latest)
            )
        self.before[begin] = None
        level = [begin]
        while level:
            following = []
            for state in level:
                if state.sync is _NO_SYNC:
                    self._check(state)
                for reached in self._steps(state):
                    if reached not in self.before:
                        self.before[reached] = state
                        following.append(reached)
            level = following
        return len(self.before)

    def _steps(self, state):
        api, past, table, saved, sync, faults = state
        remembered = (
            (*past, api)[-self.lag :] if faults and STALE in self.faults else ()
        )
        for later in self._api_steps(api):
            yield State(later, remembered, table, saved, sync, faults)
        if sync is _NO_SYNC:
            yield State(api, past, table, saved, self._begun(saved), faults)
            return
        yield from self._reads(state, api, past, faults)
        if faults:
            for earlier in dict.fromkeys(past):
                yield from self._reads(state, earlier, (), 0)
            if CRASH in self.faults:
                yield State(api, (), table, saved, _NO_SYNC, 0)

    def _reads(self, state, view, past, faults):
        """Yield the states after the next response, which reflects `view`."""
        api, _, table, saved, sync, _ = state
        portions, following = self._fed(sync, self._response(sync, view))
        for items, checkpoint in portions:
            if faults and CRASH in self.faults:
                # The consumer crashes between two batches, or between storing a batch
                # and saving its cursor.
                yield State(api, (), table, saved, _NO_SYNC, 0)
                yield State(api, (), stored(table, items), saved, _NO_SYNC, 0)
            table, saved = stored(table, items), checkpoint
        yield State(api, past, table, saved, following, faults)

    def _response(self, sync, view):
        request = self._plans[sync].request
        if isinstance(request, ReadAccount):
            return view.account()
        return self._page(view, request.after, request.starting_after)

    def _feed(self, sync, response):
        """Return the portions after a response, and the number of the next sync."""
        plan = copy(self._plans[sync])
        plan._known, plan._held = dict(plan._known), list(plan._held)
        if isinstance(plan.request, ReadAccount):
            portions = plan.take_account(response)
        elif response is None:  # the API no longer knows the position
            if not plan.restart():
                return (), _NO_SYNC
            portions = []
        else:
            items, has_more = response
            versions = {
                str(item): (version, (item, version)) for item, version in items
            }
            portions = plan.take_page(
                versions, str(items[-1][0]) if items else None, has_more=has_more
            )
        following = _NO_SYNC if plan.request is None else self._number(plan)
        return tuple(
            (tuple(portion.items), portion.checkpoint) for portion in portions
        ), following

    def _number(self, plan):
        key = plan_key(plan)
        if key not in self._numbers:
            self._numbers[key] = len(self._plans)
            self._plans.append(plan)
        return self._numbers[key]

    def _check(self, state):
        """Stop all changes, run one complete sync, and compare the tables."""
        api = settle(state.api, overlap=self.limits.overlap)
        table, sync = state.table, self._begun(state.saved)
        for _ in range(200):
            portions, sync = self._fed(sync, self._response(sync, api))
            for items, _checkpoint in portions:
                table = stored(table, items)
            if sync is _NO_SYNC:
                break
        if sync is not _NO_SYNC or table != api.truth():
            raise LostError(
                f"{sorted(api.truth() - table)} is missing after\n"
                + "\n".join(self._history(state))
            )

    def _history(self, state):
        states = []
        while state is not None:
            request = (
                None if state.sync is _NO_SYNC else self._plans[state.sync].request
            )
            states.append(
                f"{state.api}\n    table {sorted(state.table)} saved {state.saved} "
                f"next {request}"
            )
            state = self.before[state]
        return states[::-1]


def plan_key(plan):
    """Return a plan as a hashable value, without counters that are irrelevant here."""
    facts = {field.name: getattr(plan, field.name) for field in fields(type(plan))}
    facts |= {
        "_known": frozenset(plan._known.items()),
        "_held": tuple(plan._held),
        "_pages_since_portion": 0,
    }
    facts["_pages"] = min(facts["_pages"], 3)
    return tuple(facts.values())


def _page(api, after, position, size):
    listed = api.listed
    if position is not None:
        if int(position) not in listed:
            return None
        listed = listed[listed.index(int(position)) + 1 :]
    base = -1 if after is None else int(after)
    selected = [
        (item, api.touched[item]) for item in listed if api.touched[item][0] > base
    ]
    return tuple(selected[:size]), len(selected) > size


def stored(table, items):
    return frozenset((dict(table) | dict(items)).items()) if items else table
