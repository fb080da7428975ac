"""Certificates and TLS handshakes."""

import gc
import ssl
from contextlib import suppress
from datetime import UTC, datetime, timedelta

import anyio
import pytest
import trustme

from financial_connections import (
    APIConnectionError,
    AsyncClient,
)
from financial_connections._transport import pool as own_pool
from financial_connections._transport import startup
from tests.support.servers import (
    GONE,
    http_response,
    read_request,
    serving,
)

KEY = "sk_test_51H8supersecret"


@pytest.fixture(scope="module")
def authority():
    return trustme.CA()


@pytest.mark.parametrize("case", ["unknown authority", "wrong host", "expired"])
async def test_an_invalid_certificate_is_rejected_without_retry(
    case, authority, monkeypatch
):
    yesterday = datetime.now(UTC) - timedelta(days=1)
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    name = "other.example" if case == "wrong host" else "127.0.0.1"
    expiry = {"not_after": yesterday} if case == "expired" else {}
    authority.issue_cert(name, **expiry).configure_cert(server)
    trusting = ssl.create_default_context()
    if case != "unknown authority":
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


async def test_a_valid_certificate_is_accepted(authority, monkeypatch):
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(server)
    trusting = ssl.create_default_context()
    authority.configure_trust(trusting)
    monkeypatch.setattr(own_pool, "tls_context", lambda: trusting)

    async def handle(stream):
        while True:
            await read_request(stream)
            await stream.send(http_response())

    async with (
        serving(handle, tls=server) as url,
        AsyncClient(KEY, base_url=url) as client,
    ):
        for _ in range(3):
            assert "fca_1" == (await client.accounts.retrieve("fca_1")).id


def test_the_default_context_verifies_certificates_and_hosts():
    assert ssl.CERT_REQUIRED == startup.tls_context().verify_mode
    assert startup.tls_context().check_hostname


async def test_a_call_cancelled_in_the_tls_handshake_closes_its_socket():
    greeted, closed = anyio.Event(), anyio.Event()

    async def handle(stream):
        with suppress(*GONE):
            while True:
                await stream.receive()
                greeted.set()
        closed.set()

    gc.disable()  # so that it does not close the socket
    try:
        async with (
            serving(handle) as url,
            AsyncClient(KEY, base_url=url.replace("http", "https")) as client,
        ):
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(client.accounts.retrieve, "fca_1")
                await greeted.wait()
                tasks.cancel_scope.cancel()
            with anyio.fail_after(60):
                await closed.wait()
    finally:
        gc.enable()
