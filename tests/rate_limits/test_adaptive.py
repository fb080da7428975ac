"""The adaptive rate limit, and how calls behave under it."""

import math
from contextlib import nullcontext

import anyio
import httpx
import pytest

from financial_connections import (
    AsyncClient,
    ConfigurationError,
    DeadlineExceededError,
    RateLimitError,
    RequestOptions,
)
from financial_connections._rate_limits import RateLimits, rate_limits_from
from financial_connections._rate_limits.adaptive import AdaptiveRateLimit
from financial_connections._rate_limits.fixed import FixedRateLimit
from financial_connections._rate_limits.protocol import RateRequest
from financial_connections._settings import Settings
from financial_connections.events import (
    RateLimited,
    RequestStarted,
    RetryScheduled,
)
from tests.support.mock_api import (
    account_response,
    error_response,
    mock_client,
    scripted,
)

LIST = RateRequest("GET", "/v1/transactions", None, "test", 1)
RETRIEVE = LIST._replace(url_template="/v1/accounts/{account}")


def rejected(reason=None, *, retry_after=None, code="rate_limit"):
    headers = {
        "Stripe-Rate-Limited-Reason": reason,
        "Retry-After": retry_after and str(retry_after),
    }
    return error_response(
        429, {name: value for name, value in headers.items() if value}, code=code
    )


def error(reason=None, *, retry_after=None, code="rate_limit"):
    response = rejected(reason, retry_after=retry_after, code=code)
    return RateLimitError(
        "slow down", status=429, headers=response.headers, body=response.json()
    )


async def send(limit, request, failure=None):
    """Use one permit, and return it."""
    permit = limit.permit(request)
    await permit.__aenter__()
    await permit.__aexit__(failure and type(failure), failure, None)
    return permit


@pytest.mark.parametrize(
    ("reason", "slowed"),
    [
        ("global-rate", {"account", "endpoint", "other endpoint"}),
        ("endpoint-rate", {"account", "endpoint"}),
        (None, {"account", "endpoint", "other endpoint"}),
        ("a reason added yesterday", {"account", "endpoint", "other endpoint"}),
        ("resource-specific", set()),
    ],
)
async def test_a_429_slows_down_the_requests_that_share_its_limit(
    reason, slowed, clock
):
    limit = AdaptiveRateLimit(is_documented=False)
    others = {
        "endpoint": LIST,
        "other endpoint": RETRIEVE,
        "other account": LIST._replace(stripe_account="acct_1"),
    }
    permit = await send(limit, LIST, error(reason, retry_after=9))
    assert (reason != "resource-specific") == (permit.throttle is not None)
    start, waiting = clock.now, set()
    for name, request in others.items():
        clock.now = start
        await send(limit, request)
        if clock.now > start:
            waiting.add(name)
            assert 9 <= clock.now - start <= 9.2
    assert slowed - {"account"} == waiting


async def test_a_concurrency_429_limits_the_running_requests():
    limit = AdaptiveRateLimit(is_documented=False)
    permits = [limit.permit(LIST) for _ in range(8)]
    scope = permits[0].endpoint
    for permit in permits:
        await permit.__aenter__()
    failure = error("endpoint-concurrency")
    await permits.pop().__aexit__(type(failure), failure, None)
    assert 6 == scope.concurrency.limit
    started = []

    async def call():
        async with limit.permit(LIST):
            started.append(scope.concurrency.running)

    async with anyio.create_task_group() as tasks:
        for _ in range(20):
            tasks.start_soon(call)
        await anyio.wait_all_tasks_blocked()
        assert ([], 20) == (started, scope.waiting)
        for permit in permits:
            await permit.__aexit__(None, None, None)
    assert 20 == len(started)
    assert max(started) <= 7
    assert (0, 0) == (scope.concurrency.running, scope.waiting)
    assert 6 < scope.concurrency.limit < 8
    assert math.inf == permits[0].account.concurrency.limit


async def test_a_permit_cancelled_in_any_wait_takes_nothing():
    limit = AdaptiveRateLimit()
    # The test account's limit is used up by one endpoint, so that another endpoint
    # waits for the account only.
    for _ in range(10):
        await send(limit, LIST)
    for request in (LIST, RETRIEVE):
        permit = limit.permit(request)
        with anyio.CancelScope() as scope:
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(permit.__aenter__)
                await anyio.wait_all_tasks_blocked()
                scope.cancel()
        for used in (permit.endpoint, permit.account):
            assert (0, 0) == (used.concurrency.running, used.waiting)
    assert 10 == limit.permit(RETRIEVE).endpoint.rate._tokens


async def test_idle_scopes_are_forgotten(clock):
    limit = AdaptiveRateLimit()
    async with limit.permit(LIST):
        for n in range(5_000):
            clock.now += 1
            await send(limit, LIST._replace(stripe_account=f"acct_{n}"))
        running = limit.permit(LIST).endpoint.concurrency.running
    assert len(limit._scopes) < 1_100
    assert 1 == running


async def test_no_scope_is_forgotten_that_a_new_permit_needs(clock):
    limit = AdaptiveRateLimit()
    limit.permit(LIST)
    limit.permit(RETRIEVE)
    for n in range(600):
        request = LIST._replace(stripe_account=f"acct_{n}")
        permits = [limit.permit(request) for _ in range(2)]
        assert permits[0].endpoint is permits[1].endpoint
        assert permits[0].account is permits[1].account


async def test_a_429_does_not_use_up_a_retry(no_waiting):
    events = []
    api, requests = scripted(
        *[rejected("endpoint-rate")] * 5, error_response(503), account_response()
    )
    async with mock_client(api, max_retries=1, on_event=events.append) as client:
        await client.accounts.retrieve("fca_1")
    assert 7 == len(requests)
    assert 6 == len([event for event in events if isinstance(event, RetryScheduled)])
    limited = [event for event in events if isinstance(event, RateLimited)]
    assert {"endpoint-rate"} == {event.reason for event in limited}
    rates = [event.rate for event in limited]
    assert sorted(rates, reverse=True) == rates


@pytest.mark.parametrize(
    ("response", "settings"),
    [
        (rejected("endpoint-rate"), {"rate_limit": None}),
        (rejected("endpoint-rate"), {"rate_limit": 1000}),
        (rejected("resource-specific"), {}),
        (rejected("global-rate", code="lock_timeout"), {}),
        (rejected("a reason added yesterday"), {}),
        (rejected(), {}),
    ],
    ids=["no limit", "fixed", "resource", "lock", "unknown", "without a reason"],
)
async def test_other_429s_use_up_retries(response, settings, no_waiting):
    api, requests = scripted(*[response] * 10)
    async with mock_client(api, max_retries=2, **settings) as client:
        with pytest.raises(RateLimitError):
            await client.accounts.retrieve("fca_1")
    assert 3 == len(requests)


async def test_without_retries_a_429_is_raised_at_once(no_waiting):
    api, requests = scripted(rejected("endpoint-rate"))
    async with mock_client(api, max_retries=0) as client:
        with pytest.raises(RateLimitError):
            await client.accounts.retrieve("fca_1")
    assert 1 == len(requests)


async def test_a_server_that_rejects_everything_ends_a_call(no_waiting):
    api, requests = scripted(*[rejected("global-rate")] * 30)
    async with mock_client(api, max_retries=2) as client:
        with pytest.raises(RateLimitError) as caught:
            await client.accounts.retrieve("fca_1")
    assert 23 == len(requests) == caught.value.attempts


async def test_a_429_whose_pause_exceeds_the_deadline_is_raised_at_once():
    api, requests = scripted(rejected("global-rate", retry_after=30))
    async with mock_client(api) as client:
        with pytest.raises(RateLimitError):
            await client.accounts.retrieve("fca_1", options=RequestOptions(deadline=20))
    assert 1 == len(requests)


async def test_a_429_is_raised_at_once_if_the_next_permit_exceeds_the_deadline():
    """After this 429, the rate is so low that the next permit takes longer."""
    api, requests = scripted(rejected("global-rate"))
    async with mock_client(api) as client:
        with pytest.raises(RateLimitError):
            await client.accounts.retrieve("fca_1", options=RequestOptions(deadline=1))
    assert 1 == len(requests)


async def test_a_deadline_applies_to_the_wait_for_a_permit(httpx_mock):
    httpx_mock.add_response(json={}, is_reusable=True)
    async with AsyncClient("sk_test_1") as client:
        for _ in range(10):
            await client.send_raw("GET", "/v1/balance")
        client._transport.rate_limits.limit_for(client._transport.settings)[0].permit(
            RateRequest("GET", None, None, "test", 1)
        ).account.rate.paused_until = math.inf
        with pytest.raises(DeadlineExceededError):
            await client.send_raw(
                "GET", "/v1/balance", options=RequestOptions(deadline=0.05)
            )


async def test_the_rate_is_in_the_events(httpx_mock):
    httpx_mock.add_response(json={}, is_reusable=True)
    events = []
    for settings in ({}, {"rate_limit": 5}):
        async with AsyncClient(
            "sk_test_1", on_event=events.append, **settings
        ) as client:
            await client.send_raw("GET", "/v1/balance")
    assert [25.0, None] == [e.rate for e in events if isinstance(e, RequestStarted)]


def settings_of(**changes):
    client = AsyncClient("sk_test_1").with_options(**changes)
    return client._transport.settings


def test_every_key_and_server_has_its_own_adaptive_limit():
    limits = rate_limits_from("adaptive")
    same = settings_of(), settings_of(timeout=3), settings_of(stripe_account="acct_1")
    assert 1 == len({id(limits.limit_for(settings)[0]) for settings in same})
    others = (
        settings_of(api_key="sk_test_2"),
        settings_of(base_url="https://proxy.example.com"),
        *same[:1],
    )
    assert 3 == len({id(limits.limit_for(settings)[0]) for settings in others})
    assert "sk_test" not in repr(limits)


def test_many_keys_do_not_fill_the_memory():
    limits = rate_limits_from("adaptive")
    for n in range(1_500):
        limits.limit_for(settings_of(api_key=f"sk_test_{n}"))
    assert 1_000 == len(limits._adaptive)


@pytest.mark.parametrize(
    ("key", "mode", "total"),
    [
        ("sk_test_1", "test", 25),
        ("rk_live_1", "live", 100),
        ("sk_org_live_1", "live", 100),
        ("sk_1", "test", 25),
    ],
)
async def test_the_start_depends_on_the_mode_of_the_key(key, mode, total):
    limit, found = rate_limits_from("adaptive").limit_for(settings_of(api_key=key))
    assert mode == found
    permit = limit.permit(LIST._replace(mode=found))
    assert (25, total) == (permit.endpoint.rate.rate, permit.account.rate.rate)


async def test_a_server_on_this_machine_is_not_limited_at_first():
    settings = settings_of(base_url="http://127.0.0.1:1")
    limit, _ = rate_limits_from("adaptive").limit_for(settings)
    assert None is limit.permit(LIST).rate


@pytest.mark.parametrize(
    "value", ["fast", "", 0, -1, math.nan, True, object(), FixedRateLimit, []]
)
def test_an_invalid_rate_limit_is_rejected(value):
    with pytest.raises(ConfigurationError, match="rate_limit"):
        AsyncClient("sk_test_1", rate_limit=value)


class Recorder:
    """A rate limit of a user, which records its permits."""

    def __init__(self, *, failure=None):
        self.entered, self.left, self.failure = [], [], failure

    def __bool__(self):
        return False

    def permit(self, request):
        recorder = self

        class Permit:
            async def __aenter__(self):
                await anyio.lowlevel.checkpoint()
                recorder.entered.append(request)

            async def __aexit__(self, kind, error, traceback):
                recorder.left.append(kind and kind.__name__)
                if recorder.failure:
                    raise recorder.failure

        return Permit()


async def test_a_rate_limit_of_your_own_sees_every_attempt(no_waiting):
    limit = Recorder()
    api, _ = scripted(
        rejected("global-rate"), httpx.ReadError("reset"), account_response()
    )
    async with mock_client(api, rate_limit=limit) as client:
        await client.accounts.retrieve(
            "fca_1", options=RequestOptions(stripe_account="acct_1")
        )
    template = "/v1/financial_connections/accounts/{account}"
    assert [
        ("GET", template, "acct_1", "test", attempt) for attempt in (1, 2, 3)
    ] == limit.entered
    assert ["RateLimitError", "APIConnectionError", None] == limit.left


async def test_a_cancelled_attempt_leaves_its_permit():
    limit, sent = Recorder(), anyio.Event()

    async def api(_):
        sent.set()
        await anyio.sleep_forever()

    async with mock_client(api, rate_limit=limit) as client:
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(client.accounts.retrieve, "fca_1")
            await sent.wait()
            tasks.cancel_scope.cancel()
    assert 1 == len(limit.entered) == len(limit.left)
    assert None is not limit.left[0]


async def test_a_permit_that_cannot_be_entered_keeps_no_connection():
    class Limit:
        def permit(self, request):
            return object()

    api, _ = scripted()
    async with mock_client(api, rate_limit=Limit(), max_connections=1) as client:
        for _ in range(2):
            with anyio.fail_after(60), pytest.raises(AttributeError):
                await client.accounts.retrieve("fca_1")


def test_a_rate_limit_with_an_async_permit_is_rejected():
    class Limit:
        async def permit(self, request):
            return nullcontext()

    with pytest.raises(ConfigurationError, match="must not be async"):
        AsyncClient("sk_test_1", rate_limit=Limit())


async def test_an_error_in_leaving_a_permit_does_not_lose_the_response(caplog):
    api, _ = scripted(account_response())
    limit = Recorder(failure=OSError("no connection to the store"))
    async with mock_client(api, rate_limit=limit) as client:
        account = await client.accounts.retrieve("fca_1")
    assert account.id == "fca_1MwVK82eZvKYlo2Cjw8FMxXf"
    assert ["the rate limit raised an error; the call continues"] == caplog.messages


def test_all_keys_share_a_rate_limit_of_your_own():
    limit = Recorder()
    limits = rate_limits_from(limit)
    assert isinstance(limits, RateLimits)
    for key in ("sk_test_1", "sk_live_1"):
        assert limit is limits.limit_for(settings_of(api_key=key))[0]
    assert isinstance(settings_of(), Settings)
