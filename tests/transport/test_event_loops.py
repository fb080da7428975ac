"""Clients that are closed, or that are used or closed in a second event loop."""

import gc
import subprocess
import sys
import threading

import anyio
import pytest

from financial_connections import APIConnectionError, AsyncClient, ConfigurationError
from tests.support.running_calls import Call, Server
from tests.support.servers import http_response, serving

KEY = "sk_test_51H8supersecret"


async def test_a_closed_client_raises_a_configuration_error():
    client = AsyncClient(KEY)
    await client.aclose()
    await client.aclose()
    with pytest.raises(ConfigurationError, match="closed"):
        await client.accounts.retrieve("fca_1")
    with pytest.raises(ConfigurationError, match="closed"):
        await client.with_options(max_retries=0).accounts.retrieve("fca_1")


@pytest.mark.parametrize("first", ["asyncio", "trio"])
@pytest.mark.parametrize("second", ["asyncio", "trio"])
def test_a_client_is_rejected_in_a_second_event_loop(first, second):
    client = AsyncClient(KEY, base_url="http://127.0.0.1:1", max_retries=0)

    async def use():
        await client.accounts.retrieve("fca_1")

    with pytest.raises(APIConnectionError):
        anyio.run(use, backend=first)
    with pytest.raises(ConfigurationError, match="another event loop"):
        anyio.run(use, backend=second)


@pytest.mark.parametrize("first", ["asyncio", "trio"])
@pytest.mark.parametrize("second", ["asyncio", "trio"])
def test_a_client_with_a_rate_limit_is_rejected_in_a_second_loop(first, second):
    client = AsyncClient(
        KEY, base_url="http://127.0.0.1:1", max_retries=0, rate_limit=100
    )

    async def use():
        for _ in range(3):
            with pytest.raises(APIConnectionError):
                await client.accounts.retrieve("fca_1")

    async def use_again():
        with pytest.raises(ConfigurationError, match="another event loop"):
            await client.accounts.retrieve("fca_1")
        await client.aclose()

    anyio.run(use, backend=first)
    anyio.run(use_again, backend=second)


@pytest.mark.parametrize("first", ["asyncio", "trio"])
@pytest.mark.parametrize("second", ["asyncio", "trio"])
def test_closing_from_another_event_loop_ends_the_calls(first, second):
    client, error, arrived = None, None, threading.Event()

    async def call():
        nonlocal client, error
        server = Server()
        async with serving(server) as url, anyio.create_task_group() as tasks:
            client = AsyncClient(KEY, base_url=url)
            task = Call(tasks, client.accounts.retrieve, "fca_1")
            await server.arrived.wait()
            arrived.set()
            await task.ended.wait()
            await server.wait_until_all_are_closed()
        error = task.error

    thread = threading.Thread(target=anyio.run, args=(call,), kwargs={"backend": first})
    thread.start()
    assert arrived.wait(60)
    anyio.run(client.aclose, backend=second)
    thread.join(60)
    assert not thread.is_alive()
    assert "closed" == error.reason


@pytest.mark.parametrize("first", ["asyncio", "trio"])
@pytest.mark.parametrize("second", ["asyncio", "trio"])
@pytest.mark.filterwarnings("ignore::ResourceWarning")
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_closing_after_the_end_of_the_event_loop_does_not_hang(first, second):
    async def call():
        async with serving(Server(http_response())) as url:
            client = AsyncClient(KEY, base_url=url)
            await client.accounts.retrieve("fca_1")
        return client

    async def close(client):
        await client.aclose()
        with pytest.raises(ConfigurationError, match="closed"):
            await client.accounts.retrieve("fca_1")

    client = anyio.run(call, backend=first)
    anyio.run(close, client, backend=second)
    del client
    gc.collect()


LEAVE_IDLE_CLIENTS = """
import asyncio, sys, threading
import anyio
from financial_connections import AsyncClient
from financial_connections._transport import closing
from financial_connections.sandbox import Sandbox, serve

closing._MAX_WAIT = 0.1
never = threading.Event()

def use_in_a_stopped_loop(use):
    loop = asyncio.new_event_loop()
    loop.run_until_complete(use())

def use_in_a_blocked_loop(use, backend):
    used = threading.Event()

    async def use_and_block():
        await use()
        used.set()
        never.wait()

    threading.Thread(
        target=anyio.run,
        args=(use_and_block,),
        kwargs={"backend": backend},
        daemon=True,
    ).start()
    used.wait()

sandbox = Sandbox()
account = sandbox.add_account()
with serve(sandbox) as server:
    for case in sys.argv[2:]:
        transport, first = case.split(":")
        client = AsyncClient(sandbox.api_key, base_url=server.url, transport=transport)

        async def use():
            await client.accounts.retrieve(account)

        if first == "stopped":
            use_in_a_stopped_loop(use)
        else:
            use_in_a_blocked_loop(use, first)
        anyio.run(client.aclose, backend=sys.argv[1])
        anyio.run(client.aclose, backend=sys.argv[1])
        print(case)
"""
"""A program that closes clients whose loops have stopped or are blocked."""


@pytest.mark.parametrize("second", ["asyncio", "trio"])
def test_a_process_exits_after_closing_the_clients_of_idle_loops(second):
    cases = [f"httpx:{first}" for first in ("stopped", "asyncio", "trio")]
    cases += [f"aiohttp:{first}" for first in ("stopped", "asyncio")]
    process = subprocess.run(
        [sys.executable, "-c", LEAVE_IDLE_CLIENTS, second, *cases],
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert 0 == process.returncode, process.stderr
    assert cases == process.stdout.split()
