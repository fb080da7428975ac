"""Refresh waits that receive outdated responses."""

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
from tests.support.refresh import sleeping_with
from tests.support.samples import ACCOUNT

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


async def wait(*bodies, call="refresh_and_wait", features=("balance",), **arguments):
    """Run a wait that receives these bodies, of which the last is repeated.

    Return the account and the initials of the HTTP methods sent.
    """
    remaining, sent = list(bodies), []

    def respond(request):
        sent.append(request.method)
        body = remaining.pop(0) if len(remaining) > 1 else remaining[0]
        status = 400 if "error" in body else 200
        return httpx.Response(
            status, content=json.dumps(body if status == 400 else ACCOUNT | body)
        )

    async def sleep(seconds):
        await anyio.lowlevel.checkpoint()

    if call == "refresh_and_wait":
        arguments["clock"] = lambda: 10_000
    async with (
        httpx.AsyncClient(transport=httpx.MockTransport(respond)) as http,
        AsyncClient("sk_test_1", http_client=http) as client,
    ):
        with sleeping_with(sleep):
            account = await getattr(client.accounts, call)(
                "fca_1", features=features, **arguments
            )
    return account, "".join(method[0] for method in sent)


async def test_a_poll_that_shows_the_previous_refresh_does_not_end_the_wait():
    account, sent = await wait(
        YESTERDAY,
        balance("pending", 200),
        YESTERDAY,
        balance("pending", 200),
        YESTERDAY,
        balance("succeeded", 200),
    )
    assert (200, "GPGGGG") == (account.balance_refresh.last_attempted_at, sent)


async def test_an_outdated_response_to_the_request_does_not_end_the_wait():
    account, sent = await wait(
        YESTERDAY, YESTERDAY, YESTERDAY, balance("succeeded", 200)
    )
    assert (200, "GPGG") == (account.balance_refresh.last_attempted_at, sent)


async def test_a_failure_of_the_previous_refresh_is_ignored():
    account, _ = await wait(
        balance("failed", 100),
        balance("failed", 100),
        balance("failed", 100),
        balance("succeeded", 200),
    )
    assert 200 == account.balance_refresh.last_attempted_at


async def test_a_failure_of_the_new_refresh_is_raised():
    with pytest.raises(RefreshFailedError):
        await wait(
            YESTERDAY, balance("pending", 200), YESTERDAY, balance("failed", 200)
        )


async def test_a_refresh_that_ends_before_the_response_ends_the_wait():
    _, sent = await wait(YESTERDAY, balance("succeeded", 200))
    assert "GP" == sent


async def test_a_response_older_than_the_first_one_is_ignored():
    account, _ = await wait(
        balance("succeeded", 100), balance("succeeded", 50), balance("succeeded", 200)
    )
    assert 200 == account.balance_refresh.last_attempted_at


async def test_a_poll_older_than_the_response_to_the_request_is_ignored():
    """The first response was out of date: another refresh had ended at 150."""
    account, _ = await wait(
        YESTERDAY,
        balance("pending", 200),
        balance("succeeded", 150),
        balance("succeeded", 200),
    )
    assert 200 == account.balance_refresh.last_attempted_at


async def test_responses_from_before_the_first_refresh_are_ignored():
    none = {"balance_refresh": None}
    account, _ = await wait(
        none, balance("pending", 200), none, none, balance("succeeded", 200)
    )
    assert 200 == account.balance_refresh.last_attempted_at


async def test_a_response_from_before_a_joined_refresh_is_ignored():
    account, sent = await wait(
        balance("pending", 200), YESTERDAY, balance("succeeded", 200)
    )
    assert (200, "GGG") == (account.balance_refresh.last_attempted_at, sent)


async def test_a_refresh_in_the_same_second_as_the_previous_one_is_awaited():
    _, sent = await wait(
        YESTERDAY, balance("pending", 100), balance("pending", 100), YESTERDAY
    )
    assert "GPGG" == sent


async def test_an_outdated_pending_refresh_does_not_count_as_started():
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


async def test_a_refresh_by_another_process_in_the_same_second_is_joined():
    _, sent = await wait(YESTERDAY, TOO_EARLY, balance("pending", 100), YESTERDAY)
    assert "GPGG" == sent


async def test_refreshes_in_the_same_second_are_distinguished_by_id():
    account, sent = await wait(
        transactions("succeeded", 100, "fctxnref_1"),
        transactions("succeeded", 100, "fctxnref_1"),
        transactions("succeeded", 100, "fctxnref_2"),
        features=["transactions"],
    )
    assert ("fctxnref_2", "GPG") == (account.transaction_refresh.id, sent)


async def test_a_refresh_that_another_process_starts_is_joined():
    account, sent = await wait(
        YESTERDAY,
        TOO_EARLY,
        balance("pending", 200),
        YESTERDAY,
        balance("succeeded", 200),
    )
    assert (200, "GPGGG") == (account.balance_refresh.last_attempted_at, sent)


async def test_a_refresh_that_another_process_completes_ends_the_wait():
    new = balance("succeeded", 200, next_refresh_available_at=20_000)
    account, sent = await wait(YESTERDAY, TOO_EARLY, new)
    assert (200, "GPG") == (account.balance_refresh.last_attempted_at, sent)


async def test_an_outdated_response_after_a_rejection_does_not_end_the_wait():
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


async def test_all_features_must_have_succeeded_in_one_response():
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


async def test_a_timeout_error_says_that_only_the_previous_refresh_was_visible():
    with pytest.raises(
        DeadlineExceededError,
        match=r"balance=succeeded \(from the previous refresh\)$",
    ):
        await wait(YESTERDAY, YESTERDAY, timeout=10)


async def test_wait_for_refresh_accepts_only_the_latest_refresh():
    assert "G" == (await wait(YESTERDAY, call="wait_for_refresh"))[1]
    account, sent = await wait(
        balance("pending", 200),
        YESTERDAY,
        balance("succeeded", 200),
        call="wait_for_refresh",
    )
    assert (200, "GGG") == (account.balance_refresh.last_attempted_at, sent)


async def test_a_refresh_without_an_id_or_a_time_is_judged_by_its_status():
    bare = {"balance_refresh": {"status": "succeeded"}}
    assert "GP" == (await wait(bare, bare))[1]


@st.composite
def lagging_worlds(draw):
    """Draw the successive states of a feature.

    Each refresh is pending and then ends. The request starts the last one.
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
def test_only_a_refresh_that_started_after_the_first_response_ends_a_wait(states, data):
    freshness = Freshness(["transactions"])
    # All refreshes but the last have ended. The first response may miss one of them.
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
