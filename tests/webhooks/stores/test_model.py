"""A model of an event store, against which all stores are compared."""

import math

import anyio
import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)

from financial_connections.webhooks import QueryableEventStore
from tests.support.event_stores import RETENTION, STORES, open_backend


class Model(RuleBasedStateMachine):
    """A dictionary that models an event store and is compared with a real store."""

    make_backend = None
    events = st.sampled_from(["evt_1", "evt_2", "evt_3"])
    workers = st.integers(0, 2)

    @initialize()
    def begin(self):
        self.context = self.make_backend()
        self.backend = self.context.__enter__()
        self.stores = [self.backend.open() for _ in range(3)]
        self.forgets = self.backend.name != "memory"
        self.rows, self.tokens, self.token = {}, {}, 0
        self.portal_context = anyio.from_thread.start_blocking_portal()
        self.portal = self.portal_context.__enter__()

    def teardown(self):
        if hasattr(self, "portal"):
            self.portal_context.__exit__(None, None, None)
            self.context.__exit__(None, None, None)

    def row(self, event):
        owner, until = self.rows.get(event, ("", -math.inf))
        return (owner, until) if until > self.backend.now else ("", -math.inf)

    def tokens_of(self, worker):
        return self.tokens.setdefault(id(self.stores[worker]), {})

    @rule(worker=workers, event=events, seconds=st.sampled_from([-100, 0, 100, 300]))
    def claim(self, worker, event, seconds):
        until = self.backend.now + seconds
        expected = self.row(event)[0] == ""
        if expected:
            self.token += 1
            self.rows[event] = (self.token, until)
            self.tokens_of(worker)[event] = self.token
        assert expected == self.portal.call(self.stores[worker].claim, event, until)

    @rule(worker=workers, event=events)
    def confirm(self, worker, event):
        token = self.tokens_of(worker).pop(event, "none")
        if self.row(event)[0] in {"", token}:
            self.rows[event] = (
                "confirmed",
                self.backend.now + RETENTION if self.forgets else math.inf,
            )
        self.portal.call(self.stores[worker].confirm, event)

    @rule(worker=workers, event=events)
    def release(self, worker, event):
        if self.tokens_of(worker).pop(event, "none") == self.row(event)[0]:
            del self.rows[event]
        self.portal.call(self.stores[worker].release, event)

    @rule(seconds=st.sampled_from([50, 100, 400]))
    def advance(self, seconds):
        self.backend.advance(seconds)

    @invariant()
    def the_same_events_are_confirmed(self):
        for event in self.rows if hasattr(self, "rows") else ():
            expected = self.row(event)[0] == "confirmed"
            assert expected == self.portal.call(self.stores[0].is_confirmed, event)


@pytest.mark.parametrize("name", STORES)
def test_every_store_behaves_like_the_model(name, servers, tmp_path):
    class OfStore(Model):
        def make_backend(self):
            return open_backend(name, servers, tmp_path)

    run_state_machine_as_test(
        OfStore,
        settings=settings(max_examples=25, stateful_step_count=25, deadline=None),
    )


def test_every_store_is_queryable(backend):
    assert isinstance(backend.open(), QueryableEventStore)
