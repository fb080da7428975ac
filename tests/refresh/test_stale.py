"""Waits for refreshes when reads of the account lag behind."""

import json

import anyio
import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from financial_connections import (
    AsyncClient,
    DeadlineExceededError,
    RefreshFailedError,
    RefreshNotAvailableError,
)
from financial_connections._refresh.freshness import Freshness, Phase
from financial_connections.models import Account
from tests.support.samples import ACCOUNT

NO_TIME = {"sleep": lambda _: anyio.lowlevel.checkpoint(), "clock": lambda: 10_000}
TOO_EARLY = {"error": {"type": "invalid_request_error", "message": "too early"}}


def balance(status, at, **more):
    return {
        "balance_refresh": {
            "status": status,
            "last_attempted_at": at,
            "next_refresh_available_at": None,
        }
        | more
    }


def transactions(status, at, refresh):
    return {
        "transaction_refresh": {"id": refresh} | balance(status, at)["balance_refresh"]
    }


YESTERDAY = balance("succeeded", 100)


async def wait(*answers, call="refresh_and_wait", features=("balance",), **arguments):
    """Wait while the API gives these answers; the last one is repeated. Return the
    account and the methods used.
    """
    left, sent = list(answers), []

    def answer(request):
        sent.append(request.method)
        body = left.pop(0) if len(left) > 1 else left[0]
        status = 400 if "error" in body else 200
        return httpx.Response(
            status, content=json.dumps(body if status == 400 else ACCOUNT | body)
        )

    time = dict(NO_TIME)
    if call == "wait_for_refresh":
        del time["clock"]
    async with (
        httpx.AsyncClient(transport=httpx.MockTransport(answer)) as http,
        AsyncClient("sk_test_1", http_client=http) as client,
    ):
        account = await getattr(client.accounts, call)(
            "fca_1", features=features, **time, **arguments
        )
    return account, "".join(method[0] for method in sent)


async def test_a_look_that_still_shows_the_previous_refresh_does_not_end_the_wait():
    account, sent = await wait(
        YESTERDAY,
        balance("pending", 200),
        YESTERDAY,
        balance("pending", 200),
        YESTERDAY,
        balance("succeeded", 200),
    )
    assert (200, "GPGGGG") == (account.balance_refresh.last_attempted_at, sent)


async def test_a_response_to_the_request_that_shows_the_previous_refresh_does_not_end_the_wait():
    account, sent = await wait(
        YESTERDAY, YESTERDAY, YESTERDAY, balance("succeeded", 200)
    )
    assert (200, "GPGG") == (account.balance_refresh.last_attempted_at, sent)


async def test_the_failure_of_the_previous_refresh_does_not_fail_the_wait():
    account, _ = await wait(
        balance("failed", 100),
        balance("failed", 100),
        balance("failed", 100),
        balance("succeeded", 200),
    )
    assert 200 == account.balance_refresh.last_attempted_at


async def test_the_failure_of_the_new_refresh_fails_the_wait():
    with pytest.raises(RefreshFailedError):
        await wait(
            YESTERDAY, balance("pending", 200), YESTERDAY, balance("failed", 200)
        )


async def test_a_refresh_that_ends_before_the_response_ends_the_wait():
    _, sent = await wait(YESTERDAY, balance("succeeded", 200))
    assert "GP" == sent


async def test_a_look_older_than_the_first_one_is_ignored():
    account, _ = await wait(
        balance("succeeded", 100), balance("succeeded", 50), balance("succeeded", 200)
    )
    assert 200 == account.balance_refresh.last_attempted_at


async def test_a_look_newer_than_the_first_one_but_older_than_the_response_is_ignored():
    """The first look lagged: another refresh, at 150, had been over by then."""
    account, _ = await wait(
        YESTERDAY,
        balance("pending", 200),
        balance("succeeded", 150),
        balance("succeeded", 200),
    )
    assert 200 == account.balance_refresh.last_attempted_at


async def test_the_first_refresh_ever_is_not_ended_by_looks_from_before_it():
    none = {"balance_refresh": None}
    account, _ = await wait(
        none, balance("pending", 200), none, none, balance("succeeded", 200)
    )
    assert 200 == account.balance_refresh.last_attempted_at


async def test_a_joined_refresh_is_not_ended_by_a_look_from_before_it():
    account, sent = await wait(
        balance("pending", 200), YESTERDAY, balance("succeeded", 200)
    )
    assert (200, "GGG") == (account.balance_refresh.last_attempted_at, sent)


async def test_a_refresh_within_the_second_of_the_previous_one_is_waited_for():
    _, sent = await wait(
        YESTERDAY, balance("pending", 100), balance("pending", 100), YESTERDAY
    )
    assert "GPGG" == sent


async def test_a_late_look_at_the_previous_refresh_while_it_was_pending_starts_nothing():
    account, _ = await wait(
        YESTERDAY,
        YESTERDAY,
        balance("pending", 100),
        YESTERDAY,
        balance("pending", 200),
        balance("succeeded", 200),
    )
    assert 200 == account.balance_refresh.last_attempted_at
    old = [
        transactions(status, 100, "fctxnref_1") for status in ("succeeded", "pending")
    ]
    account, _ = await wait(
        old[0],
        old[1],
        old[0],
        transactions("succeeded", 100, "fctxnref_2"),
        features=["transactions"],
    )
    assert "fctxnref_2" == account.transaction_refresh.id


async def test_a_refresh_that_another_process_starts_within_the_same_second_is_joined():
    _, sent = await wait(YESTERDAY, TOO_EARLY, balance("pending", 100), YESTERDAY)
    assert "GPGG" == sent


async def test_two_refreshes_of_transactions_within_a_second_are_told_apart_by_their_ids():
    account, sent = await wait(
        transactions("succeeded", 100, "fctxnref_1"),
        transactions("succeeded", 100, "fctxnref_1"),
        transactions("succeeded", 100, "fctxnref_2"),
        features=["transactions"],
    )
    assert ("fctxnref_2", "GPG") == (account.transaction_refresh.id, sent)


async def test_a_refresh_that_another_process_starts_in_between_is_joined():
    account, sent = await wait(
        YESTERDAY,
        TOO_EARLY,
        balance("pending", 200),
        YESTERDAY,
        balance("succeeded", 200),
    )
    assert (200, "GPGGG") == (account.balance_refresh.last_attempted_at, sent)


async def test_a_refresh_that_another_process_completes_in_between_is_the_one_waited_for():
    new = balance("succeeded", 200, next_refresh_available_at=20_000)
    account, sent = await wait(YESTERDAY, TOO_EARLY, new)
    assert (200, "GPG") == (account.balance_refresh.last_attempted_at, sent)


async def test_a_refusal_followed_by_a_stale_look_is_not_the_end_of_a_refresh():
    old = balance("succeeded", 100, next_refresh_available_at=9_000) | {
        "permissions": ["balances"]
    }
    with pytest.raises(RefreshNotAvailableError, match="too early"):
        await wait(old, TOO_EARLY, old)
    account, sent = await wait(
        old,
        TOO_EARLY,
        old,
        balance("pending", 200),
        YESTERDAY,
        balance("succeeded", 200),
        when_available=True,
    )
    assert (200, "GPGGGG") == (account.balance_refresh.last_attempted_at, sent)


async def test_features_count_only_together_in_one_look():
    old = transactions("succeeded", 100, "fctxnref_1")
    new = transactions("succeeded", 200, "fctxnref_2")
    account, sent = await wait(
        YESTERDAY | old,
        balance("pending", 200) | transactions("pending", 200, "fctxnref_2"),
        balance("succeeded", 200) | old,
        YESTERDAY | new,
        balance("succeeded", 200) | new,
        features=["balance", "transactions"],
    )
    assert (200, "fctxnref_2", "GPGGG") == (
        account.balance_refresh.last_attempted_at,
        account.transaction_refresh.id,
        sent,
    )


async def test_a_timeout_says_that_only_the_previous_refresh_was_seen():
    with pytest.raises(
        DeadlineExceededError,
        match="balance is succeeded, still by the previous refresh$",
    ):
        await wait(YESTERDAY, YESTERDAY, timeout=10)


async def test_waiting_alone_accepts_the_latest_refresh_and_nothing_older_than_it():
    assert "G" == (await wait(YESTERDAY, call="wait_for_refresh"))[1]
    account, sent = await wait(
        balance("pending", 200),
        YESTERDAY,
        balance("succeeded", 200),
        call="wait_for_refresh",
    )
    assert (200, "GGG") == (account.balance_refresh.last_attempted_at, sent)


async def test_a_refresh_that_cannot_be_identified_is_judged_by_its_status():
    bare = {"balance_refresh": {"status": "succeeded"}}
    assert "GP" == (await wait(bare, bare))[1]


# -- a model of a world whose reads lag behind -----------------------------------------


@st.composite
def lagging_worlds(draw):
    """Draw the states of a feature in the order in which they come to be, and the
    looks at them.

    A refresh is pending and then ends; the last one is the one that the request starts.
    """
    with_ids, at, states = draw(st.booleans()), 100, []
    for number in range(draw(st.integers(1, 3))):
        identity = f"fctxnref_{number}" if with_ids else None
        states += [
            (identity, at, "pending"),
            (identity, at, draw(st.sampled_from(["succeeded", "failed"]))),
        ]
        at += draw(st.integers(1, 50))
    return states


@given(lagging_worlds(), st.data())
def test_only_a_refresh_that_began_after_the_first_look_ends_a_wait(states, data):
    freshness = Freshness(["transactions"])
    # All but the last refresh are over; the first look may lag by one ended refresh.
    before = states[:-2]
    ended = [None, *before[1::2]]
    first = data.draw(st.sampled_from(ended[-2:]))
    freshness.observe(account_showing(first))
    assert Phase.IDLE is freshness.phases["transactions"]
    started, end = states[-2:]
    if data.draw(st.booleans()):  # the response to the request shows what it started
        freshness.observe(account_showing(started))
        assert Phase.RUNNING is freshness.phases["transactions"]
        acceptable = {end}
    else:
        acceptable = {
            state for state in states[1::2] if first is None or state[1] > first[1]
        }
    for state in data.draw(st.lists(st.sampled_from([None, *states[1:]]), max_size=8)):
        freshness.observe(account_showing(state))
        if freshness.phases["transactions"] in {Phase.SUCCEEDED, Phase.FAILED}:
            assert state in acceptable
            assert freshness.phases["transactions"].value == state[2]
    freshness.observe(account_showing(end))
    assert freshness.phases["transactions"].value == end[2]


def account_showing(state):
    refresh = state and {
        "id": state[0],
        "last_attempted_at": state[1],
        "status": state[2],
    }
    return Account.from_dict(ACCOUNT | {"transaction_refresh": refresh})
