"""The fixtures of this package in users' test suites."""

import pytest

from financial_connections import AsyncClient
from financial_connections.webhooks import webhook_endpoint

pytest_plugins = ["pytester"]

TESTS = """
import pytest

{header}

{mark}
async def test_the_client_reads_from_the_sandbox(fc_sandbox, fc_client):
    account = fc_sandbox.add_account(transactions=120)
    pager = fc_client.transactions.list(account=account)
    assert 120 == len([transaction async for transaction in pager])


{mark}
async def test_every_test_has_its_own_sandbox(fc_sandbox, fc_client):
    assert [] == (await fc_client.accounts.list()).data
"""
BOTH_LOOPS = """
@pytest.fixture(params=["asyncio", "trio"])
def anyio_backend(request):
    return request.param
"""
ANYIO, ASYNCIO = ("-p", "anyio.pytest_plugin"), ("-p", "pytest_asyncio.plugin")
ASYNCIO_AUTO = ("-o", "asyncio_mode=auto")
# The plugins and their modes; then the header and mark of the tests, and their number.
STACKS = {
    "pytest-asyncio, strict": (ASYNCIO, "", "@pytest.mark.asyncio", 2),
    "pytest-asyncio, auto": ((*ASYNCIO, *ASYNCIO_AUTO), "", "", 2),
    "anyio, marked": (ANYIO, BOTH_LOOPS, "@pytest.mark.anyio", 4),
    "anyio, auto": ((*ANYIO, "-o", "anyio_mode=auto"), BOTH_LOOPS, "", 4),
    "both, strict": ((*ANYIO, *ASYNCIO), "", "@pytest.mark.asyncio", 2),
    "both, auto": ((*ANYIO, *ASYNCIO, *ASYNCIO_AUTO), "", "", 2),
    "both, for anyio": ((*ANYIO, *ASYNCIO), BOTH_LOOPS, "@pytest.mark.anyio", 4),
}


@pytest.mark.parametrize("stack", STACKS)
def test_the_fixtures_work_with_each_plugin_and_mode(pytester, monkeypatch, stack):
    settings, header, mark, number = STACKS[stack]
    # Other plugins of this environment take seconds to load.
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    if ASYNCIO[1] in settings:
        # pytest-asyncio warns unless a scope is chosen.
        settings = (*settings, "-o", "asyncio_default_fixture_loop_scope=function")
    pytester.makepyfile(TESTS.format(header=header, mark=mark))
    result = pytester.runpytest_subprocess(
        "-W", "error", "-p", "financial_connections", *settings
    )
    result.assert_outcomes(passed=number)


def test_pytest_finds_the_plugin_and_does_not_load_the_sandbox(pytester):
    pytester.makepyfile(
        "import sys\n"
        "def test_nothing_is_loaded(request):\n"
        "    assert request.config.pluginmanager.has_plugin('financial_connections')\n"
        "    loaded = {'uvicorn', 'financial_connections.sandbox'} & set(sys.modules)\n"
        "    assert set() == loaded\n"
    )
    result = pytester.runpytest_subprocess()
    result.assert_outcomes(passed=1)


async def test_fc_server_serves_the_sandbox_over_http(fc_sandbox, fc_server):
    account = fc_sandbox.add_account()
    async with AsyncClient(fc_server.api_key, base_url=fc_server.url) as client:
        assert account == (await client.accounts.retrieve(account)).id


async def test_fc_webhooks_sends_each_event_once(fc_sandbox, fc_webhooks):
    received = []

    async def handle(event):
        received.append(event.id)

    app = webhook_endpoint(fc_webhooks.secret, handle)
    assert [] == await fc_webhooks.deliver(app, "/stripe")
    account = fc_sandbox.add_account()
    fc_sandbox.institution.schedule_deactivation(account, after=60 * 86_400)
    fc_sandbox.advance(60 * 86_400)
    statuses = await fc_webhooks.deliver(app, "/stripe")
    assert len(statuses) > 1
    assert {200} == set(statuses)
    assert [event["id"] for event in fc_sandbox.events] == received
    assert [] == await fc_webhooks.deliver(app, "/stripe")


async def test_fc_webhooks_returns_the_status_of_a_refused_event(
    fc_sandbox, fc_webhooks
):
    async def handle(_):
        raise AssertionError("the signature is invalid")

    fc_sandbox.add_account()
    app = webhook_endpoint("whsec_other", handle)
    assert fc_sandbox.events
    assert {400} == set(await fc_webhooks.deliver(app))
