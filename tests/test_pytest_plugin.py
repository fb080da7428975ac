"""The fixtures `fc_sandbox` and `fc_client` in users' test suites."""

import pytest

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
# Plugin and mode: settings, header, mark, number of tests.
STACKS = {
    "pytest-asyncio, strict": (
        ["-p", "no:anyio", "-o", "asyncio_mode=strict"],
        "",
        "@pytest.mark.asyncio",
        2,
    ),
    "pytest-asyncio, auto": (
        ["-p", "no:anyio", "-o", "asyncio_mode=auto"],
        "",
        "",
        2,
    ),
    "anyio, marked": (["-p", "no:asyncio"], BOTH_LOOPS, "@pytest.mark.anyio", 4),
    "anyio, auto": (["-p", "no:asyncio", "-o", "anyio_mode=auto"], BOTH_LOOPS, "", 4),
    "both, pytest-asyncio in strict mode": ([], "", "@pytest.mark.asyncio", 2),
    "both, pytest-asyncio in auto mode": (["-o", "asyncio_mode=auto"], "", "", 2),
    "both, a test for anyio": ([], BOTH_LOOPS, "@pytest.mark.anyio", 4),
}


@pytest.mark.parametrize("stack", STACKS)
def test_the_fixtures_work_with_each_plugin_and_mode(pytester, stack):
    settings, header, mark, number = STACKS[stack]
    pytester.makepyfile(TESTS.format(header=header, mark=mark))
    # pytest-asyncio warns unless a scope is chosen.
    scope = ["-o", "asyncio_default_fixture_loop_scope=function"]
    result = pytester.runpytest_subprocess(
        "-W", "error", *settings, *(() if "no:asyncio" in settings else scope)
    )
    result.assert_outcomes(passed=number)


def test_loading_the_plugin_does_not_load_the_sandbox(pytester):
    pytester.makepyfile(
        "import sys\n"
        "def test_nothing_is_loaded():\n"
        "    loaded = {'uvicorn', 'financial_connections.sandbox'} & set(sys.modules)\n"
        "    assert set() == loaded\n"
    )
    result = pytester.runpytest_subprocess()
    result.assert_outcomes(passed=1)
