"""Cancelled and concurrent calls."""

import anyio

from financial_connections import (
    AsyncClient,
)
from tests.support.servers import (
    header_of,
    http_response,
    read_request,
    serving,
)

KEY = "sk_test_51H8supersecret"


async def test_cancelled_calls_leave_the_client_usable():
    release = anyio.Event()

    async def handle(stream):
        async with stream:
            try:
                while True:
                    await read_request(stream)
                    await release.wait()
                    await stream.send(http_response())
            except (anyio.EndOfStream, anyio.BrokenResourceError):
                return

    async with (
        serving(handle) as url,
        AsyncClient(KEY, base_url=url, max_connections=5) as client,
    ):
        for _ in range(20):
            async with anyio.create_task_group() as tasks:
                for _ in range(10):
                    tasks.start_soon(client.accounts.retrieve, "fca_1")
                await anyio.wait_all_tasks_blocked()
                tasks.cancel_scope.cancel()
        release.set()
        with anyio.fail_after(60):
            async with anyio.create_task_group() as tasks:
                for _ in range(10):
                    tasks.start_soon(client.accounts.retrieve, "fca_1")


async def test_calls_cancelled_at_any_step_leave_the_client_usable():
    is_responding = False

    async def handle(stream):
        while True:
            await read_request(stream)
            if not is_responding:
                await anyio.sleep_forever()
            await stream.send(http_response())

    async with (
        serving(handle) as url,
        AsyncClient(KEY, base_url=url, max_connections=5) as client,
    ):
        for step in range(200):
            async with anyio.create_task_group() as tasks:
                for _ in range(10):
                    tasks.start_soon(client.accounts.retrieve, "fca_1")
                # The calls are cancelled while they wait, connect, write or read,
                # depending on the round.
                for _ in range(step % 20):
                    await anyio.lowlevel.checkpoint()
                tasks.cancel_scope.cancel()
        is_responding = True
        with anyio.fail_after(60):
            async with anyio.create_task_group() as tasks:
                for _ in range(10):
                    tasks.start_soon(client.accounts.retrieve, "fca_1")


async def test_concurrent_calls_receive_their_own_responses():
    async def handle(stream):
        while True:
            head, _ = await read_request(stream)
            path = head.split(b" ")[1].rpartition(b"/")[2]
            key = header_of(head, b"authorization").encode()
            await stream.send(http_response(b'{"id": "%s", "key": "%s"}' % (path, key)))

    async def retrieve(client, key, n):
        account = await client.accounts.retrieve(f"fca_{n}")
        assert (f"fca_{n}", f"Bearer {key}") == (account.id, account.extra["key"])

    async with (
        serving(handle) as url,
        AsyncClient("sk_test_1", base_url=url, max_connections=50) as one,
        AsyncClient("sk_test_2", base_url=url, max_connections=50) as two,
        anyio.create_task_group() as tasks,
    ):
        for n in range(500):
            tasks.start_soon(retrieve, one, "sk_test_1", n)
            tasks.start_soon(retrieve, two, "sk_test_2", n)
