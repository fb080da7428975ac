"""Private names of other libraries that the transport uses, and their fallbacks.

If a name has moved, see `_transport/private.py` and decision 0019.
"""

import httpcore
import httpx
import httpx2
import pytest

from financial_connections import AsyncClient
from financial_connections._transport import private
from tests.support.servers import http_response, read_request, serving

KEY = "sk_test_1"


@pytest.fixture(params=[httpx, httpx2], ids=["httpx", "httpx2"])
def library(request):
    return request.param


class Server:
    """A server that counts its connections."""

    def __init__(self):
        self.connections = 0

    async def handle(self, stream):
        self.connections += 1
        while True:
            await read_request(stream)
            await stream.send(http_response())


async def connection_of(client):
    """Send a request and return the connection that it used."""
    assert "fca_1" == (await client.accounts.retrieve("fca_1")).id
    [[(connection, _)]] = client._transport.backend._idle.values()
    return connection


async def test_the_names_behind_the_default_pool_exist(anyio_backend):
    async with (
        serving(Server().handle) as url,
        AsyncClient(KEY, base_url=url) as client,
    ):
        connection = await connection_of(client)
        assert connection._connection is connection._transport._pool
        assert private._NO_LOCK is connection._connection._request_lock
        http11 = connection._connection._connection
        assert private._NO_LOCK is http11._state_lock
        assert (b"", False) == http11._h11_state.trailing_data
        stream = connection._stream._stream
        assert private._is_trio(stream) == (anyio_backend == "trio")
        if anyio_backend == "asyncio":
            assert 0 == len(stream._protocol.read_queue)


def test_the_names_of_the_locks_exist():
    """Setting a lock that has moved would have no effect."""
    origin = httpcore.Origin(b"http", b"127.0.0.1", 80)
    assert hasattr(httpcore.AsyncHTTPConnection(origin), "_request_lock")
    stream = httpcore.AsyncMockStream([])
    assert hasattr(httpcore.AsyncHTTP11Connection(origin, stream), "_state_lock")


async def test_the_names_that_release_connections_of_an_injected_client_exist(library):
    async with library.AsyncClient() as http_client:
        pool = private.pool_of(http_client, library.URL("https://api.stripe.com"))
        assert 100 == pool._max_connections == private.pool_size(pool, 7)
        assert ([], []) == (pool._connections, pool._requests)
        assert [] == pool._assign_requests_to_connections()


def test_the_name_of_a_parsed_url_exists(library):
    url = private.unparsed_url(library, library.URL("https://a.example"), "/v1/x")
    assert library.URL is not type(url)
    assert library.URL("https://a.example/v1/x") == url


def test_a_url_is_parsed_at_once_if_its_parsed_form_has_moved():
    class URL:
        def __init__(self, url):
            self.url = url

        def __str__(self):
            return self.url

    class Library:
        pass

    Library.URL = URL
    url = private.unparsed_url(Library, URL("https://a.example/"), "/v1/x")
    assert (URL, "https://a.example/v1/x") == (type(url), str(url))


async def test_a_pool_that_has_moved_is_left_in_place(monkeypatch):
    monkeypatch.setattr(private, "replace_pool", lambda *_: False)
    server = Server()
    async with (
        serving(server.handle) as url,
        AsyncClient(KEY, base_url=url) as client,
    ):
        for _ in range(3):
            connection = await connection_of(client)
        assert connection._connection is None
    assert 1 == server.connections


async def test_connections_are_not_reused_if_unread_data_cannot_be_detected(
    monkeypatch,
):
    server = Server()

    def moved(_):
        raise AttributeError

    monkeypatch.setattr(private, "_has_unread_bytes", moved)
    async with (
        serving(server.handle) as url,
        AsyncClient(KEY, base_url=url) as client,
    ):
        for _ in range(3):
            await client.accounts.retrieve("fca_1")
    assert 3 == server.connections


def test_a_transport_without_a_pool_is_unchanged():
    transport = object()
    assert not private.replace_pool(transport, object())
