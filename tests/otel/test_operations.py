"""Spans of waits for refreshes and of methods that process many accounts."""

from collections import Counter

import anyio
import pytest
from opentelemetry.trace import SpanKind, StatusCode, get_current_span

from financial_connections import RefreshFailedError
from financial_connections.accounts import RefreshNotifier
from tests.support.refresh import RefreshWorld, sleep_until_cancelled

RETRIEVE = "GET /v1/financial_connections/accounts/{account}"
REFRESH = "POST /v1/financial_connections/accounts/{account}/refresh"


async def test_a_wait_for_a_refresh_has_a_span_around_its_calls(telemetry):
    world = RefreshWorld(refresh_seconds=1)
    account = world.sandbox.add_account()
    async with world.client(on_event=telemetry.on_event) as client:
        with telemetry.span("program") as program:
            await client.accounts.refresh_and_wait(
                account, features=["balance"], clock=world.clock
            )
            assert program is get_current_span()
            await client.accounts.wait_for_refresh(account, features=["balance"])
    retrieve, refresh = [RETRIEVE, [RETRIEVE]], [REFRESH, [REFRESH]]
    assert [
        [
            "program",
            ["accounts.refresh_and_wait", retrieve, refresh, retrieve],
            ["accounts.wait_for_refresh", retrieve],
        ]
    ] == telemetry.tree()
    wait = telemetry.spans()[1]
    assert (SpanKind.INTERNAL, StatusCode.UNSET) == (wait.kind, wait.status.status_code)
    points = telemetry.points("financial_connections.operation.duration")
    assert {"accounts.refresh_and_wait", "accounts.wait_for_refresh"} == {
        point.attributes["financial_connections.operation"] for point in points
    }


async def test_a_failed_refresh_ends_its_span_with_an_error(telemetry):
    world = RefreshWorld(refresh_seconds=1)
    account = world.sandbox.add_account()
    world.sandbox.fail_refreshes(account)
    async with world.client(on_event=telemetry.on_event) as client:
        with pytest.raises(RefreshFailedError):
            await client.accounts.refresh_and_wait(
                account, features=["balance"], clock=world.clock
            )
    assert "RefreshFailedError" == telemetry.spans()[0].attributes["error.type"]
    [point] = telemetry.points("financial_connections.operation.duration")
    assert "RefreshFailedError" == point.attributes["error.type"]


async def wait_until_notified(telemetry, notify):
    """Refresh an account and wait until `notify(notifier, account)` ends the wait."""
    world = RefreshWorld()
    account = world.sandbox.add_account()
    world.sleep = sleep_until_cancelled
    notifier = RefreshNotifier()
    async with (
        world.client(on_event=telemetry.on_event) as client,
        anyio.create_task_group() as tasks,
    ):

        async def wait():
            await client.accounts.refresh_and_wait(
                account, features=["balance"], notifier=notifier, clock=world.clock
            )

        tasks.start_soon(wait)
        await anyio.wait_all_tasks_blocked()
        world.sandbox.advance(5)
        notify(notifier, account)
    [span] = [s for s in telemetry.spans() if s.name == "accounts.refresh_and_wait"]
    return span


async def test_a_wait_links_to_the_span_that_woke_it(telemetry):
    contexts = []

    def notify(notifier, account):
        with telemetry.span("webhook") as webhook:
            notifier.notify(account)
        contexts.append(webhook.get_span_context())

    span = await wait_until_notified(telemetry, notify)
    assert contexts == [link.context for link in span.links]
    assert span.parent is None


async def test_a_notification_outside_any_span_adds_no_link(telemetry):
    span = await wait_until_notified(telemetry, RefreshNotifier.notify)
    assert () == span.links


async def test_a_cancelled_wait_is_not_a_failure(telemetry):
    world = RefreshWorld()
    account = world.sandbox.add_account()
    world.sleep = sleep_until_cancelled
    async with world.client(on_event=telemetry.on_event) as client:
        with telemetry.span("program") as program:
            with anyio.CancelScope() as scope:
                async with anyio.create_task_group() as tasks:

                    async def wait():
                        await client.accounts.wait_for_refresh(
                            account, features=["transactions"]
                        )

                    tasks.start_soon(wait)
                    await anyio.wait_all_tasks_blocked()
                    scope.cancel()
            assert program is get_current_span()
    [span] = [s for s in telemetry.spans() if s.name == "accounts.wait_for_refresh"]
    assert StatusCode.UNSET is span.status.status_code
    assert {} == dict(span.attributes)


async def test_each_account_of_a_sync_has_a_trace_with_a_link(telemetry):
    world = RefreshWorld()
    accounts = [world.sandbox.add_account(transactions=3) for _ in range(3)]
    async with world.client(on_event=telemetry.on_event) as client:
        with telemetry.span("program") as program:
            async with client.transactions.sync_many(
                accounts, concurrency=2
            ) as changes:
                async for _ in changes:
                    assert program is get_current_span()
    page = "GET /v1/financial_connections/transactions"
    account = [
        "transactions.sync_many",
        *([name, [name]] for name in (RETRIEVE, page, page)),
    ]
    assert [["program"], account, account, account] == telemetry.tree()
    syncs = [s for s in telemetry.spans() if s.name == "transactions.sync_many"]
    assert [[program.get_span_context()]] * 3 == [
        [link.context for link in span.links] for span in syncs
    ]
    assert 4 == len({span.context.trace_id for span in telemetry.spans()})


async def test_a_sync_outside_any_span_has_no_links(telemetry):
    world = RefreshWorld()
    account = world.sandbox.add_account(transactions=3)
    async with world.client(on_event=telemetry.on_event) as client:
        async with client.transactions.sync_many([account]) as changes:
            async for _ in changes:
                pass
    [sync] = [s for s in telemetry.spans() if s.name == "transactions.sync_many"]
    assert (None, ()) == (sync.parent, sync.links)


async def test_an_account_that_fails_does_not_end_the_other_traces(telemetry):
    world = RefreshWorld()
    accounts = [world.sandbox.add_account(transactions=3), "fca_missing"]
    async with world.client(on_event=telemetry.on_event) as client:
        async with client.transactions.sync_many(accounts) as changes:
            async for _ in changes:
                pass
            assert ["fca_missing"] == list(changes.errors)
    syncs = [s for s in telemetry.spans() if s.name == "transactions.sync_many"]
    assert Counter([None, "NotFoundError"]) == Counter(
        span.attributes.get("error.type") for span in syncs
    )
    assert "fca_" not in "".join(span.to_json() for span in telemetry.spans())


async def test_each_account_of_a_refresh_has_a_trace_with_links(telemetry):
    """Each trace links to the span around the block, and to that of a notification."""
    world = RefreshWorld()
    accounts = [world.sandbox.add_account() for _ in range(2)]
    world.sleep = sleep_until_cancelled
    notifier = RefreshNotifier()

    async def notify():
        await anyio.wait_all_tasks_blocked()
        world.sandbox.advance(5)
        for number, account in enumerate(accounts):
            with telemetry.span(f"webhook {number}"):
                notifier.notify(account)

    async with (
        world.client(on_event=telemetry.on_event) as client,
        anyio.create_task_group() as tasks,
    ):
        tasks.start_soon(notify)
        with telemetry.span("program") as program:
            async with client.accounts.refresh_many(
                accounts, features=["balance"], notifier=notifier, clock=world.clock
            ) as refreshes:
                assert 2 == len([account async for account in refreshes])
                assert program is get_current_span()
    retrieve, refresh = [RETRIEVE, [RETRIEVE]], [REFRESH, [REFRESH]]
    account = ["accounts.refresh_many", retrieve, refresh, retrieve]
    trees = telemetry.tree()
    assert [account, account] == [tree for tree in trees if tree[0] == account[0]]
    names = {span.context.span_id: span.name for span in telemetry.spans()}
    assert [["program", "webhook 0"], ["program", "webhook 1"]] == sorted(
        [names[link.context.span_id] for link in span.links]
        for span in telemetry.spans()
        if span.name == "accounts.refresh_many"
    )
