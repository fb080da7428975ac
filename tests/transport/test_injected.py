"""Injected clients: their pools stay usable, and their state is not modified."""

import asyncio
import random

import anyio
import httpx
import httpx2
import pytest

from financial_connections import (
    APIConnectionError,
    APIStatusError,
    APITimeoutError,
    AsyncClient,
    ConfigurationError,
)
from financial_connections._transport.private import pool_of
from tests.support.servers import GENEROUS, http_response, read_request, serving

KEY = "sk_test_1"
POOL_SIZE = 5


@pytest.fixture(params=[httpx, httpx2], ids=["httpx", "httpx2"])
def library(request):
    return request.param


@pytest.fixture
async def owner(library):
    async with library.AsyncClient(
        limits=library.Limits(max_connections=POOL_SIZE), timeout=60
    ) as http_client:
        yield http_client


class Server:
    """A server that does not respond until it is healed."""

    def __init__(self):
        self.is_healed = False

    async def handle(self, stream):
        while True:
            await read_request(stream)
            if not self.is_healed:
                await stream.send(b"")
                await anyio.sleep_forever()
            await stream.send(http_response())


def connections_of(http_client, url):
    return pool_of(http_client, url).connections


async def assert_usable(http_client, client, url):
    """Check that the owner and the SDK can use all connections of the pool at once."""
    statuses = []
    patient = client.with_options(timeout=GENEROUS)

    async def get():
        statuses.append((await http_client.get(url)).status_code)

    async with anyio.create_task_group() as tasks:
        for _ in range(POOL_SIZE):
            tasks.start_soon(get)
            tasks.start_soon(patient.accounts.retrieve, "fca_1")
    assert [200] * POOL_SIZE == statuses
    assert all(
        connection.is_idle()
        for connection in connections_of(http_client, http_client.base_url.join(url))
    )
    assert client._transport.backend.limiter._semaphore.value == POOL_SIZE


async def test_timeouts_leave_the_pool_usable(owner):
    server = Server()
    errors = []

    async def call(client):
        try:
            await client.accounts.retrieve("fca_1")
        except APITimeoutError as error:
            errors.append(error)

    async with serving(server.handle) as url:
        client = AsyncClient(
            KEY, base_url=url, http_client=owner, timeout=0.1, max_retries=0
        )
        async with anyio.create_task_group() as tasks:
            for _ in range(4 * POOL_SIZE):
                tasks.start_soon(call, client)
        server.is_healed = True
        await assert_usable(owner, client, url)
    assert 4 * POOL_SIZE == len(errors)


async def test_timeouts_while_the_owner_uses_the_pool_leave_it_usable(owner):
    server = Server()

    async def call(client):
        with pytest.raises(APITimeoutError):
            await client.accounts.retrieve("fca_1")

    async def get(url):
        with pytest.raises((httpx.TimeoutException, httpx2.TimeoutException)):
            await owner.get(url, timeout=0.1)

    async with serving(server.handle) as url:
        client = AsyncClient(
            KEY, base_url=url, http_client=owner, timeout=0.1, max_retries=0
        )
        async with anyio.create_task_group() as tasks:
            for _ in range(3 * POOL_SIZE):
                tasks.start_soon(get, url)
                tasks.start_soon(call, client)
        server.is_healed = True
        await assert_usable(owner, client, url)


async def test_a_pool_of_unknown_size_does_not_lower_the_limit(library):
    transport = library.MockTransport(
        lambda request: library.Response(200, json={"id": "fca_1"})
    )
    async with library.AsyncClient(transport=transport) as http_client:
        client = AsyncClient(KEY, http_client=http_client, max_connections=7)
        assert 7 == client._transport.backend.limiter._semaphore.value
        assert "fca_1" == (await client.accounts.retrieve("fca_1")).id


async def test_a_pool_without_connections_is_rejected(library):
    async with library.AsyncClient(
        limits=library.Limits(max_connections=0)
    ) as http_client:
        with pytest.raises(ConfigurationError, match="max_connections"):
            AsyncClient(KEY, http_client=http_client)


async def test_cancelled_calls_leave_the_pool_usable(owner):
    """Cancel scopes end calls while the owner's requests compete for connections."""
    server = Server()

    async with serving(server.handle) as url:
        client = AsyncClient(KEY, base_url=url, http_client=owner)
        for steps in range(30):
            async with anyio.create_task_group() as tasks:
                for _ in range(POOL_SIZE):
                    tasks.start_soon(owner.get, url)
                    tasks.start_soon(client.accounts.retrieve, "fca_1")
                for _ in range(steps):
                    await anyio.lowlevel.checkpoint()
                tasks.cancel_scope.cancel()
        server.is_healed = True
        await assert_usable(owner, client, url)


@pytest.mark.parametrize("anyio_backend", ["asyncio"])
@pytest.mark.parametrize("seed", range(3))
async def test_natively_cancelled_calls_leave_the_pool_usable(seed, owner):
    """asyncio cancels calls anywhere from the queue to the last byte.

    No shield stops a native cancellation.
    """
    rng = random.Random(seed)
    server = Server()
    server.is_healed = True

    async with serving(server.handle) as url:
        client = AsyncClient(KEY, base_url=url, http_client=owner, max_retries=0)
        own = [
            asyncio.ensure_future(own_requests(owner, url)) for _ in range(POOL_SIZE)
        ]
        for _ in range(100):
            calls = [
                asyncio.ensure_future(client.accounts.retrieve("fca_1"))
                for _ in range(POOL_SIZE)
            ]
            for call in calls:
                for _ in range(rng.randrange(12)):
                    await asyncio.sleep(0)
                call.cancel()
            await asyncio.gather(*calls, return_exceptions=True)
        await asyncio.gather(*own)
        await assert_usable(owner, client, url)


async def own_requests(http_client, url):
    for _ in range(150):
        assert 200 == (await http_client.get(url)).status_code


async def test_the_cookies_of_the_owner_are_unchanged(library):
    hooked = []

    async def on_response(response):
        hooked.append(response.headers["set-cookie"])

    def respond(request):
        assert "cookie" not in request.headers
        return library.Response(
            200, json={"id": "fca_1"}, headers={"Set-Cookie": "sid=1; Path=/"}
        )

    async with library.AsyncClient(
        transport=library.MockTransport(respond), cookies={"own": "1"}
    ) as http_client:
        client = AsyncClient(KEY, http_client=http_client)
        await client.accounts.retrieve("fca_1")
        http_client.event_hooks = {"response": [on_response]}
        await client.accounts.retrieve("fca_1")
        assert {"own": "1"} == dict(http_client.cookies)
    assert ["sid=1; Path=/"] == hooked


async def test_a_subclass_of_the_owner_keeps_its_methods_and_state(library):
    class Counting(library.AsyncClient):
        count = 0

        async def send(self, *args, **kwargs):
            self.count += 1
            return await super().send(*args, **kwargs)

    transport = library.MockTransport(
        lambda request: library.Response(200, json={"id": "fca_1"})
    )
    async with Counting(transport=transport) as http_client:
        for _ in range(3):
            await AsyncClient(KEY, http_client=http_client).accounts.retrieve("fca_1")
        assert 3 == http_client.count


def responding(library):
    headers = {"Set-Cookie": "sid=1; Path=/"}
    return library.MockTransport(
        lambda request: library.Response(200, json={"id": "fca_1"}, headers=headers)
    )


async def test_a_subclass_with_slots_can_be_used(library):
    class Counting(library.AsyncClient):
        __slots__ = ("count",)

        async def send(self, *args, **kwargs):
            self.count += 1
            return await super().send(*args, **kwargs)

    async with Counting(transport=responding(library)) as http_client:
        http_client.count = 0
        await AsyncClient(KEY, http_client=http_client).accounts.retrieve("fca_1")
        assert 1 == http_client.count


async def test_a_subclass_hook_is_not_called_for_our_subclass(
    library,
):
    names = []

    class Named(library.AsyncClient):
        def __init_subclass__(cls, *, name):
            names.append(name)

    class Client(Named, name="own"):
        pass

    async with Client(transport=responding(library)) as http_client:
        await AsyncClient(KEY, http_client=http_client).accounts.retrieve("fca_1")
        assert {} == dict(http_client.cookies)
    assert ["own"] == names


async def test_a_class_that_cannot_be_subclassed_is_used_directly(library):
    class Final(type):
        def __new__(cls, name, bases, namespace):
            if any(isinstance(base, Final) for base in bases):
                raise TypeError("no subclasses")
            return super().__new__(cls, name, bases, namespace)

    class Client(library.AsyncClient, metaclass=Final):
        pass

    async with Client(transport=responding(library)) as http_client:
        assert (
            "fca_1"
            == (
                await AsyncClient(KEY, http_client=http_client).accounts.retrieve(
                    "fca_1"
                )
            ).id
        )


async def test_a_subclass_can_replace_its_cookies_while_it_sends(library):
    class Forgetful(library.AsyncClient):
        async def send(self, *args, **kwargs):
            names.append((type(self).__name__, type(self).__module__))
            self.cookies = library.Cookies()
            return await super().send(*args, **kwargs)

    names = []
    async with Forgetful(
        transport=responding(library), cookies={"own": "1"}
    ) as http_client:
        await AsyncClient(KEY, http_client=http_client).accounts.retrieve("fca_1")
        assert {"own": "1"} == dict(http_client.cookies)
    assert [("Forgetful", __name__)] == names


async def test_a_subclass_can_have_the_name_of_its_base(library):
    client_class = type("AsyncClient", (library.AsyncClient,), {"__module__": __name__})
    async with client_class(transport=responding(library)) as http_client:
        assert (
            "fca_1"
            == (
                await AsyncClient(KEY, http_client=http_client).accounts.retrieve(
                    "fca_1"
                )
            ).id
        )


async def test_the_limit_is_that_of_the_pool_mounted_for_the_api(library):
    limits = library.Limits(max_connections=3)
    mounts = {"https://api.stripe.com": library.AsyncHTTPTransport(limits=limits)}
    async with library.AsyncClient(mounts=mounts) as http_client:
        assert (
            3
            == AsyncClient(
                KEY, http_client=http_client
            )._transport.backend.limiter._semaphore.value
        )
        other = AsyncClient(
            KEY, http_client=http_client, base_url="https://stripe.example"
        )
        assert 100 == other._transport.backend.limiter._semaphore.value


async def test_an_injected_client_that_was_closed_is_reported(library):
    http_client = library.AsyncClient()
    client = AsyncClient(
        KEY, http_client=http_client, max_retries=0, base_url="http://127.0.0.1:1"
    )
    with pytest.raises(APIConnectionError):
        await client.accounts.retrieve("fca_1")
    await http_client.aclose()
    with pytest.raises(ValueError, match="http_client is closed"):
        await client.accounts.retrieve("fca_1")


async def test_an_injected_client_is_neither_modified_nor_closed():
    def api(request):
        assert "x-own" not in request.headers
        assert "other" != request.headers["authorization"]
        assert "https://api.stripe.com/v1/financial_connections/accounts/fca_1" == str(
            request.url
        )
        return httpx.Response(307, headers={"Location": "https://evil.example"})

    http_client = httpx.AsyncClient(
        transport=httpx.MockTransport(api),
        headers={"X-Own": "1", "Authorization": "other"},
        auth=("user", "pass"),
        params={"a": "b"},
        base_url="https://other.example",
        follow_redirects=True,
    )
    before = dict(http_client.headers)
    async with http_client:
        async with AsyncClient(KEY, http_client=http_client) as client:
            with pytest.raises(APIStatusError, match="307"):
                await client.accounts.retrieve("fca_1")
        assert before == dict(http_client.headers)
        assert not http_client.is_closed
