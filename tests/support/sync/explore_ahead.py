"""Explore every interleaving of a small API and a first sync that reads ahead."""

from typing import NamedTuple

from attrs import evolve

from financial_connections.sync.cursor import Checkpoint
from financial_connections.sync.scan import ReadPage
from tests.support.sync.explore import CRASH, STALE, Exploration, stored
from tests.support.sync.world import Api

_NO_SYNC = None


class AheadState(NamedTuple):
    """A state of `Exploration`, and what pages that were read ahead may show."""

    api: Api
    past: tuple
    table: frozenset
    saved: Checkpoint
    sync: int | None
    faults: int
    window: frozenset = frozenset()
    """The lists since the current pass began; empty if it does not read ahead."""


class ExplorationAhead(Exploration):
    """An exploration in which a page may have been read at any time of its pass.

    A page may also be composed of two parts that were read at different times. Which
    pages the planner reads ahead therefore does not matter.

    Args:
        limits: The size of the world.
        settings: Further arguments of `Exploration`.
    """

    def _steps(self, state):
        state = AheadState(*state)
        api, past, table, saved, sync, faults, window = state
        remembered = (
            tuple(dict.fromkeys((*past, api)))[-self.lag :]
            if faults and STALE in self.faults
            else ()
        )
        for later in self._api_steps(api):
            seen = window | {_list_of(later)} if window else window
            yield AheadState(later, remembered, table, saved, sync, faults, seen)
        if sync is _NO_SYNC:
            begun = self._begun(saved)
            yield AheadState(
                api, past, table, saved, begun, faults, self._window(begun, api)
            )
            return
        for response in self._responses(state, api, window):
            yield from self._after(state, response, past, faults)
        if faults:
            for earlier in dict.fromkeys(past):
                for response in self._responses(state, earlier, window, stale=earlier):
                    yield from self._after(state, response, (), 0)
            if CRASH in self.faults:
                yield AheadState(api, (), table, saved, _NO_SYNC, 0)

    def _responses(self, state, view, window, stale=None):
        """Return the responses to the next request.

        Args:
            state: The state.
            view: What a response shows that is neither read ahead nor composed.
            window: What a page that was read ahead shows.
            stale: An outdated state that one part of a page shows.
        """
        if not window:
            return [self._response(state.sync, view)]
        request = self._plans[state.sync].request
        after, position = request.after, request.starting_after
        lists = sorted(window, key=repr)
        pairs = [(first, second) for first in lists for second in lists]
        if stale is not None:
            pairs = [pair for each in lists for pair in ((stale, each), (each, stale))]
            lists = [stale]
        found = [self._page(each, after, position) for each in lists]
        if self.limits.page_size > 1 and position is not None:
            found += [
                self._composed(first, second, after, position)
                for first, second in pairs
            ]
        return list(dict.fromkeys(found))

    def _composed(self, first, second, after, position):
        """Return a page whose first row was read at another time than its second."""
        begin = self._short(first, after, position)
        if begin is None or not begin[1]:
            return begin
        [(item, _)] = begin[0]
        rest = self._short(second, after, str(item))
        if rest is None or {item} & {key for key, _ in rest[0]}:
            return begin
        return begin[0] + rest[0], rest[1]

    def _short(self, view, after, position):
        page = self._page(view, after, position)
        if page is None:
            return None
        items, has_more = page
        return items[:1], has_more or len(items) > 1

    def _after(self, state, response, past, faults):
        """Yield the states after a response."""
        api, _, table, saved, sync, _, window = state
        portions, following = self._fed(sync, response)
        for items, checkpoint in portions:
            if faults and CRASH in self.faults:
                yield AheadState(api, (), table, saved, _NO_SYNC, 0)
                kept = stored(table, items)
                yield AheadState(api, (), kept, saved, _NO_SYNC, 0)
            table, saved = stored(table, items), checkpoint
        begins = self._window(following, api)
        if begins and self._plans[following].request.starting_after is not None:
            begins = window or begins
        yield AheadState(api, past, table, saved, following, faults, begins)

    def _window(self, sync, api):
        """Return what pages show that are read from now on."""
        request = None if sync is _NO_SYNC else self._plans[sync].request
        if isinstance(request, ReadPage) and request.after is None:
            return frozenset({_list_of(api)})
        return frozenset()


def _list_of(api):
    """Return a state that shows the same list."""
    return evolve(api, refreshes="", touches=0)
