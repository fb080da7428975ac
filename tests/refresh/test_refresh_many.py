"""Refreshes of many accounts at once."""

import gc
import random

import anyio
import pytest

from financial_connections import (
    AuthenticationError,
    DeadlineExceededError,
    InvalidArgumentError,
    NotFoundError,
    RefreshFailedError,
    RefreshNotAvailableError,
    RequestOptions,
    expanded,
)
from financial_connections._refresh.wait import RefreshWait
from financial_connections.accounts import (
    Accounts,
    RefreshNotifier,
    RefreshProgress,
)
from financial_connections.sandbox import Sandbox
from tests.support.institution import EPOCH, Institution, now
from tests.support.refresh import RefreshWorld
from tests.support.sync.clients import client_of
from tests.support.virtual_time import run_in_virtual_time

BALANCE = {"features": ["balance"], "clock": now}


def number_of(account):
    return int(account.removeprefix("fca_"))


async def ids(count):
    for number in range(count):
        yield f"fca_{number}"


async def refresh(institution, accounts, **settings):
    """Return the IDs of the refreshed accounts in order, and the `Refreshes`."""
    many = Accounts(institution).refresh_many(accounts, **(BALANCE | settings))
    async with many as refreshes:
        order = [account.id async for account in refreshes]
        assert refreshes.errors is not None  # read, so no warning is logged
    return order, refreshes


async def test_an_account_that_is_refreshed_later_is_not_in_skipped():
    early = {"fca_0", "fca_1"}

    async def twice():
        yield "fca_0"
        yield "fca_1"
        early.remove("fca_0")
        yield "fca_0"

    institution = Institution(
        seconds=lambda account: 0,
        available_at=lambda account: EPOCH + (10**6 if account in early else -1),
    )
    order, refreshes = await refresh(institution, twice(), concurrency=1, poll=0.01)
    assert (["fca_0"], ["fca_1"]) == (order, list(refreshes.skipped))


async def test_the_features_are_read_once():
    institution = Institution(seconds=lambda account: 0)
    await refresh(institution, ids(2), features=iter(["balance"]), poll=0.01)
    assert {"fca_0", "fca_1"} == set(institution.started_at)


@pytest.mark.parametrize("backend", ["asyncio", "trio"])
def test_every_account_is_accounted_for(backend):
    run_in_virtual_time(backend, refresh_all, 500)


async def refresh_all(count):
    """Refresh accounts, of which 5 % fail and 10 % cannot be refreshed yet."""
    rng, alive = random.Random(7), []
    seconds = {f"fca_{number}": rng.uniform(2, 60) for number in range(count)}
    failing = {f"fca_{number}" for number in range(0, count, 20)}
    early = {f"fca_{number}" for number in range(5, count, 10)}
    institution = Institution(
        seconds=seconds.__getitem__,
        fails=failing.__contains__,
        available_at=lambda account: EPOCH + 10**6 if account in early else EPOCH - 1,
    )
    reports = []

    def on_progress(progress):
        reports.append(progress)
        if len(reports) % (count // 4) == 0:
            gc.collect()
            alive.append(sum(type(t) is RefreshWait for t in gc.get_objects()))

    order, refreshes = await refresh(
        institution, ids(count), concurrency=50, on_progress=on_progress
    )
    assert set(failing) == set(refreshes.errors)
    assert {RefreshFailedError} == {type(e) for e in refreshes.errors.values()}
    assert dict.fromkeys(early, EPOCH + 10**6) == refreshes.skipped
    assert sorted(order) == sorted(seconds.keys() - failing - early)
    assert (
        refreshes.progress
        == reports[-1]
        == RefreshProgress(
            accounts=count, done=len(order), skipped=len(early), failed=len(failing)
        )
    )
    for progress in reports:
        ended = progress.done + progress.skipped + progress.failed
        assert ended <= progress.accounts <= ended + 50
    assert max(alive) <= 50
    # A skipped account takes one request. For others, the delays between polls grow.
    assert {1} == {institution.requests[account] for account in early}
    assert max(institution.requests.values()) <= 12


@pytest.mark.parametrize("backend", ["asyncio", "trio"])
def test_accounts_are_returned_in_the_order_in_which_they_are_done(backend):
    async def main():
        institution = Institution(seconds=lambda account: 4 ** (4 - number_of(account)))
        order, _ = await refresh(institution, ids(5), timeout=None)
        assert [f"fca_{number}" for number in (4, 3, 2, 1, 0)] == order
        order, _ = await refresh(Institution(), ids(5), concurrency=1)
        assert [f"fca_{number}" for number in range(5)] == order

    run_in_virtual_time(backend, main)


@pytest.mark.parametrize("backend", ["asyncio", "trio"])
@pytest.mark.parametrize(
    ("if_too_early", "timeout", "outcome"),
    [
        ("skip", 120, "skipped"),
        ("raise", 120, RefreshNotAvailableError),
        ("wait", 120, "done"),
        ("wait", 30, RefreshNotAvailableError),
    ],
)
def test_an_account_that_cannot_be_refreshed_yet(
    backend, if_too_early, timeout, outcome
):
    async def main():
        institution = Institution(available_at=lambda account: EPOCH + 60)
        order, refreshes = await refresh(
            institution, ["fca_1"], if_too_early=if_too_early, timeout=timeout
        )
        assert {"fca_1": EPOCH + 60} == refreshes.skipped or outcome != "skipped"
        if outcome == "done":
            assert ["fca_1"] == order
            assert institution.started_at["fca_1"] >= EPOCH + 60
        else:
            assert ([], {}) == (order, institution.started_at)
            assert outcome in {"skipped", type(refreshes.errors.get("fca_1"))}
            assert anyio.current_time() < 1

    run_in_virtual_time(backend, main)


@pytest.mark.parametrize("backend", ["asyncio", "trio"])
def test_each_account_has_its_own_timeout(backend):
    async def main():
        institution = Institution(
            seconds=lambda account: 300 if account == "fca_1" else 20
        )
        order, refreshes = await refresh(
            institution, ids(10), concurrency=2, timeout=60
        )
        assert 9 == len(order)
        assert {"fca_1": DeadlineExceededError} == {
            account: type(error) for account, error in refreshes.errors.items()
        }
        assert "fca_1" == refreshes.errors["fca_1"].account.id

    run_in_virtual_time(backend, main)


@pytest.mark.parametrize("backend", ["asyncio", "trio"])
def test_an_event_triggers_a_poll_of_its_account(backend):
    async def main():
        notifier, institution = RefreshNotifier(), Institution()
        many = Accounts(institution).refresh_many(
            ids(3), poll=100, timeout=300, notifier=notifier, **BALANCE
        )
        async with many as refreshes:
            await anyio.sleep(10)
            notifier.notify("fca_2")
            assert "fca_2" == (await anext(refreshes)).id
            assert anyio.current_time() < 20

    run_in_virtual_time(backend, main)


@pytest.mark.parametrize("backend", ["asyncio", "trio"])
def test_a_slow_consumer_delays_the_next_accounts(backend):
    async def main():
        institution = Institution()
        many = Accounts(institution).refresh_many(ids(10), concurrency=3, **BALANCE)
        async with many as refreshes:
            await anyio.sleep(1_000)
            assert 3 == len(institution.started_at) == refreshes.progress.accounts
            assert 10 == len([account async for account in refreshes])

    run_in_virtual_time(backend, main)


@pytest.mark.parametrize("backend", ["asyncio", "trio"])
def test_leaving_the_block_ends_all_requests(backend):
    async def main():
        institution = Institution()
        many = Accounts(institution).refresh_many(ids(10), **BALANCE)
        with anyio.move_on_after(3):
            async with many as refreshes:
                await anext(refreshes)
        requests = institution.requests.total()
        await anyio.sleep(1_000)
        assert requests == institution.requests.total()

    run_in_virtual_time(backend, main)


async def test_pairs_are_refreshed_on_behalf_of_their_connected_account():
    sandbox = Sandbox()
    pairs = [
        (merchant, sandbox.add_account(stripe_account=merchant))
        for merchant in (None, sandbox.add_connected_account())
    ]
    world = RefreshWorld()
    world.sandbox = sandbox
    async with (
        world.client() as client,
        client.accounts.refresh_many(
            [*pairs, ("acct_revoked", "fca_1")],
            features=["balance"],
            clock=world.clock,
        ) as refreshes,
    ):
        done = {account.id async for account in refreshes}
        assert ["fca_1"] == list(refreshes.errors)
    assert {account for _, account in pairs} == done


async def test_ownership_can_be_expanded():
    world = RefreshWorld()
    [world.sandbox.add_account(owners=2, refreshed=()) for _ in range(3)]
    async with (
        world.client() as client,
        client.accounts.refresh_many(
            client.accounts.list(),
            features=["ownership"],
            expand=["ownership"],
            clock=world.clock,
        ) as refreshes,
    ):
        async for account in refreshes:
            assert 2 == len(expanded(account.ownership).owners.data)
    assert 3 == refreshes.progress.done


@pytest.mark.parametrize("backend", ["asyncio", "trio"])
def test_accounts_with_the_oldest_data_come_first_if_asked(backend):
    async def main():
        institution = Institution()
        for number in (2, 0, 1):
            await refresh(institution, [f"fca_{number}"])
        institution.available_at = lambda account: 0
        accounts = [
            account
            for number in range(4)
            async for account in refreshed(institution, f"fca_{number}")
        ]
        institution.started_at.clear()
        order, _ = await refresh(
            institution, accounts, concurrency=1, oldest_first=True
        )
        assert [f"fca_{number}" for number in (3, 2, 0, 1)] == order

    async def refreshed(institution, account):
        yield await Accounts(institution).retrieve(account)

    run_in_virtual_time(backend, main)


async def test_errors_are_collected(caplog):
    sandbox = Sandbox()
    inactive = sandbox.add_account()
    sandbox.deactivate(inactive)
    async with client_of(sandbox) as client:
        async with client.accounts.refresh_many(
            ["fca_nowhere", inactive], features=["balance"]
        ) as refreshes:
            assert [] == [account async for account in refreshes]
        assert "2 of 2 accounts could not be refreshed" in caplog.text
        assert isinstance(refreshes.errors["fca_nowhere"], NotFoundError)
        with pytest.raises(ExceptionGroup, match="2 of 2 accounts") as caught:
            refreshes.raise_for_errors()
    assert "account fca_nowhere" in str(
        [error.__notes__ for error in caught.value.exceptions]
    )


async def test_an_api_key_error_ends_the_iteration():
    requests = []
    async with client_of(Sandbox(), requests) as client:
        async with client.with_options(api_key="sk_test_wrong").accounts.refresh_many(
            [f"fca_{number}" for number in range(1_000)], features=["balance"]
        ) as refreshes:
            with pytest.raises(AuthenticationError):
                await anext(refreshes)
    assert len(requests) <= 64


@pytest.mark.parametrize(
    "arguments",
    [
        {"accounts": "fca_1"},
        {"accounts": [("fca_1", "acct_1")]},
        {"features": []},
        {"features": ["balances"]},
        {"if_too_early": "ignore"},
        {"timeout": 0},
        {"poll": -1},
        {"concurrency": 0},
        {"oldest_first": True},
        {"options": RequestOptions(idempotency_key="k")},
    ],
)
async def test_invalid_arguments_are_rejected_before_sending(arguments):
    async with client_of(Sandbox()) as client:
        settings = {"accounts": ["fca_1"], "features": ["balance"]} | arguments
        with pytest.raises(InvalidArgumentError):
            client.accounts.refresh_many(**settings)


async def test_iterating_without_a_block_is_rejected():
    async with client_of(Sandbox()) as client:
        with pytest.raises(TypeError, match="refresh_many must be entered"):
            async for _ in client.accounts.refresh_many([], features=["balance"]):
                pass
