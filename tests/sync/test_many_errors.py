"""Errors in a sync of many accounts."""

import logging

import anyio
import httpx
import pytest

from financial_connections import (
    APIConnectionError,
    AsyncClient,
    AuthenticationError,
    ConfigurationError,
    InvalidArgumentError,
    NotFoundError,
    PermissionDeniedError,
)
from financial_connections.sandbox import Sandbox
from financial_connections.sync import Progress
from tests.support.sync.clients import client_of


async def test_an_error_in_one_account_does_not_stop_the_others(caplog):
    sandbox = Sandbox()
    good = [sandbox.add_account(transactions=2) for _ in range(5)]
    accounts = {
        "fca_nowhere": None,
        good[0]: None,
        good[1]: "fcs1.damaged",
        **dict.fromkeys(good[2:]),
    }
    with caplog.at_level(logging.WARNING):
        async with (
            client_of(sandbox) as client,
            client.transactions.sync_many(accounts, concurrency=1) as changes,
        ):
            seen = [batch.account async for batch in changes]
    assert [good[0], *good[2:]] == seen
    assert {"fca_nowhere": NotFoundError, good[1]: InvalidArgumentError} == {
        account: type(error) for account, error in changes.errors.items()
    }
    assert [None, None] == [error.__traceback__ for error in changes.errors.values()]
    assert (
        Progress(accounts=6, done=4, failed=2, batches=4, transactions=8)
        == changes.progress
    )
    assert "the sync of fca_nowhere failed: NotFoundError" in caplog.text


async def test_errors_that_cause_each_other_are_stored():
    async def middleware(request, call_next):
        error, cause = APIConnectionError("refused"), LookupError()
        cause.__cause__ = error
        raise error from cause

    sandbox = Sandbox()
    account = sandbox.add_account()
    async with (
        client_of(sandbox, middleware=[middleware], max_retries=0) as client,
        client.transactions.sync_many([account]) as changes,
    ):
        assert [] == [batch async for batch in changes]
        error = changes.errors[account]
    assert error is error.__cause__.__cause__
    assert None is error.__traceback__ is error.__cause__.__traceback__


async def test_an_error_in_the_block_is_raised_unchanged():
    sandbox = Sandbox()
    accounts = [sandbox.add_account(transactions=500) for _ in range(3)]
    async with client_of(sandbox) as client:
        with pytest.raises(ZeroDivisionError):
            async with client.transactions.sync_many(accounts) as changes:
                async for batch in changes:
                    _ = len(batch.transactions) / 0


def rejection(status):
    def respond(request):
        error = {"type": "invalid_request_error", "message": "no"}
        return httpx.Response(
            status, json={"error": error}, headers={"Stripe-Should-Retry": "false"}
        )

    return respond


@pytest.mark.parametrize(
    ("status", "expected"), [(401, AuthenticationError), (403, PermissionDeniedError)]
)
async def test_an_api_key_error_ends_the_iteration(status, expected):
    sent = []

    def respond(request):
        sent.append(request)
        return rejection(status)(request)

    async with (
        httpx.AsyncClient(transport=httpx.MockTransport(respond)) as http,
        AsyncClient("sk_test_1", http_client=http) as client,
        client.transactions.sync_many(
            [f"fca_{number}" for number in range(1_000)], concurrency=16
        ) as changes,
    ):
        for _ in range(2):
            with pytest.raises(expected):
                await anext(changes)
        assert {} == changes.errors
    assert len(sent) <= 16


async def test_a_closed_client_ends_the_iteration():
    sandbox = Sandbox()
    accounts = [sandbox.add_account(transactions=5) for _ in range(3)]
    async with client_of(sandbox) as client:
        async with client.transactions.sync_many(accounts, concurrency=1) as changes:
            await anext(changes)
            await client.aclose()
            with pytest.raises(
                (ConfigurationError, APIConnectionError), match="closed"
            ):
                while True:
                    await anext(changes)


async def test_closing_the_client_while_all_accounts_wait_ends_the_iteration():
    arrived = []

    async def never(request):
        arrived.append(request)
        await anyio.sleep_forever()

    sandbox = Sandbox()
    async with (
        client_of(sandbox, before=never) as client,
        anyio.create_task_group() as tasks,
    ):

        async def close():
            while len(arrived) < 2:
                await anyio.lowlevel.checkpoint()
            await client.aclose()

        tasks.start_soon(close)
        async with client.transactions.sync_many(["fca_1", "fca_2"]) as changes:
            with pytest.raises(APIConnectionError, match="closed"):
                await anext(changes)


async def test_unread_errors_are_logged_at_the_end_of_the_block(caplog):
    async with client_of(Sandbox()) as client:
        async with client.transactions.sync_many(["fca_1", "fca_2"]) as changes:
            assert [] == [batch async for batch in changes]
        assert (
            "2 of 2 accounts could not be synced: "
            "read `errors`, or call `raise_for_errors()`" in caplog.text
        )
        caplog.clear()
        async with client.transactions.sync_many(["fca_1"]) as changes:
            assert [] == [batch async for batch in changes]
            assert ["fca_1"] == list(changes.errors)
        assert "could not be synced" not in caplog.text


async def test_errors_can_be_raised_as_a_group():
    sandbox = Sandbox()
    good = sandbox.add_account(transactions=1)
    async with client_of(sandbox) as client:
        async with client.transactions.sync_many([good, "fca_1", "fca_2"]) as changes:
            changes.raise_for_errors()
            assert 1 == len([batch async for batch in changes])
        with pytest.raises(
            ExceptionGroup, match="2 of 3 accounts could not be synced"
        ) as caught:
            changes.raise_for_errors()
    assert {"account fca_1", "account fca_2"} == {
        error.__notes__[-1] for error in caught.value.exceptions
    }
    assert {NotFoundError} == {type(error) for error in caught.value.exceptions}
