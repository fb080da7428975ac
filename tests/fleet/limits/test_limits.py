"""Shared limits in one process."""

import asyncio

import anyio
import pytest

from financial_connections import (
    APIConnectionError,
    APIStatusError,
    ConfigurationError,
    RateLimit,
    RateRequest,
)
from financial_connections.fleet import PostgresRateLimit, RedisRateLimit
from financial_connections.fleet.rate_limits import shared
from tests.support.databases import redis_server
from tests.support.fleet.stores import migrate, open_store, query

LIST = "/v1/financial_connections/transactions"
KINDS = {"redis": RedisRateLimit, "postgres": PostgresRateLimit}


@pytest.fixture(scope="module")
def redis():
    with redis_server() as url:
        yield url


@pytest.fixture(params=["redis", "postgres"])
def open_limit(request, redis, database, monkeypatch):
    """Return a function that opens a limit whose server has run for long."""
    monkeypatch.setattr(f"{shared.__package__}.{request.param}.GRACE", 0)
    address = redis
    if request.param == "postgres":
        migrate(database)
        address = database
    prefix = {"prefix": database} if request.param == "redis" else {}

    def open_limit(**settings):
        return KINDS[request.param](address, **prefix, **settings)

    return open_limit


def attempt(url_template=LIST, stripe_account=None, mode="test"):
    return RateRequest("GET", url_template, stripe_account, mode, 1)


async def test_permits_are_limited_until_they_are_returned(open_limit):
    async with open_limit(total=2, per_endpoint=2) as limit:
        assert isinstance(limit, RateLimit)
        async with limit.permit(attempt()), limit.permit(attempt()):
            with anyio.move_on_after(0.3) as scope:
                async with limit.permit(attempt("/v1/other")):
                    raise AssertionError("there were only two permits")
            assert scope.cancelled_caught


async def test_accounts_modes_and_endpoints_have_limits_of_their_own(open_limit):
    async with open_limit(total=2, per_endpoint=1) as limit:
        async with (
            limit.permit(attempt()),
            limit.permit(attempt("/v1/other")),
            limit.permit(attempt(stripe_account="acct_1")),
            limit.permit(attempt(mode="live")),
        ):
            pass


async def test_an_endpoint_can_have_a_raised_limit(open_limit):
    settings = {"per_endpoint": 1, "endpoints": {f"GET {LIST}": 1_000}}
    async with open_limit(total=1_000, **settings) as limit:
        async with limit.permit(attempt()), limit.permit(attempt()):
            pass


async def test_a_permit_of_a_dead_process_lapses(open_limit):
    async with open_limit(total=1, per_endpoint=1, lease=0.2) as limit:
        await limit.permit(attempt()).__aenter__()  # never exited
        with anyio.fail_after(180):
            async with limit.permit(attempt()):
                pass


async def test_a_cancelled_attempt_returns_its_permit(open_limit):
    async with open_limit(total=1, per_endpoint=1, lease=3_600) as limit:
        with anyio.CancelScope() as scope:
            scope.cancel()
            async with limit.permit(attempt()):
                await anyio.lowlevel.checkpoint()
        with anyio.fail_after(180):
            async with limit.permit(attempt()):
                pass


async def test_no_cancellation_is_swallowed(open_limit):
    """Cancel tasks natively while they exchange messages with the server."""
    async with open_limit(total=10_000, per_endpoint=10_000) as limit:

        async def loop():
            while True:
                async with limit.permit(attempt()):
                    await asyncio.sleep(0)

        for _ in range(30):
            tasks = [asyncio.create_task(loop()) for _ in range(10)]
            async with limit.permit(attempt()):
                pass
            for task in tasks:
                task.cancel()
            _, pending = await asyncio.wait(tasks, timeout=180)
            assert set() == pending


async def test_errors_of_the_attempt_are_not_suppressed(open_limit):
    async with open_limit() as limit:
        with pytest.raises(APIStatusError):
            async with limit.permit(attempt()):
                raise APIStatusError("No.", status=503, headers={}, body=b"")


@pytest.mark.parametrize("kind", KINDS)
async def test_an_unreachable_server_is_a_connection_error(kind, monkeypatch):
    monkeypatch.setattr(shared, "_PATIENCE", 0.0)
    address = {
        "redis": "redis://:hunter2@127.0.0.1:9",
        "postgres": "postgresql://u:hunter2@127.0.0.1:9/app?connect_timeout=1",
    }[kind]
    limit = KINDS[kind](address)
    assert "hunter2" not in repr(vars(limit))
    if kind == "postgres":
        monkeypatch.setattr(limit._database, "_wait_seconds", 0.2)
    async with limit:
        with pytest.raises(APIConnectionError, match="unreachable") as caught:
            async with limit.permit(attempt()):
                raise AssertionError("there was a permit")
        assert caught.value.__cause__ is None
        assert "hunter2" not in repr(caught.value)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    "settings",
    [{"total": 0}, {"per_endpoint": -1}, {"endpoints": {"x": 0}}, {"lease": 0}],
)
def test_settings_are_checked(kind, settings):
    address = {"redis": "redis://localhost", "postgres": ""}[kind]
    with pytest.raises(ConfigurationError, match=next(iter(settings))):
        KINDS[kind](address, **settings)
    with pytest.raises(ConfigurationError):
        KINDS[kind]("http://user:hunter2@[")


async def test_no_permit_is_issued_after_a_restart(database, monkeypatch):
    monkeypatch.setattr(f"{shared.__package__}.postgres.GRACE", 3_600.0)
    async with open_store(database), PostgresRateLimit(database) as limit:
        with anyio.move_on_after(0.3) as scope:
            async with limit.permit(attempt()):
                raise AssertionError("permits may have been lost")
        assert scope.cancelled_caught
        assert [] == query(database, "SELECT scope FROM fc_permit")
