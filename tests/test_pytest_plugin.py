"""The fixtures that users get."""

pytest_plugins = ["pytester"]

TESTS = """
import pytest

pytestmark = pytest.mark.anyio


@pytest.fixture(params=["asyncio", "trio"])
def anyio_backend(request):
    return request.param


async def test_a_client_reads_what_the_sandbox_has(fc_sandbox, fc_client):
    account = fc_sandbox.add_account(transactions=120)
    found = [transaction async for transaction in fc_client.transactions.list(account=account)]
    assert 120 == len(found)


async def test_every_test_has_a_sandbox_of_its_own(fc_sandbox, fc_client):
    assert [] == (await fc_client.accounts.list()).data
"""


def test_a_users_test_asks_for_a_sandbox_and_a_client(pytester):
    pytester.makepyfile(TESTS)
    result = pytester.runpytest_subprocess("-W", "error")
    result.assert_outcomes(passed=4)


def test_loading_the_plugin_loads_no_sandbox(pytester):
    pytester.makepyfile(
        "import sys\n"
        "def test_nothing_is_loaded():\n"
        "    loaded = {'uvicorn', 'financial_connections.sandbox'} & set(sys.modules)\n"
        "    assert set() == loaded\n"
    )
    result = pytester.runpytest_subprocess()
    result.assert_outcomes(passed=1)
