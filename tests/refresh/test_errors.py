"""Account, permission and argument errors in refresh waits."""

import pytest

from financial_connections import (
    AccountDisconnectedError,
    AccountInactiveError,
    InvalidArgumentError,
    InvalidRequestError,
    NotFoundError,
    PermissionDeniedError,
)
from tests.support.refresh import RefreshWorld


@pytest.mark.parametrize(
    ("end", "error"),
    [("deactivate", AccountInactiveError), ("disconnect", AccountDisconnectedError)],
)
@pytest.mark.parametrize("call", ["refresh_and_wait", "wait_for_refresh"])
async def test_an_unusable_account_raises_immediately(end, error, call):
    world = RefreshWorld()
    account = world.sandbox.add_account()
    getattr(world.sandbox, end)(account)
    async with world.client() as client:
        with pytest.raises(error) as caught:
            await getattr(client.accounts, call)(account, features=["balance"])
    assert (["GET"], []) == (world.requests, world.slept)
    assert caught.value.request_id.startswith("req_")
    expected = "financial_connections_account_inactive" if end == "deactivate" else None
    assert expected == caught.value.code


@pytest.mark.parametrize(
    ("end", "error"),
    [("deactivate", AccountInactiveError), ("disconnect", AccountDisconnectedError)],
)
async def test_an_account_that_becomes_unusable_raises_at_the_next_poll(end, error):
    world = RefreshWorld(refresh_seconds=600)
    account = world.sandbox.add_account()

    async def sleep(seconds, advance=world.sleep):
        await advance(seconds)
        if len(world.slept) == 3:
            getattr(world.sandbox, end)(account)

    world.sleep = sleep

    async with world.client() as client:
        with pytest.raises(error):
            await client.accounts.refresh_and_wait(
                account, features=["balance"], clock=world.clock
            )
    assert 3 == len(world.slept)


@pytest.mark.parametrize("end", ["deactivate", "disconnect"])
async def test_an_account_that_becomes_unusable_before_the_request_raises(end):
    world = RefreshWorld()
    account = world.sandbox.add_account()

    async def end_it(request):
        if request.method == "POST":
            getattr(world.sandbox, end)(account)

    world.before_request = end_it
    async with world.client() as client:
        with pytest.raises((AccountInactiveError, AccountDisconnectedError)):
            await client.accounts.refresh_and_wait(
                account, features=["balance"], clock=world.clock
            )


@pytest.mark.parametrize("status", [400, 403])
async def test_an_error_about_a_missing_permission_is_raised_unchanged(status):
    world = RefreshWorld(missing_permission_status=status)
    account = world.sandbox.add_account(balance=5, permissions=["ownership"])
    async with world.client() as client:
        with pytest.raises(
            (InvalidRequestError, PermissionDeniedError), match="permission"
        ):
            await client.accounts.refresh_and_wait(
                account, features=["balance"], clock=world.clock
            )


async def test_an_unknown_account_raises_not_found():
    world = RefreshWorld()
    async with world.client() as client:
        with pytest.raises(NotFoundError):
            await client.accounts.refresh_and_wait("fca_nowhere", features=["balance"])


@pytest.mark.parametrize(
    ("features", "why"),
    [
        (["balances"], 'must contain "balance"; "balances" is the permission'),
        (["balance", "holdings"], "may contain only balance, ownership, transactions"),
        ("balance", "must be a list with at least one item"),
        ([], "must be a list with at least one item"),
        (iter([]), "must be a list with at least one item"),
        (None, "must be a list with at least one item"),
    ],
)
@pytest.mark.parametrize("call", ["refresh_and_wait", "wait_for_refresh"])
async def test_invalid_features_are_rejected_before_sending(call, features, why):
    world = RefreshWorld()
    async with world.client() as client:
        with pytest.raises(InvalidArgumentError, match=why):
            await getattr(client.accounts, call)("fca_1", features=features)
    assert [] == world.requests
