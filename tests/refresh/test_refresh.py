"""Refreshing and waiting, against the sandbox, in no time."""

import json
from contextlib import asynccontextmanager

import anyio
import httpx
import pytest

from financial_connections import (
    AccountDisconnectedError,
    AccountInactiveError,
    AsyncClient,
    DeadlineExceededError,
    InvalidArgumentError,
    InvalidRequestError,
    NotFoundError,
    PermissionDeniedError,
    RefreshFailedError,
    RefreshNotAvailableError,
    RequestOptions,
    expanded,
)
from financial_connections.accounts import RefreshNotifier
from financial_connections.sandbox import Clock, Fault, Rules, Sandbox
from financial_connections.webhooks import parse_event
from tests.support.samples import ACCOUNT

EVERYTHING = ["balance", "ownership", "transactions"]


class World:
    """A sandbox, a client of it, and a clock that moves when somebody sleeps."""

    def __init__(self, **rules):
        self.sandbox = Sandbox(rules=Rules(**{"refresh_polls": None, **rules}))
        self.asked = []
        self.slept = []
        self.before_answer = None

    @asynccontextmanager
    async def client(self, **settings):
        async def note(request):
            self.asked.append(
                f"{request.method} {request.url.path.rpartition('accounts/')[2].partition('/')[2]}".strip()
            )
            if self.before_answer:
                await self.before_answer(request)

        async with (
            httpx.AsyncClient(
                transport=httpx.ASGITransport(self.sandbox.app),
                event_hooks={"request": [note]},
            ) as http,
            AsyncClient(
                self.sandbox.api_key,
                base_url="http://127.0.0.1",
                http_client=http,
                **settings,
            ) as client,
        ):
            yield client

    async def sleep(self, seconds):
        assert seconds > 0
        self.slept.append(seconds)
        await anyio.lowlevel.checkpoint()
        self.sandbox.advance(seconds)

    @property
    def time(self):
        return {"clock": self.sandbox.clock.now, "sleep": self.sleep}


async def test_a_refresh_is_started_once_and_waited_for():
    world = World()
    account = world.sandbox.add_account()
    world.sandbox.set_balance(account, 4_200)
    async with world.client() as client:
        state = await client.accounts.refresh_and_wait(
            account, features=["balance"], **world.time
        )
    assert {"usd": 4_200} == state.balance.current
    assert "succeeded" == state.balance_refresh.status
    assert ["GET", "POST refresh", "GET", "GET", "GET", "GET"] == world.asked
    assert [1, 1.5, 2.25, 3.375] == world.slept


async def test_all_features_are_waited_for():
    world = World()
    account = world.sandbox.add_account(
        owners=2, transactions=5, balance=1, refreshed=()
    )
    async with world.client() as client:
        state = await client.accounts.refresh_and_wait(
            account, features=EVERYTHING, expand=["ownership"], **world.time
        )
    assert (1, 5) == (world.asked.count("POST refresh"), len(world.sandbox.events) + 1)
    assert {"succeeded"} == {
        state.balance_refresh.status,
        state.ownership_refresh.status,
        state.transaction_refresh.status,
    }
    assert 2 == len(expanded(state.ownership).owners.data)


async def test_a_refresh_that_runs_already_is_joined():
    world = World()
    account = world.sandbox.add_account()
    async with world.client() as client:
        await client.accounts.refresh(account, features=["balance"])
        await client.accounts.refresh_and_wait(
            account, features=["balance", "ownership"], **world.time
        )
    assert 2 == world.asked.count("POST refresh")
    created = [event["type"].rpartition(".")[2] for event in world.sandbox.events]
    assert ["created", "refreshed_balance", "refreshed_ownership"] == created


async def test_waiting_alone_starts_nothing():
    world = World()
    account = world.sandbox.add_account()
    async with world.client() as client:
        await client.accounts.refresh(account, features=["balance"])
        state = await client.accounts.wait_for_refresh(
            account, features=["balance"], sleep=world.sleep
        )
        at_once = await client.accounts.wait_for_refresh(
            account, features=["balance"], sleep=world.sleep
        )
    assert "succeeded" == state.balance_refresh.status == at_once.balance_refresh.status
    assert 1 == world.asked.count("POST refresh")


async def test_waiting_also_waits_for_a_refresh_that_has_not_begun():
    world = World()
    account = world.sandbox.add_account()

    async def sleep(seconds):
        if not world.slept:
            await client.accounts.refresh(account, features=["ownership"])
        await world.sleep(seconds)

    async with world.client() as client:
        state = await client.accounts.wait_for_refresh(
            account, features=["ownership"], sleep=sleep
        )
    assert "succeeded" == state.ownership_refresh.status


@pytest.mark.parametrize("poll", [0.1, 1, 7])
async def test_a_slow_institution_is_not_asked_all_the_time(poll):
    world = World(refresh_seconds=600)
    account = world.sandbox.add_account()
    async with world.client() as client:
        await client.accounts.refresh_and_wait(
            account, features=["balance"], timeout=None, poll=poll, **world.time
        )
    assert len(world.slept) < 40
    assert 30 == max(world.slept)


async def test_after_the_timeout_the_error_has_the_account_as_last_seen():
    world = World(refresh_seconds=600)
    account = world.sandbox.add_account(last4="6789")
    async with world.client() as client:
        with pytest.raises(
            DeadlineExceededError,
            match="longer than 20 s; when last seen, balance is pending",
        ) as caught:
            await client.accounts.refresh_and_wait(
                account, features=["balance"], timeout=20, **world.time
            )
    assert (20, account) == (sum(world.slept), caught.value.account.id)
    assert "pending" == caught.value.account.balance_refresh.status
    assert isinstance(caught.value, TimeoutError)


async def test_the_timeout_also_bounds_a_request_that_hangs():
    async def hang(request):
        await anyio.sleep_forever()

    async with (
        httpx.AsyncClient(transport=httpx.MockTransport(hang)) as http,
        AsyncClient("sk_test_1", http_client=http) as client,
    ):
        with pytest.raises(DeadlineExceededError, match="balance is None") as caught:
            await client.accounts.refresh_and_wait(
                "fca_1", features=["balance"], timeout=0.01
            )
    assert caught.value.account is None


async def test_the_deadline_of_a_request_also_gives_the_account_as_last_seen():
    answers = [ACCOUNT | {"balance_refresh": {"status": "pending"}}]

    async def once(request):
        if not answers:
            await anyio.sleep_forever()
        return httpx.Response(200, json=answers.pop())

    options = RequestOptions(deadline=0.01)
    async with (
        httpx.AsyncClient(transport=httpx.MockTransport(once)) as http,
        AsyncClient("sk_test_1", http_client=http) as client,
    ):
        with pytest.raises(DeadlineExceededError, match="deadline of 0.01 s") as caught:
            await client.accounts.wait_for_refresh(
                "fca_1", features=["balance"], poll=0.001, options=options
            )
    assert ACCOUNT["id"] == caught.value.account.id


async def test_cancelling_a_wait_cancels_it():
    world = World()
    account = world.sandbox.add_account()
    async with world.client() as client:
        with anyio.move_on_after(0.02) as scope:
            await client.accounts.wait_for_refresh(account, features=["balance"])
    assert scope.cancelled_caught


async def test_a_failed_refresh_names_the_features_that_failed():
    world = World()
    account = world.sandbox.add_account()
    world.sandbox.fail_refreshes(account, "balance", "transactions")
    async with world.client() as client:
        with pytest.raises(
            RefreshFailedError, match="the refresh of balance, transactions failed"
        ) as caught:
            await client.accounts.refresh_and_wait(
                account, features=EVERYTHING, **world.time
            )
    assert ("balance", "transactions") == caught.value.features


@pytest.mark.parametrize("early_refresh", ["refuse", "join"])
async def test_a_refresh_that_is_too_early_says_when_it_is_possible(early_refresh):
    world = World(early_refresh=early_refresh)
    account = world.sandbox.add_account()
    async with world.client() as client:
        state = await client.accounts.refresh_and_wait(
            account, features=["balance"], **world.time
        )
        with pytest.raises(
            RefreshNotAvailableError, match="not possible before 1700000060"
        ) as caught:
            await client.accounts.refresh_and_wait(
                account, features=["balance"], **world.time
            )
    assert (
        state.balance_refresh.next_refresh_available_at
        == caught.value.available_at
        == 1_700_000_060
    )
    assert 1 == world.asked.count("POST refresh")


async def test_when_the_clocks_disagree_that_of_the_server_counts():
    world = World()
    account = world.sandbox.add_account()
    async with world.client() as client:
        await client.accounts.refresh_and_wait(
            account, features=["balance"], **world.time
        )
        with pytest.raises(
            RefreshNotAvailableError,
            match="before 1700000060 .*: The refresh of `balance`",
        ) as caught:
            await client.accounts.refresh_and_wait(
                account, features=["balance"], sleep=world.sleep
            )
    assert isinstance(caught.value.__cause__, InvalidRequestError)


async def test_a_refresh_that_is_too_early_can_be_waited_for():
    world = World()
    account = world.sandbox.add_account()
    async with world.client() as client:
        await client.accounts.refresh_and_wait(
            account, features=["balance"], **world.time
        )
        world.sandbox.set_balance(account, 777)
        state = await client.accounts.refresh_and_wait(
            account, features=["balance"], when_available=True, **world.time
        )
    assert {"usd": 777} == state.balance.current
    assert 2 == world.asked.count("POST refresh")


async def test_waiting_for_a_server_whose_clock_is_behind_repeats_the_request_under_another_key():
    world = World()
    account = world.sandbox.add_account()
    options = RequestOptions(idempotency_key="mine")
    ahead = {"clock": lambda: world.sandbox.clock.now() + 30, "sleep": world.sleep}
    async with world.client() as client:
        await client.accounts.refresh_and_wait(
            account, features=["balance"], **world.time
        )
        await client.accounts.refresh_and_wait(
            account, features=["balance"], when_available=True, options=options, **ahead
        )
    assert 3 < world.asked.count("POST refresh") < 12


async def test_a_refresh_that_would_be_possible_only_after_the_timeout_is_not_waited_for():
    world = World(refresh_cooldown=3_600)
    account = world.sandbox.add_account()
    async with world.client() as client:
        await client.accounts.refresh_and_wait(
            account, features=["balance"], **world.time
        )
        waited = len(world.slept)
        with pytest.raises(RefreshNotAvailableError):
            await client.accounts.refresh_and_wait(
                account, features=["balance"], when_available=True, **world.time
            )
    assert waited == len(world.slept)


async def test_a_refresh_that_another_process_starts_first_is_joined():
    world = World()
    account = world.sandbox.add_account()

    async def other(request):
        if request.method == "POST":
            world.before_answer = None
            await post_refresh(world.sandbox, account)

    world.before_answer = other
    async with world.client() as client:
        state = await client.accounts.refresh_and_wait(
            account, features=["balance"], **world.time
        )
    assert "succeeded" == state.balance_refresh.status


async def post_refresh(sandbox, account):
    headers = {"Authorization": f"Bearer {sandbox.api_key}"}
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(sandbox.app), base_url="http://sandbox"
    ) as client:
        url = f"/v1/financial_connections/accounts/{account}/refresh"
        answer = await client.post(
            url, data={"features[0]": "balance"}, headers=headers
        )
        assert 200 == answer.status_code


@pytest.mark.parametrize(
    ("end", "error"),
    [("deactivate", AccountInactiveError), ("disconnect", AccountDisconnectedError)],
)
@pytest.mark.parametrize("call", ["refresh_and_wait", "wait_for_refresh"])
async def test_an_account_that_cannot_be_refreshed_is_an_error_at_once(
    end, error, call
):
    world = World()
    account = world.sandbox.add_account()
    getattr(world.sandbox, end)(account)
    async with world.client() as client:
        with pytest.raises(error) as caught:
            await getattr(client.accounts, call)(
                account, features=["balance"], sleep=world.sleep
            )
    assert (["GET"], []) == (world.asked, world.slept)
    assert caught.value.request_id.startswith("req_")
    expected = "financial_connections_account_inactive" if end == "deactivate" else None
    assert expected == caught.value.code


@pytest.mark.parametrize(
    ("end", "error"),
    [("deactivate", AccountInactiveError), ("disconnect", AccountDisconnectedError)],
)
async def test_an_account_that_ends_in_the_middle_is_an_error_as_soon_as_it_is_seen(
    end, error
):
    world = World(refresh_seconds=600)
    account = world.sandbox.add_account()

    async def sleep(seconds):
        await world.sleep(seconds)
        if len(world.slept) == 3:
            getattr(world.sandbox, end)(account)

    async with world.client() as client:
        with pytest.raises(error):
            await client.accounts.refresh_and_wait(
                account,
                features=["balance"],
                clock=world.sandbox.clock.now,
                sleep=sleep,
            )
    assert 3 == len(world.slept)


@pytest.mark.parametrize("end", ["deactivate", "disconnect"])
async def test_an_account_that_ends_just_before_the_request_is_the_same_error(end):
    world = World()
    account = world.sandbox.add_account()

    async def end_it(request):
        if request.method == "POST":
            getattr(world.sandbox, end)(account)

    world.before_answer = end_it
    async with world.client() as client:
        with pytest.raises((AccountInactiveError, AccountDisconnectedError)):
            await client.accounts.refresh_and_wait(
                account, features=["balance"], **world.time
            )


@pytest.mark.parametrize("status", [400, 403])
async def test_a_refusal_for_want_of_permission_is_raised_as_it_is(status):
    world = World(missing_permission_status=status)
    account = world.sandbox.add_account(balance=5, permissions=["ownership"])
    async with world.client() as client:
        with pytest.raises(
            (InvalidRequestError, PermissionDeniedError), match="permission"
        ):
            await client.accounts.refresh_and_wait(
                account, features=["balance"], **world.time
            )


async def test_an_account_that_is_not_there_is_not_found():
    world = World()
    async with world.client() as client:
        with pytest.raises(NotFoundError):
            await client.accounts.refresh_and_wait("fca_nowhere", features=["balance"])


async def test_faults_on_the_way_start_no_second_refresh(no_waiting):
    world = World()
    account = world.sandbox.add_account()
    world.sandbox.inject(
        *[
            Fault(kind)
            for kind in ("server_error", "answer_lost", "lock_timeout", "rate_limited")
        ]
    )
    async with world.client(max_retries=4) as client:
        await client.accounts.refresh_and_wait(
            account, features=["balance"], **world.time
        )
    assert 2 == len(world.sandbox.events)


@pytest.mark.parametrize(
    ("features", "why"),
    [
        (["balances"], 'the permission is "balances", the feature is "balance"'),
        (["balance", "holdings"], "choose from balance, ownership, transactions"),
        ("balance", "must be a list of at least one"),
        ([], "must be a list of at least one"),
        (None, "must be a list of at least one"),
    ],
)
@pytest.mark.parametrize("call", ["refresh_and_wait", "wait_for_refresh"])
async def test_features_that_cannot_be_waited_for_are_refused_before_anything_is_sent(
    call, features, why
):
    world = World()
    async with world.client() as client:
        with pytest.raises(InvalidArgumentError, match=why):
            await getattr(client.accounts, call)("fca_1", features=features)
    assert [] == world.asked


async def test_features_named_twice_are_refreshed_once():
    world = World()
    account = world.sandbox.add_account()
    async with world.client() as client:
        await client.accounts.refresh_and_wait(
            account, features=("balance", "balance"), **world.time
        )
    assert 1 == world.asked.count("POST refresh")


# -- webhooks --------------------------------------------------------------------------


def latest_event(sandbox):
    return parse_event(json.dumps(sandbox.events[-1]).encode())


async def test_a_webhook_ends_a_wait_early():
    """Only events wake it up: no delay between looks ends, but the floor below them
    does.
    """
    world = World()
    account, other = world.sandbox.add_account(), world.sandbox.add_account()
    notifier, states = RefreshNotifier(), []

    async def sleep(seconds):
        if seconds >= 1:
            await anyio.sleep_forever()

    async def wait():
        time = {"clock": world.sandbox.clock.now, "sleep": sleep}
        state = await client.accounts.refresh_and_wait(
            account, features=["balance"], notifier=notifier, **time
        )
        states.append(state)

    async with world.client() as client, anyio.create_task_group() as tasks:
        tasks.start_soon(wait)
        await anyio.wait_all_tasks_blocked()
        notifier.notify(other)
        await anyio.wait_all_tasks_blocked()
        assert 2 == len(world.asked)
        notifier.notify(account)  # too early: it looks, and goes on waiting
        await anyio.wait_all_tasks_blocked()
        assert (3, []) == (len(world.asked), states)
        world.sandbox.advance(5)
        notifier.notify(latest_event(world.sandbox))
    assert "succeeded" == states[0].balance_refresh.status
    assert {} == notifier._bells


async def test_a_webhook_that_arrives_before_the_answer_to_the_refresh_is_not_missed():
    world = World(refresh_seconds=0)
    account = world.sandbox.add_account()
    notifier = RefreshNotifier()
    async with world.client() as client:
        refresh = client._transport.connections.exchange

        async def exchange(wire, *limits):
            answer = await refresh(wire, *limits)
            if wire.method == "POST":
                notifier.notify(latest_event(world.sandbox))
            return answer

        object.__setattr__(client._transport.connections, "exchange", exchange)
        sleep = {
            "clock": world.sandbox.clock.now,
            "sleep": lambda _: anyio.sleep_forever(),
        }
        state = await client.accounts.refresh_and_wait(
            account, features=["balance"], notifier=notifier, **sleep
        )
    assert "succeeded" == state.balance_refresh.status


async def test_a_notifier_accepts_every_event():
    notifier = RefreshNotifier()
    for event in (
        {"id": "evt_1"},
        {"data": {}},
        {"data": {"object": {"id": 5}}},
        {"type": "charge.failed", "data": {"object": {"id": "ch_1"}}},
    ):
        notifier.notify(parse_event(json.dumps(event).encode()))
    assert {} == notifier._bells


async def test_a_notifier_wakes_many_waits():
    world = World()
    accounts = [world.sandbox.add_account() for _ in range(10)]
    notifier, done = RefreshNotifier(), []

    async def wait(account):
        await client.accounts.wait_for_refresh(
            account, features=["balance"], notifier=notifier
        )
        done.append(account)

    async with world.client() as client, anyio.create_task_group() as tasks:
        for account in accounts:
            await client.accounts.refresh(account, features=["balance"])
            tasks.start_soon(wait, account)
        await anyio.wait_all_tasks_blocked()
        world.sandbox.advance(5)
        for event in world.sandbox.events:
            notifier.notify(parse_event(json.dumps(event).encode()))
    assert sorted(accounts) == sorted(done)


async def test_by_the_clock_on_the_wall_it_works_as_well():
    """Real time, and little of it."""
    sandbox = Sandbox(
        clock=Clock(ticking=True), rules=Rules(refresh_seconds=0.05, refresh_polls=None)
    )
    account = sandbox.add_account()
    async with (
        httpx.AsyncClient(transport=httpx.ASGITransport(sandbox.app)) as http,
        AsyncClient(
            sandbox.api_key, base_url="http://127.0.0.1", http_client=http
        ) as client,
    ):
        state = await client.accounts.refresh_and_wait(
            account, features=["balance"], poll=0.01, timeout=10
        )
    assert "succeeded" == state.balance_refresh.status


@pytest.mark.parametrize("call", ["refresh_and_wait", "wait_for_refresh"])
async def test_on_progress_sees_the_account_each_time_it_was_looked_at(call):
    world, seen = World(), []
    account = world.sandbox.add_account()
    async with world.client() as client:
        time = world.time
        if call == "wait_for_refresh":
            await client.accounts.refresh(account, features=["balance"])
            world.asked.clear()
            del time["clock"]
        await getattr(client.accounts, call)(
            account, features=["balance"], on_progress=seen.append, **time
        )
    assert len(world.asked) == len(seen)
    assert {"pending", "succeeded"} == {
        str(state.balance_refresh.status) for state in seen if state.balance_refresh
    }
    assert "succeeded" == seen[-1].balance_refresh.status


@pytest.mark.parametrize("call", ["refresh_and_wait", "wait_for_refresh"])
async def test_an_error_of_on_progress_is_logged_and_the_wait_goes_on(call, caplog):
    world = World()
    account = world.sandbox.add_account()
    async with world.client() as client:
        time = world.time
        if call == "wait_for_refresh":
            await client.accounts.refresh(account, features=["balance"])
            del time["clock"]
        state = await getattr(client.accounts, call)(
            account, features=["balance"], on_progress=lambda _: 1 / 0, **time
        )
    assert "succeeded" == state.balance_refresh.status
    records = [
        record for record in caplog.records if record.name == "financial_connections"
    ]
    assert len(records) > 2
    assert {"on_progress raised; the wait goes on"} == {
        record.getMessage() for record in records
    }
    assert ZeroDivisionError is records[0].exc_info[0]
