import gc
import logging
import socket
import ssl
import subprocess
import sys
import traceback
import warnings
from contextlib import asynccontextmanager

import anyio
import httpx
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
    DeadlineExceededError,
    InvalidArgumentError,
    NotFoundError,
    PaginationError,
    RateLimitError,
    RequestOptions,
    ServerError,
)
from financial_connections._transport import pool as own_pool
from financial_connections._transport import startup
from financial_connections.events import RequestFinished
from tests.support.samples import ACCOUNT, TRANSACTION, list_of
from tests.support.servers import http_answer, read_request, serving

KEY = "sk_test_51H8supersecret"


@asynccontextmanager
async def client_talking_to(handler, **settings):
    async with (
        httpx.AsyncClient(transport=httpx.MockTransport(handler)) as http_client,
        AsyncClient(KEY, http_client=http_client, **settings) as client,
    ):
        yield client


def answering(*answers):
    """A server that gives `answers` one after the other, and the requests that it got."""
    left, requests = list(answers), []

    def stripe(request):
        requests.append(request)
        answer = left.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    return stripe, requests


def ok(**headers):
    return httpx.Response(200, json=ACCOUNT, headers=headers)


def refusal(status, headers=None, **error):
    return httpx.Response(
        status, json={"error": error}, headers={"Request-Id": "req_1"} | (headers or {})
    )


async def test_a_retried_post_keeps_its_idempotency_key_and_everything_else(no_waiting):
    stripe, requests = answering(refusal(500), httpx.ReadError("reset"), ok())
    async with client_talking_to(stripe) as client:
        await client.accounts.refresh("fca_1", features=["balance"])
    assert 3 == len(requests)
    assert 1 == len({request.headers["Idempotency-Key"] for request in requests})
    assert 1 == len(
        {(str(r.url), r.content, tuple(r.headers.multi_items())) for r in requests}
    )
    assert 2 == len(no_waiting)


async def test_every_post_has_a_key_of_its_own(no_waiting):
    stripe, requests = answering(ok(), ok())
    async with client_talking_to(stripe) as client:
        await client.accounts.disconnect("fca_1")
        await client.accounts.disconnect("fca_1")
    assert 2 == len({request.headers["Idempotency-Key"] for request in requests})


@pytest.mark.parametrize(
    "failure",
    [
        *[refusal(status) for status in (429, 500, 502, 503, 504, 520)],
        refusal(409, code="lock_timeout"),
        refusal(409, code="idempotency_key_in_use"),
        refusal(400, {"Stripe-Should-Retry": "true"}),
        *[
            kind("x")
            for kind in (
                httpx.ConnectError,
                httpx.ReadError,
                httpx.WriteError,
                httpx.CloseError,
            )
        ],
        *[
            kind("x")
            for kind in (
                httpx.ConnectTimeout,
                httpx.ReadTimeout,
                httpx.WriteTimeout,
                httpx.PoolTimeout,
            )
        ],
        httpx.RemoteProtocolError("x"),
        httpx.ProxyError("x"),
    ],
    ids=lambda failure: (
        failure.status_code
        if isinstance(failure, httpx.Response)
        else type(failure).__name__
    ),
)
async def test_what_may_pass_is_tried_again(failure, no_waiting):
    stripe, requests = answering(failure, ok())
    async with client_talking_to(stripe) as client:
        assert (
            "fca_1MwVK82eZvKYlo2Cjw8FMxXf"
            == (await client.accounts.retrieve("fca_1")).id
        )
    assert 2 == len(requests)
    assert 0 <= no_waiting[0] <= 1.5


@pytest.mark.parametrize(
    "failure",
    [
        *[refusal(status) for status in (302, 400, 401, 402, 403, 404, 409)],
        refusal(500, {"Stripe-Should-Retry": "false"}),
        refusal(429, {"Retry-After": "61"}),
        httpx.UnsupportedProtocol("x"),
    ],
    ids=lambda failure: (
        failure.status_code
        if isinstance(failure, httpx.Response)
        else type(failure).__name__
    ),
)
async def test_what_will_not_pass_is_not_tried_again(failure, no_waiting):
    stripe, requests = answering(failure)
    async with client_talking_to(stripe) as client:
        with pytest.raises((APIStatusError, APIConnectionError)) as caught:
            await client.accounts.retrieve("fca_1")
    assert (1, 1, []) == (len(requests), caught.value.attempts, no_waiting)


async def test_a_certificate_that_does_not_verify_is_not_tried_again(no_waiting):
    failure = httpx.ConnectError("certificate verify failed")
    failure.__cause__ = ssl.SSLCertVerificationError("certificate verify failed")
    stripe, requests = answering(failure)
    async with client_talking_to(stripe) as client:
        with pytest.raises(
            APIConnectionError, match="certificate verify failed"
        ) as caught:
            await client.accounts.retrieve("fca_1")
    assert (1, False) == (len(requests), caught.value.retryable)


async def test_a_programming_error_is_neither_caught_nor_tried_again(no_waiting):
    stripe, requests = answering(ZeroDivisionError())
    async with client_talking_to(stripe) as client:
        with pytest.raises(ZeroDivisionError):
            await client.accounts.retrieve("fca_1")
    assert 1 == len(requests)


@pytest.mark.parametrize("retries", [0, 1, 4])
async def test_retries_end(retries, no_waiting):
    stripe, requests = answering(*[refusal(503)] * 10)
    async with client_talking_to(stripe) as client:
        with pytest.raises(ServerError) as caught:
            await client.accounts.retrieve(
                "fca_1", options=RequestOptions(max_retries=retries)
            )
    assert retries + 1 == len(requests) == caught.value.attempts
    assert caught.value.retryable


async def test_retry_after_is_waited_for(no_waiting):
    stripe, _ = answering(refusal(429, {"Retry-After": "7"}), ok())
    async with client_talking_to(stripe) as client:
        await client.accounts.retrieve("fca_1")
    assert 7 <= no_waiting[0] <= 8


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (refusal(401), AuthenticationError),
        (refusal(404, code="resource_missing"), NotFoundError),
        (refusal(409), ConflictError),
        (refusal(429), RateLimitError),
        (
            refusal(400, code="financial_connections_account_inactive"),
            AccountInactiveError,
        ),
    ],
)
async def test_a_refusal_is_a_typed_error_that_knows_its_call(answer, expected):
    stripe, requests = answering(answer)
    async with client_talking_to(stripe, max_retries=0) as client:
        with pytest.raises(expected) as caught:
            await client.accounts.disconnect("fca_1")
    assert "req_1" == caught.value.request_id
    assert requests[0].headers["idempotency-key"] == caught.value.idempotency_key


@pytest.mark.parametrize("content", [b"[]", b"null", b"5", b'"text"'])
async def test_json_of_another_form_is_an_error_with_the_request_id(content):
    answer = httpx.Response(
        200,
        content=content,
        headers={"Request-Id": "req_1", "Content-Type": "text/html"},
    )
    stripe, requests = answering(answer)
    async with client_talking_to(stripe) as client:
        with pytest.raises(APIResponseError, match="req_1") as caught:
            await client.accounts.retrieve("fca_1")
    assert ("req_1", 200, 1) == (
        caught.value.request_id,
        caught.value.status,
        len(requests),
    )
    assert not caught.value.retryable


@pytest.mark.parametrize("content", [b"", b"<html>", b'{"id": "x"', b"\xff\xfe"])
@pytest.mark.parametrize("name", ["retrieve", "disconnect"])
async def test_a_2xx_that_is_not_json_is_retried_and_then_an_error_with_the_request_id(
    content, name, no_waiting
):
    answer = httpx.Response(
        200,
        content=content,
        headers={"Request-Id": "req_1", "Content-Type": "text/html"},
    )
    stripe, requests = answering(answer, answer, answer)
    events = []
    async with client_talking_to(stripe, on_event=events.append) as client:
        with pytest.raises(APIResponseError, match="req_1") as caught:
            await getattr(client.accounts, name)("fca_1")
    assert ("req_1", 200, 3) == (
        caught.value.request_id,
        caught.value.status,
        len(requests),
    )
    assert (3, True) == (caught.value.attempts, caught.value.retryable)
    assert 1 == len({request.headers.get("Idempotency-Key") for request in requests})
    finished = [event for event in events if isinstance(event, RequestFinished)]
    assert [(200, "req_1", "APIResponseError")] * 3 == [
        (e.status, e.request_id, e.error) for e in finished
    ]


async def test_a_2xx_that_is_not_json_is_forgotten_when_the_next_one_is(no_waiting):
    stripe, requests = answering(httpx.Response(200, content=b"<html>"), ok())
    async with client_talking_to(stripe) as client:
        assert (
            "fca_1MwVK82eZvKYlo2Cjw8FMxXf"
            == (await client.accounts.retrieve("fca_1")).id
        )
    assert 2 == len(requests)


async def test_a_list_without_data_is_an_error():
    stripe, _ = answering(httpx.Response(200, json={"object": "list"}))
    async with client_talking_to(stripe) as client:
        with pytest.raises(APIResponseError, match="without data"):
            await client.accounts.list()


@pytest.mark.parametrize("cursor", ["", " ", "a\x00b", "a\u00a0b", 5, ["a"]])
async def test_an_id_that_cannot_be_a_cursor_is_the_servers_fault(cursor):
    page = list_of(
        dict(TRANSACTION, id="fctxn_1"), dict(TRANSACTION, id=cursor), has_more=True
    )
    stripe, requests = answering(httpx.Response(200, json=page))
    async with client_talking_to(stripe) as client:
        with pytest.raises(PaginationError):
            async for _ in client.transactions.list(account="fca_1"):
                pass
    assert 1 == len(requests)


async def test_filters_expand_and_options_hold_on_every_page():
    first, last = (dict(TRANSACTION, id=f"fctxn_{n}") for n in (1, 2))
    pages = [
        httpx.Response(200, json=list_of(first, has_more=True)),
        httpx.Response(200, json=list_of(last)),
    ]
    stripe, requests = answering(*pages)
    options = RequestOptions(stripe_account="acct_1")
    async with client_talking_to(stripe) as client:
        pager = client.transactions.list(
            account="fca_1", transacted_at={"gte": 1}, options=options
        )
        assert ["fctxn_1", "fctxn_2"] == [transaction.id async for transaction in pager]
    assert ["acct_1"] * 2 == [request.headers["stripe-account"] for request in requests]
    asked = [dict(request.url.params) for request in requests]
    assert {"account": "fca_1", "transacted_at[gte]": "1", "limit": "100"} == asked[0]
    assert asked[0] | {"starting_after": "fctxn_1"} == asked[1]


async def test_the_url_in_a_body_is_not_followed():
    pages = [
        list_of(ACCOUNT, has_more=True, url="https://evil.example/v1/accounts"),
        list_of(ACCOUNT | {"id": "b"}),
    ]
    stripe, requests = answering(*[httpx.Response(200, json=page) for page in pages])
    async with client_talking_to(stripe) as client:
        assert 2 == len(await client.accounts.list().collect(max_items=5))
    assert {"api.stripe.com"} == {request.url.host for request in requests}


async def test_a_view_has_its_own_settings_and_shares_the_connections():
    stripe, requests = answering(ok(), ok(), ok())
    async with client_talking_to(stripe, stripe_account="acct_1") as client:
        view = client.with_options(stripe_account="acct_2", api_key="rk_test_2")
        await view.accounts.retrieve("fca_1")
        await client.accounts.retrieve("fca_1")
        await client.with_options(stripe_account=None).accounts.retrieve("fca_1")
    assert ["acct_2", "acct_1", None] == [
        request.headers.get("stripe-account") for request in requests
    ]
    assert f"Bearer {KEY}" == requests[1].headers["authorization"]
    assert view._transport.backend is client._transport.backend
    with pytest.raises(TypeError):
        client.with_options(max_connections=3)


async def test_a_callers_client_is_neither_changed_nor_closed_nor_mixed_in():
    def stripe(request):
        assert "x-own" not in request.headers
        assert "other" != request.headers["authorization"]
        assert "https://api.stripe.com/v1/financial_connections/accounts/fca_1" == str(
            request.url
        )
        return httpx.Response(307, headers={"Location": "https://evil.example"})

    http_client = httpx.AsyncClient(
        transport=httpx.MockTransport(stripe),
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


async def test_one_debug_line_an_attempt_tells_all_but_secrets(no_waiting, caplog):
    caplog.set_level(logging.DEBUG, logger="financial_connections")
    stripe, _ = answering(
        refusal(500), httpx.ReadError("x"), ok(**{"Request-Id": "req_2"})
    )
    async with client_talking_to(stripe) as client:
        await (
            client.accounts.list(account_holder={"customer": "cus_secret"})
            .take(0)
            .collect(max_items=0)
        )
        await client.accounts.refresh("fca_1", features=["balance"])
    lines = [
        record.getMessage()
        for record in caplog.records
        if record.name == "financial_connections"
    ]
    assert 3 == len(lines)
    path = "POST /v1/financial_connections/accounts/fca_1/refresh"
    assert lines[0].startswith(f"{path} -> 500, request req_1, attempt 1, ")
    assert lines[1].startswith(f"{path} -> no response, request None, attempt 2, ")
    assert lines[2].startswith(f"{path} -> 200, request req_2, attempt 3, ")
    assert KEY not in "".join(lines)


def everything_printed(error):
    """Return the texts of an error and of the errors that led to it."""
    texts, queue = [], [error]
    while queue:
        current = queue.pop()
        if current is not None:
            queue += [current.__cause__, current.__context__]
            texts += [repr(current), str(current), repr(vars(current))]
    return "\n".join([*texts, *traceback.format_exception(error)])


@pytest.mark.parametrize(
    "answer", [refusal(401), refusal(500), httpx.ReadError("x"), httpx.Response(200)]
)
async def test_no_traceback_shows_the_key(answer, no_waiting):
    stripe, _ = answering(*[answer] * 3)
    async with client_talking_to(stripe) as client:
        with pytest.raises(
            (APIStatusError, APIConnectionError, APIResponseError)
        ) as caught:
            await client.accounts.refresh("fca_1", features=["balance"])
    assert caught.value.__cause__ is None
    assert caught.value.__context__ is None
    assert KEY not in everything_printed(caught.value)


# -- over real sockets -----------------------------------------------------------------


async def test_an_empty_post_is_still_a_form():
    heads = []

    async def handle(stream):
        async with stream:
            heads.append(await read_request(stream))
            await stream.send(http_answer())

    async with serving(handle) as url, AsyncClient(KEY, base_url=url) as client:
        await client.accounts.disconnect("fca_1")
    head, body = heads[0]
    assert head.startswith(
        b"POST /v1/financial_connections/accounts/fca_1/disconnect HTTP/1.1\r\n"
    )
    assert b"content-length: 0" in head.lower().split(b"\r\n")
    assert b"content-type: application/x-www-form-urlencoded" in head.lower().split(
        b"\r\n"
    )
    assert b"" == body


async def test_an_id_arrives_percent_encoded():
    heads = []

    async def handle(stream):
        async with stream:
            heads.append((await read_request(stream))[0])
            await stream.send(http_answer())

    async with (
        serving(handle) as url,
        AsyncClient(KEY, base_url=url + "/prefix/") as client,
    ):
        await client.accounts.retrieve("a/../b?c#d%41 ü")
    assert heads[0].startswith(
        b"GET /prefix/v1/financial_connections/accounts/a%2F..%2Fb%3Fc%23d%2541%20%C3%BC HTTP/1.1\r\n"
    )


async def test_connections_are_kept_and_used_again():
    connections = 0

    async def handle(stream):
        nonlocal connections
        connections += 1
        async with stream:
            while True:
                try:
                    await read_request(stream)
                except (anyio.EndOfStream, anyio.BrokenResourceError):
                    return
                await stream.send(http_answer())

    async with serving(handle) as url, AsyncClient(KEY, base_url=url) as client:
        for _ in range(5):
            await client.accounts.retrieve("fca_1")
    assert 1 == connections


async def test_no_more_connections_are_opened_than_allowed():
    now = most = 0

    async def handle(stream):
        nonlocal now, most
        now += 1
        most = max(now, most)
        async with stream:
            try:
                while True:
                    await read_request(stream)
                    await anyio.wait_all_tasks_blocked()
                    await stream.send(http_answer())
            except (anyio.EndOfStream, anyio.BrokenResourceError):
                now -= 1

    async with (
        serving(handle) as url,
        AsyncClient(KEY, base_url=url, max_connections=3) as client,
        anyio.create_task_group() as tasks,
    ):
        for _ in range(20):
            tasks.start_soon(client.accounts.retrieve, "fca_1")
    assert 3 == most


async def test_an_attempt_that_trickles_in_ends_at_its_timeout():
    async def handle(stream):
        async with stream:
            await read_request(stream)
            await stream.send(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
            while True:
                await stream.send(b" ")
                await anyio.sleep(0.02)

    async with (
        serving(handle) as url,
        AsyncClient(KEY, base_url=url, timeout=0.2, max_retries=0) as client,
    ):
        with pytest.raises(APITimeoutError, match=r"took longer than 0\.2 s"):
            await client.accounts.retrieve("fca_1")


async def test_a_deadline_bounds_attempts_and_waits_together():
    async def handle(stream):
        async with stream:
            await read_request(stream)
            await anyio.sleep_forever()

    async with (
        serving(handle) as url,
        AsyncClient(KEY, base_url=url, timeout=0.1, max_retries=50) as client,
    ):
        started = anyio.current_time()
        with pytest.raises((DeadlineExceededError, APITimeoutError)) as caught:
            await client.accounts.disconnect(
                "fca_1", options=RequestOptions(deadline=0.35)
            )
        assert anyio.current_time() - started < 3
    assert caught.value.attempts >= 1
    assert caught.value.idempotency_key


async def test_a_wait_that_outlasts_the_deadline_gives_the_error_in_hand(no_waiting):
    stripe, requests = answering(refusal(429, {"Retry-After": "7"}))
    async with client_talking_to(stripe, deadline=5) as client:
        with pytest.raises(RateLimitError) as caught:
            await client.accounts.retrieve("fca_1")
    assert (7, 1, []) == (caught.value.retry_after, len(requests), no_waiting)


async def test_a_cancelled_call_leaves_the_client_as_good_as_new():
    release = anyio.Event()

    async def handle(stream):
        async with stream:
            try:
                while True:
                    await read_request(stream)
                    await release.wait()
                    await stream.send(http_answer())
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
        with anyio.fail_after(10):
            async with anyio.create_task_group() as tasks:
                for _ in range(10):
                    tasks.start_soon(client.accounts.retrieve, "fca_1")


async def test_a_connection_cut_in_the_middle_is_tried_again_on_another(no_waiting):
    answers = [http_answer()[:-5], b"", http_answer()]

    async def handle(stream):
        async with stream:
            await read_request(stream)
            await stream.send(answers.pop(0) or b"garbage\r\n\r\n")

    async with serving(handle) as url, AsyncClient(KEY, base_url=url) as client:
        assert "fca_1" == (await client.accounts.retrieve("fca_1")).id
    assert [] == answers


async def test_a_server_that_is_not_there_is_a_connection_error(no_waiting):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        async with AsyncClient(
            KEY, base_url=f"http://127.0.0.1:{taken.getsockname()[1]}"
        ) as client:
            with pytest.raises(APIConnectionError, match="ConnectError") as caught:
                await client.accounts.disconnect("fca_1")
    assert (3, True) == (caught.value.attempts, caught.value.retryable)
    assert caught.value.idempotency_key
    assert KEY not in everything_printed(caught.value)


async def test_closing_leaves_no_socket_behind():
    async def handle(stream):
        async with stream:
            await read_request(stream)
            await stream.send(http_answer())
            await anyio.sleep_forever()

    async with serving(handle) as url:
        async with AsyncClient(KEY, base_url=url) as client:
            await client.accounts.retrieve("fca_1")
        gc.collect()  # an unclosed socket would warn, and warnings are errors here


# -- what went wrong once --------------------------------------------------------------


@pytest.mark.parametrize("transport", ["httpx", "aiohttp"])
async def test_a_connection_is_not_used_for_another_origin(
    transport, anyio_backend, no_waiting
):
    """One call to http on loopback must not leave a connection that an https call goes
    over unverified.
    """
    if anyio_backend == "trio":
        transport = "httpx"
    answered = []
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    trustme.CA().issue_cert("other.example").configure_cert(server)

    async def handle(stream):
        while True:
            await read_request(stream)
            answered.append(True)
            await stream.send(http_answer())

    async with serving(handle) as plain, serving(handle, tls=server) as secured:
        async with AsyncClient(KEY, base_url=plain, transport=transport) as client:
            await client.accounts.retrieve("fca_1")
            with pytest.raises(
                APIConnectionError, match="CERTIFICATE_VERIFY_FAILED|certificate"
            ):
                await client.with_options(base_url=secured).accounts.retrieve("fca_1")
    assert [True] == answered


async def test_connections_that_nobody_needs_any_more_are_closed(monkeypatch):
    now = 0
    opened = 0

    async def handle(stream):
        nonlocal now, opened
        now, opened = now + 1, opened + 1
        try:
            while True:
                await read_request(stream)
                await anyio.wait_all_tasks_blocked()
                await stream.send(http_answer())
        finally:
            now -= 1

    async with serving(handle) as url, AsyncClient(KEY, base_url=url) as client:
        async with anyio.create_task_group() as tasks:
            for _ in range(20):
                tasks.start_soon(client.accounts.retrieve, "fca_1")
        assert 20 == now
        monkeypatch.setattr(own_pool, "IDLE_SECONDS", -1)
        await client.accounts.retrieve("fca_1")
        await anyio.wait_all_tasks_blocked()
        assert 1 == now
    assert 21 == opened


async def test_waiting_for_a_connection_is_no_part_of_an_attempt():
    async def handle(stream):
        while True:
            await read_request(stream)
            await anyio.sleep(0.03)
            await stream.send(http_answer())

    async with (
        serving(handle) as url,
        AsyncClient(
            KEY, base_url=url, max_connections=1, timeout=0.2, max_retries=0
        ) as client,
        anyio.create_task_group() as tasks,
    ):
        for _ in range(15):
            tasks.start_soon(client.accounts.retrieve, "fca_1")


async def test_a_list_keeps_the_filter_it_was_asked_for():
    stripe, requests = answering(*[httpx.Response(200, json=list_of())] * 2)
    holder = {}
    async with client_talking_to(stripe) as client:
        pagers = []
        for customer in ("cus_1", "cus_2"):
            holder["customer"] = customer
            pagers.append(client.accounts.list(account_holder=holder))
        for pager in pagers:
            await pager
    assert ["cus_1", "cus_2"] == [
        request.url.params["account_holder[customer]"] for request in requests
    ]


async def test_a_url_too_long_for_a_server_is_refused(httpx_mock):
    async with AsyncClient(KEY) as client:
        with pytest.raises(InvalidArgumentError, match="16384 characters"):
            await client.accounts.list(session="x" * 70_000)
        with pytest.raises(InvalidArgumentError, match="16384 characters"):
            await client.accounts.retrieve("x" * 70_000)


async def test_a_hook_of_the_callers_client_may_raise_for_a_status(no_waiting):
    async def hook(response):
        response.raise_for_status()

    transport = httpx.MockTransport(lambda _: refusal(404, code="resource_missing"))
    async with httpx.AsyncClient(
        transport=transport, event_hooks={"response": [hook]}
    ) as http_client:
        client = AsyncClient(KEY, http_client=http_client)
        with pytest.raises(NotFoundError) as caught:
            await client.accounts.retrieve("fca_1")
    assert KEY not in everything_printed(caught.value)


@pytest.mark.parametrize(
    "failure", [OSError("x"), anyio.ClosedResourceError(), anyio.BrokenResourceError()]
)
async def test_a_socket_closed_elsewhere_is_a_connection_error(failure, no_waiting):
    stripe, requests = answering(failure, ok())
    async with client_talking_to(stripe) as client:
        await client.accounts.retrieve("fca_1")
    assert 2 == len(requests)


async def test_a_cancelled_attempt_is_told_of_too():
    events = []

    async def handle(stream):
        await read_request(stream)
        await anyio.sleep_forever()

    async with (
        serving(handle) as url,
        AsyncClient(KEY, base_url=url, on_event=events.append) as client,
    ):
        with pytest.raises(DeadlineExceededError):
            await client.accounts.retrieve(
                "fca_1", options=RequestOptions(deadline=0.1)
            )
    assert ["RequestStarted", "RequestFinished"] == [
        type(event).__name__ for event in events
    ]
    assert "DeadlineExceededError" == events[1].error


@pytest.mark.parametrize("first", ["asyncio", "trio"])
@pytest.mark.parametrize("second", ["asyncio", "trio"])
def test_a_rate_limited_client_in_a_second_event_loop_says_so(first, second):
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


async def test_closing_a_view_closes_nothing():
    stripe, requests = answering(ok(), ok())
    async with client_talking_to(stripe) as client:
        async with client.with_options(max_retries=0) as view:
            await view.accounts.retrieve("fca_1")
        await client.accounts.retrieve("fca_1")
    assert 2 == len(requests)


async def test_a_notice_does_not_cost_the_answer_where_warnings_are_errors(caplog):
    stripe, _ = answering(ok(**{"Stripe-Notice": "upgrade"}))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        async with client_talking_to(stripe) as client:
            assert (
                "fca_1MwVK82eZvKYlo2Cjw8FMxXf"
                == (await client.accounts.disconnect("fca_1")).id
            )
    assert ["Stripe says: upgrade"] == [
        record.getMessage() for record in caplog.records
    ]


async def test_a_request_id_of_any_length_is_short_and_printable():
    answer = httpx.Response(
        200, content=b"[", headers={b"Request-Id": b"req_\x9b" + b"x" * 40_000}
    )
    stripe, _ = answering(answer)
    async with client_talking_to(stripe, max_retries=0) as client:
        with pytest.raises(APIResponseError) as caught:
            await client.accounts.retrieve("fca_1")
    assert str(caught.value).isprintable()
    assert len(str(caught.value)) < 500


# -- the first call --------------------------------------------------------------------


def test_the_first_call_loads_httpx_and_the_certificates_beside_the_event_loop():
    program = (
        "import sys, threading, anyio\n"
        "from importlib.abc import MetaPathFinder\n"
        "from financial_connections import APIConnectionError, AsyncClient\n"
        "class Watch(MetaPathFinder):\n"
        "    def find_spec(self, name, path, target=None):\n"
        "        if name == 'httpcore': print(threading.current_thread() is threading.main_thread())\n"
        "sys.meta_path.insert(0, Watch())\n"
        "async def main():\n"
        "    async with AsyncClient('sk_test_1', base_url='https://127.0.0.1:1', max_retries=0) as client:\n"
        "        try: await client.accounts.retrieve('fca_1')\n"
        "        except APIConnectionError as error: print(error.attempts)\n"
        "anyio.run(main)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert ["False", "1"] == done.stdout.split()


FIRST_CALLS = """
import ssl, sys, threading, anyio
from importlib.abc import MetaPathFinder
from anyio import from_thread, to_thread
from financial_connections import APIConnectionError, AsyncClient, DeadlineExceededError

contexts, gate = [], threading.Event()
real = ssl.create_default_context
ssl.create_default_context = lambda **kwargs: contexts.append(1) or real(**kwargs)

class Gate(MetaPathFinder):
    def find_spec(self, name, path, target=None):
        if name == "httpcore": gate.wait(30)

async def retrieve(client):
    try: await client.accounts.retrieve("fca_1")
    except APIConnectionError: pass

async def main():
    async with AsyncClient("sk_test_1", base_url="https://127.0.0.1:1", max_retries=0) as client:
        with anyio.fail_after(20):
            await check(client)
"""


@pytest.mark.parametrize("backend", ["asyncio", "trio"])
@pytest.mark.parametrize(
    ("check", "said"),
    [
        # Many at once.
        (
            (
                "    gate.set()\n"
                "    async with anyio.create_task_group() as tasks:\n"
                "        for _ in range(30): tasks.start_soon(retrieve, client)\n"
                "    print(len(contexts))"
            ),
            "1",
        ),
        # From a thread that has the only token of the common limiter.
        (
            (
                "    gate.set()\n"
                "    to_thread.current_default_thread_limiter().total_tokens = 1\n"
                "    await to_thread.run_sync(lambda: from_thread.run(retrieve, client))\n"
                "    print('done')"
            ),
            "done",
        ),
        # While loading takes longer than the deadline.
        (
            (
                "    sys.meta_path.insert(0, Gate())\n"
                "    try: await client.with_options(deadline=0.05).accounts.retrieve('fca_1')\n"
                "    except DeadlineExceededError: print('bounded', gate.is_set())\n"
                "    gate.set()"
            ),
            "bounded False",
        ),
    ],
    ids=["at once", "from a thread", "with a deadline"],
)
def test_loading_is_done_once_and_holds_up_nothing(check, said, backend):
    program = f"{FIRST_CALLS}\nasync def check(client):\n{check}\nanyio.run(main, backend={backend!r})\n"
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=False
    )
    assert (0, said) == (done.returncode, done.stdout.strip()), done.stderr


@pytest.mark.parametrize("variable", ["SSL_CERT_FILE", "SSL_CERT_DIR"])
def test_the_authorities_are_those_that_the_environment_names(
    variable, tmp_path, monkeypatch
):
    authority = trustme.CA()
    authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    for name in ("SSL_CERT_FILE", "SSL_CERT_DIR"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv(
        variable, str(tmp_path / "ca.pem" if variable == "SSL_CERT_FILE" else tmp_path)
    )
    context = startup.tls_context.__wrapped__()
    assert ssl.CERT_REQUIRED == context.verify_mode
    # Those in a folder are read when a server is to be verified.
    assert (1 if variable == "SSL_CERT_FILE" else 0) == len(context.get_ca_certs())
