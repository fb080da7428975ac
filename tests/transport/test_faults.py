"""Over real sockets, everything that can go wrong on the way; and that the client works
afterwards.
"""

import gc
import gzip
import json
import ssl
import traceback
import tracemalloc
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from functools import cache

import anyio
import httpx
import httpx2
import pytest
import trustme

from financial_connections import (
    AccountInactiveError,
    APIConnectionError,
    APIResponseError,
    APIStatusError,
    APITimeoutError,
    AsyncClient,
    AuthenticationError,
    ConfigurationError,
    ConflictError,
    IdempotencyError,
    InvalidRequestError,
    NotFoundError,
    PermissionDeniedError,
    RateLimitError,
    ServerError,
    _settings,
)
from financial_connections._transport import body as _body
from financial_connections._transport import pool as own_pool
from financial_connections._transport import startup
from financial_connections._transport.causes import no_response_from
from financial_connections._transport.proxy import environment_proxy
from tests.support.servers import (
    GONE,
    header_of,
    http_answer,
    read_request,
    reset,
    serving,
)

KEY = "sk_test_51H8supersecret"


@pytest.fixture(params=["lanes", "aiohttp", "httpx", "httpx2"])
async def connect(request, anyio_backend):
    """Make a client of each kind: our own connections, aiohttp's, or those of a client
    that was brought along.
    """
    library = {"httpx": httpx, "httpx2": httpx2}.get(request.param)
    if library is None:
        # aiohttp lives under asyncio only.
        transport = (
            "aiohttp"
            if (request.param, anyio_backend) == ("aiohttp", "asyncio")
            else "httpx"
        )
        yield lambda url, **settings: AsyncClient(
            KEY, base_url=url, transport=transport, **settings
        )
    else:
        async with library.AsyncClient() as http_client:
            yield lambda url, **settings: AsyncClient(
                KEY, base_url=url, http_client=http_client, **settings
            )


def refusal(status, headers=b"", **error):
    return http_answer(json.dumps({"error": error}).encode(), b"%d X" % status, headers)


def gzipped(content):
    return http_answer(gzip.compress(content), headers=b"Content-Encoding: gzip\r\n")


OPEN, CLOSE, RST = "open", "close", "rst"

# name: what the server sends, what it does then, the error, the attempts
FAULTS = {
    "reset before the status line": (b"", RST, APIConnectionError, 3),
    "closed before the status line": (b"", CLOSE, APIConnectionError, 3),
    "reset in the headers": (
        b"HTTP/1.1 200 OK\r\nContent-Le",
        RST,
        APIConnectionError,
        3,
    ),
    "reset in the body": (http_answer()[:-4], RST, APIConnectionError, 3),
    "closed in the body": (http_answer()[:-4], CLOSE, APIConnectionError, 3),
    "garbage": (b"\x00\xff garbage\r\n\r\n", CLOSE, APIConnectionError, 3),
    "HTTP/0.9": (b"<html>hello</html>", CLOSE, APIConnectionError, 3),
    "two different lengths": (
        http_answer(headers=b"Content-Length: 99\r\n"),
        CLOSE,
        APIConnectionError,
        3,
    ),
    "a negative length": (
        b"HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\n{}",
        CLOSE,
        APIConnectionError,
        3,
    ),
    "a 1 MiB header": (
        http_answer(headers=b"X-Long: %s\r\n" % (b"x" * 1_048_576)),
        CLOSE,
        APIConnectionError,
        3,
    ),
    "a bad chunk": (
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n{}\r\n0\r\n\r\n",
        CLOSE,
        APIConnectionError,
        3,
    ),
    "chunks that end too early": (
        b'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n{"id"\r\n',
        CLOSE,
        APIConnectionError,
        3,
    ),
    "bad gzip": (
        http_answer(b"not gzip", headers=b"Content-Encoding: gzip\r\n"),
        OPEN,
        APIResponseError,
        3,
    ),
    "truncated gzip": (
        http_answer(
            gzip.compress(b"{}" * 500)[:-12], headers=b"Content-Encoding: gzip\r\n"
        ),
        OPEN,
        APIResponseError,
        3,
    ),
    "an unasked-for coding": (
        http_answer(headers=b"Content-Encoding: br\r\n"),
        OPEN,
        APIResponseError,
        1,
    ),
    "a body too large": (http_answer(b" " * 70_000 + b"{}"), OPEN, APIResponseError, 1),
    "a gzipped body too large": (
        gzipped(b" " * 70_000 + b"{}"),
        OPEN,
        APIResponseError,
        1,
    ),
    "an empty 200": (http_answer(b""), OPEN, APIResponseError, 3),
    "204": (b"HTTP/1.1 204 No Content\r\n\r\n", OPEN, APIResponseError, 3),
    "304": (b"HTTP/1.1 304 Not Modified\r\n\r\n", OPEN, APIStatusError, 1),
    "an HTML 200": (http_answer(b"<html>hi</html>"), OPEN, APIResponseError, 3),
    "truncated JSON": (http_answer(b'{"id": "fca'), OPEN, APIResponseError, 3),
    "a JSON scalar": (http_answer(b"5"), OPEN, APIResponseError, 1),
    "a JSON null": (http_answer(b"null"), OPEN, APIResponseError, 1),
    "a redirect": (
        http_answer(status=b"302 Found", headers=b"Location: http://127.0.0.1:1/\r\n"),
        OPEN,
        APIStatusError,
        1,
    ),
    "400": (refusal(400), OPEN, InvalidRequestError, 1),
    "400 inactive": (
        refusal(400, code="financial_connections_account_inactive"),
        OPEN,
        AccountInactiveError,
        1,
    ),
    "400 idempotency": (
        refusal(400, type="idempotency_error"),
        OPEN,
        IdempotencyError,
        1,
    ),
    "401": (refusal(401), OPEN, AuthenticationError, 1),
    "402": (refusal(402), OPEN, InvalidRequestError, 1),
    "403": (refusal(403), OPEN, PermissionDeniedError, 1),
    "404": (refusal(404), OPEN, NotFoundError, 1),
    "409": (refusal(409), OPEN, ConflictError, 1),
    "409 lock_timeout": (refusal(409, code="lock_timeout"), OPEN, ConflictError, 3),
    "409 key in use": (
        refusal(409, code="idempotency_key_in_use"),
        OPEN,
        ConflictError,
        3,
    ),
    "415": (refusal(415), OPEN, InvalidRequestError, 1),
    "422": (refusal(422), OPEN, InvalidRequestError, 1),
    "429": (refusal(429), OPEN, RateLimitError, 3),
    "429 with a wait": (refusal(429, b"Retry-After: 2\r\n"), OPEN, RateLimitError, 3),
    "429 with a long wait": (
        refusal(429, b"Retry-After: 3600\r\n"),
        OPEN,
        RateLimitError,
        1,
    ),
    "429 with two waits": (
        refusal(429, b"Retry-After: 3600\r\nRetry-After: 1\r\n"),
        OPEN,
        RateLimitError,
        3,
    ),
    "500": (refusal(500), OPEN, ServerError, 3),
    "500 not to be retried": (
        refusal(500, b"Stripe-Should-Retry: false\r\n"),
        OPEN,
        ServerError,
        1,
    ),
    "an HTML 502": (
        http_answer(b"<h1>Bad gateway</h1>", b"502 Bad Gateway"),
        OPEN,
        ServerError,
        3,
    ),
    "520": (http_answer(b"", b"520 Unknown"), OPEN, ServerError, 3),
}


@pytest.mark.parametrize("fault", FAULTS)
async def test_a_fault_is_a_typed_error_and_the_client_works_afterwards(
    fault, connect, no_waiting, monkeypatch
):
    sent, then, error_class, attempts = FAULTS[fault]
    monkeypatch.setattr(_body.read_body, "__defaults__", (65_536,))
    heads, healed = [], False

    async def handle(stream):
        while True:
            head, body = await read_request(stream)
            heads.append((head, body))
            if healed:
                await stream.send(http_answer())
                continue
            await stream.send(sent)
            if then == RST:
                await reset(stream)
            if then != OPEN:
                return

    async with serving(handle) as url, connect(url) as client:
        with pytest.raises(error_class) as caught:
            await client.accounts.refresh("fca_1", features=["balance"])
        healed = True
        assert "fca_1" == (await client.accounts.retrieve("fca_1")).id

    assert error_class is type(caught.value)
    assert attempts == caught.value.attempts == len(heads) - 1
    assert 1 == len(set(heads[:-1]))
    assert caught.value.idempotency_key == header_of(heads[0][0], b"idempotency-key")
    assert caught.value.__context__ is None


@pytest.mark.parametrize(
    "fault", ["reset in the body", "garbage", "bad gzip", "429", "500", "an HTML 502"]
)
async def test_a_fault_that_passes_is_not_seen(fault, connect, no_waiting):
    faults = [FAULTS[fault]] * 2

    async def handle(stream):
        while True:
            await read_request(stream)
            if not faults:
                await stream.send(http_answer())
                continue
            sent, then, *_ = faults.pop()
            await stream.send(sent)
            if then != OPEN:
                return

    async with serving(handle) as url, connect(url) as client:
        assert "fca_1" == (await client.accounts.disconnect("fca_1")).id


async def test_informational_answers_are_passed_over(connect):
    async def handle(stream):
        await read_request(stream)
        await stream.send(
            b"HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n" + http_answer()
        )
        await stream.receive()

    async with serving(handle) as url, connect(url) as client:
        assert "fca_1" == (await client.accounts.retrieve("fca_1")).id


async def test_a_protocol_switch_is_an_error(connect):
    async def handle(stream):
        await read_request(stream)
        await stream.send(
            b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n"
        )
        await stream.receive()

    async with serving(handle) as url, connect(url, max_retries=0, timeout=2) as client:
        with pytest.raises((APIConnectionError, APIStatusError)):
            await client.accounts.retrieve("fca_1")


async def test_a_200_with_an_error_object_is_an_object_with_no_known_field(connect):
    async def handle(stream):
        await read_request(stream)
        await stream.send(http_answer(b'{"error": {"code": "x"}}'))
        await stream.receive()

    async with serving(handle) as url, connect(url) as client:
        account = await client.accounts.retrieve("fca_1")
    assert (None, {"error": {"code": "x"}}) == (account.id, account.extra)


async def test_an_answer_nobody_asked_for_is_given_to_nobody():
    """Two answers to one request, at once and late: the next request gets its own."""
    count = 0

    async def handle(stream):
        nonlocal count
        while True:
            await read_request(stream)
            count += 1
            mine = http_answer(b'{"id": "n%d"}' % count)
            await stream.send(mine + http_answer(b'{"id": "stray"}'))
            await anyio.wait_all_tasks_blocked()
            await stream.send(http_answer(b'{"id": "late stray"}'))

    async with (
        serving(handle) as url,
        AsyncClient(KEY, base_url=url, max_connections=1, max_retries=0) as client,
    ):
        for n in range(1, 20):
            assert f"n{n}" == (await client.accounts.retrieve("fca_1")).id
            await anyio.wait_all_tasks_blocked()


@pytest.mark.parametrize(
    "size", [16_384, 65_536], ids=["a TLS record", "all that is read at once"]
)
@pytest.mark.parametrize("is_secured", [True, False], ids=["https", "http"])
async def test_an_answer_nobody_asked_for_does_not_hide_below_the_parser(
    size, is_secured, authority, monkeypatch
):
    """The first answer ends where a record ends, or what is read at once; the stray one
    waits behind it.
    """
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(server)
    trusting = ssl.create_default_context()
    authority.configure_trust(trusting)
    monkeypatch.setattr(own_pool, "tls_context", lambda: trusting)

    def answer_of_that_size(name):
        padding = (
            size
            - len(http_answer(b'{"id": "%s"}' % name + b" " * (size - 200)))
            + size
            - 200
        )
        answer = http_answer(b'{"id": "%s"}' % name + b" " * padding)
        assert size == len(answer)
        return answer

    async def handle(stream):
        while True:
            head, _ = await read_request(stream)
            name = head.split(b" ")[1].rpartition(b"/")[2]
            await stream.send(
                answer_of_that_size(name) + http_answer(b'{"id": "stray"}')
            )

    async with (
        serving(handle, tls=server if is_secured else None) as url,
        AsyncClient(KEY, base_url=url, max_connections=1, max_retries=0) as client,
    ):
        for n in range(1, 10):
            assert f"n{n}" == (await client.accounts.retrieve(f"n{n}")).id


async def test_a_call_that_ends_in_the_tls_handshake_leaves_no_socket_open():
    greeted, closed = anyio.Event(), anyio.Event()

    async def handle(stream):
        with suppress(*GONE):
            while True:
                await stream.receive()
                greeted.set()
        closed.set()

    gc.disable()  # it would close the socket, some time
    try:
        async with (
            serving(handle) as url,
            AsyncClient(KEY, base_url=url.replace("http", "https")) as client,
        ):
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(client.accounts.retrieve, "fca_1")
                await greeted.wait()
                tasks.cancel_scope.cancel()
            with anyio.fail_after(5):
                await closed.wait()
    finally:
        gc.enable()


@pytest.mark.parametrize(
    "value", ["ftp://ada:hunter2@127.0.0.1:9", "socks4://ada:hunter2@127.0.0.1:9"]
)
@pytest.mark.parametrize("transport", ["httpx", "aiohttp"])
async def test_a_proxy_that_cannot_be_used_is_told_without_its_password(
    value, transport, anyio_backend, monkeypatch
):
    if anyio_backend == "trio":
        transport = "httpx"
    monkeypatch.setenv("HTTPS_PROXY", value)
    monkeypatch.delenv("NO_PROXY", raising=False)
    monkeypatch.delenv("no_proxy", raising=False)
    async with AsyncClient(
        KEY, base_url="https://stripe.example", transport=transport
    ) as client:
        with pytest.raises(
            ConfigurationError, match="^unsupported proxy URL in HTTPS_PROXY"
        ) as caught:
            await client.accounts.retrieve("fca_1")
    assert "hunter2" not in "".join(traceback.format_exception(caught.value))


async def test_a_proxy_without_a_scheme_is_an_http_proxy(monkeypatch):
    monkeypatch.setenv("HTTPS_PROXY", "127.0.0.1:9")
    monkeypatch.delenv("NO_PROXY", raising=False)
    monkeypatch.delenv("no_proxy", raising=False)
    proxy = environment_proxy("stripe.example", with_socks=True)
    assert ("http", "127.0.0.1", 9) == (
        proxy.url.scheme,
        proxy.url.host,
        proxy.url.port,
    )


@pytest.mark.parametrize("variable", ["SSL_CERT_FILE", "SSL_CERT_DIR"])
@pytest.mark.parametrize("transport", ["httpx", "aiohttp"])
async def test_certificates_that_are_not_there_are_named(
    variable, transport, anyio_backend, monkeypatch
):
    if anyio_backend == "trio":
        transport = "httpx"
    for name in ("SSL_CERT_FILE", "SSL_CERT_DIR"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv(variable, "/nowhere/ca.pem")
    startup.tls_context.cache_clear()
    try:
        async with AsyncClient(
            KEY, base_url="https://127.0.0.1:1", transport=transport, max_retries=0
        ) as client:
            # A folder is looked into when a server is to be verified.
            error_class = (
                ConfigurationError
                if variable == "SSL_CERT_FILE"
                else APIConnectionError
            )
            with pytest.raises(error_class) as caught:
                await client.accounts.retrieve("fca_1")
        assert variable != "SSL_CERT_FILE" or "SSL_CERT_FILE=/nowhere/ca.pem" in str(
            caught.value
        )
    finally:
        startup.tls_context.cache_clear()


async def test_a_kept_connection_closed_under_us_costs_nothing(connect):
    connections = 0

    async def handle(stream):
        nonlocal connections
        connections += 1
        await read_request(stream)
        await stream.send(http_answer())

    async with serving(handle) as url, connect(url, max_retries=0) as client:
        for _ in range(5):
            await client.accounts.retrieve("fca_1")
            await anyio.wait_all_tasks_blocked()
    assert 5 == connections


@pytest.mark.parametrize(
    "start",
    [b"", b"HTTP/1.1 200 OK\r\n", b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n"],
)
async def test_a_server_that_falls_silent_is_a_timeout(start, connect):
    async def handle(stream):
        await read_request(stream)
        await stream.send(start)
        await anyio.sleep_forever()

    async with (
        serving(handle) as url,
        connect(url, timeout=0.1, max_retries=0) as client,
    ):
        with pytest.raises(APITimeoutError):
            await client.accounts.retrieve("fca_1")


@cache
def gzip_bomb():
    return gzip.compress(b" " * 200_000_000)


async def test_a_gzip_bomb_does_not_go_off(connect):
    bomb = gzip_bomb()

    async def handle(stream):
        await read_request(stream)
        await stream.send(http_answer(bomb, headers=b"Content-Encoding: gzip\r\n"))
        await stream.receive()

    async with serving(handle) as url, connect(url) as client:
        tracemalloc.start()
        try:
            with pytest.raises(APIResponseError, match="larger than 32 MiB"):
                await client.accounts.retrieve("fca_1")
            assert tracemalloc.get_traced_memory()[1] < 80_000_000
        finally:
            tracemalloc.stop()


async def test_an_endless_body_is_cut_off(connect):
    async def handle(stream):
        await read_request(stream)
        await stream.send(b"HTTP/1.1 200 OK\r\nContent-Length: 524288000\r\n\r\n")
        while True:
            await stream.send(b" " * 1_000_000)

    async with serving(handle) as url, connect(url) as client:
        with pytest.raises(APIResponseError, match="larger than 32 MiB"):
            await client.accounts.retrieve("fca_1")


@pytest.fixture(scope="module")
def authority():
    return trustme.CA()


@pytest.mark.parametrize("case", ["stranger", "wrong host", "expired"])
async def test_a_certificate_that_does_not_hold_is_refused_once(
    case, authority, monkeypatch
):
    yesterday = datetime.now(UTC) - timedelta(days=1)
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    name = "other.example" if case == "wrong host" else "127.0.0.1"
    expiry = {"not_after": yesterday} if case == "expired" else {}
    authority.issue_cert(name, **expiry).configure_cert(server)
    trusting = ssl.create_default_context()
    if case != "stranger":
        authority.configure_trust(trusting)
    monkeypatch.setattr(own_pool, "tls_context", lambda: trusting)

    async with (
        serving(read_request, tls=server) as url,
        AsyncClient(KEY, base_url=url) as client,
    ):
        with pytest.raises(
            APIConnectionError, match="CERTIFICATE_VERIFY_FAILED"
        ) as caught:
            await client.accounts.retrieve("fca_1")
    assert (1, False) == (caught.value.attempts, caught.value.retryable)


async def test_a_certificate_that_holds_is_accepted(authority, monkeypatch):
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(server)
    trusting = ssl.create_default_context()
    authority.configure_trust(trusting)
    monkeypatch.setattr(own_pool, "tls_context", lambda: trusting)

    async def handle(stream):
        while True:
            await read_request(stream)
            await stream.send(http_answer())

    async with (
        serving(handle, tls=server) as url,
        AsyncClient(KEY, base_url=url) as client,
    ):
        for _ in range(3):
            assert "fca_1" == (await client.accounts.retrieve("fca_1")).id


def test_tls_is_verified_unless_a_client_of_ones_own_says_otherwise():
    assert ssl.CERT_REQUIRED == startup.tls_context().verify_mode
    assert startup.tls_context().check_hostname


@pytest.mark.parametrize("library", [httpx, httpx2])
def test_every_exception_of_the_library_is_mapped(library):
    found = [
        value
        for value in vars(library).values()
        if isinstance(value, type)
        and issubclass(value, library.RequestError)
        and value is not library.RequestError
    ]
    assert len(found) > 10
    lost = {
        library.UnsupportedProtocol,
        library.DecodingError,
        library.TooManyRedirects,
    }
    for kind in found:
        failure = no_response_from(kind("x"), library)
        assert issubclass(kind, library.TimeoutException) == failure.timed_out
        assert (
            issubclass(kind, library.TransportError) and kind not in lost
        ) == failure.retryable, kind


async def test_a_thousand_calls_over_a_hundred_connections_get_their_own_answers():
    async def handle(stream):
        while True:
            head, _ = await read_request(stream)
            path = head.split(b" ")[1].rpartition(b"/")[2]
            key = header_of(head, b"authorization").encode()
            await stream.send(http_answer(b'{"id": "%s", "key": "%s"}' % (path, key)))

    async def ask(client, key, n):
        account = await client.accounts.retrieve(f"fca_{n}")
        assert (f"fca_{n}", f"Bearer {key}") == (account.id, account.extra["key"])

    async with (
        serving(handle) as url,
        AsyncClient("sk_test_1", base_url=url, max_connections=50) as one,
        AsyncClient("sk_test_2", base_url=url, max_connections=50) as two,
        anyio.create_task_group() as tasks,
    ):
        for n in range(500):
            tasks.start_soon(ask, one, "sk_test_1", n)
            tasks.start_soon(ask, two, "sk_test_2", n)


async def test_two_hundred_rounds_of_cancelled_calls_leave_the_client_as_good_as_new():
    answering = False

    async def handle(stream):
        while True:
            await read_request(stream)
            if not answering:
                await anyio.sleep_forever()
            await stream.send(http_answer())

    async with (
        serving(handle) as url,
        AsyncClient(KEY, base_url=url, max_connections=5) as client,
    ):
        for turn in range(200):
            async with anyio.create_task_group() as tasks:
                for _ in range(10):
                    tasks.start_soon(client.accounts.retrieve, "fca_1")
                # Cancelled while they wait, connect, write or read, as the round has
                # it.
                for _ in range(turn % 20):
                    await anyio.lowlevel.checkpoint()
                tasks.cancel_scope.cancel()
        answering = True
        with anyio.fail_after(20):
            async with anyio.create_task_group() as tasks:
                for _ in range(10):
                    tasks.start_soon(client.accounts.retrieve, "fca_1")


async def test_a_closed_client_says_so():
    client = AsyncClient(KEY)
    await client.aclose()
    await client.aclose()
    with pytest.raises(_settings.ConfigurationError, match="closed"):
        await client.accounts.retrieve("fca_1")
    with pytest.raises(_settings.ConfigurationError, match="closed"):
        await client.with_options(max_retries=0).accounts.retrieve("fca_1")


@pytest.mark.parametrize("first", ["asyncio", "trio"])
@pytest.mark.parametrize("second", ["asyncio", "trio"])
def test_a_client_in_a_second_event_loop_says_so(first, second):
    client = AsyncClient(KEY, base_url="http://127.0.0.1:1", max_retries=0)

    async def use():
        await client.accounts.retrieve("fca_1")

    with pytest.raises(APIConnectionError):
        anyio.run(use, backend=first)
    with pytest.raises(_settings.ConfigurationError, match="another event loop"):
        anyio.run(use, backend=second)
