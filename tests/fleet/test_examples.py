"""The examples in the docstrings of the package."""

import ast
import importlib
from pathlib import Path

import anyio
import pytest

import financial_connections
from financial_connections import AsyncClient
from financial_connections.sandbox import Sandbox, serve
from tests.support.code_blocks import examples_in
from tests.support.databases import redis_server
from tests.support.fleet.stores import open_store, query

PACKAGE = Path(financial_connections.__file__).parent


def examples():
    for path in sorted(PACKAGE.glob("fleet/**/*.py")):
        parts = path.relative_to(PACKAGE.parent).with_suffix("").parts
        module = ".".join(part for part in parts if part != "__init__")
        for name, code in examples_in(path):
            yield pytest.param(module, code, id=f"{module}:{name}")


@pytest.fixture(scope="module")
def redis():
    with redis_server() as url:
        yield url


@pytest.mark.parametrize(("module", "code"), list(examples()))
async def test_an_example_in_a_docstring_runs(
    module, code, database, redis, temporal_server, monkeypatch
):
    """A worker, which would run forever, is cancelled when the account is done."""
    sandbox = Sandbox()
    account = sandbox.add_account(transactions=3)
    code = code.replace("fca_123", account)
    code = code.replace("postgresql://user@db.internal/app", database)
    code = code.replace("redis://cache.internal", redis)
    code = code.replace("localhost:7233", temporal_server)
    monkeypatch.setenv("STRIPE_API_KEY", sandbox.api_key)
    async with open_store(database) as store, serve(sandbox) as server:
        await store.want(account)
        monkeypatch.setitem(
            AsyncClient.__init__.__wrapped__.__kwdefaults__, "base_url", server.url
        )
        names = vars(importlib.import_module(module)) | {
            "AsyncClient": AsyncClient,
            "conninfo": database,
            "secret": "whsec_1",
            "store": store,
            "webhook_endpoint": financial_connections.webhooks.webhook_endpoint,
        }
        names |= vars(financial_connections.fleet)

        async def run():
            flags = ast.PyCF_ALLOW_TOP_LEVEL_AWAIT
            coroutine = eval(compile(code, "docstring", "exec", flags), names)
            if coroutine is not None:
                await coroutine
            tasks.cancel_scope.cancel()

        async with anyio.create_task_group() as tasks:
            tasks.start_soon(run)
            # The workers make the progress.
            while not (await store.progress()).done:  # noqa: ASYNC110
                await anyio.sleep(0.02)
            tasks.cancel_scope.cancel()
    if "run_" in code:
        assert [(3,)] == query(database, "SELECT count(*) FROM fc_transaction")
