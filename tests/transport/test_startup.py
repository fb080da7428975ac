"""Slow setup before the first call: imports and certificates."""

import ssl
import subprocess
import sys

import pytest
import trustme

from financial_connections import (
    APIConnectionError,
    AsyncClient,
    ConfigurationError,
)
from financial_connections._transport import startup

KEY = "sk_test_51H8supersecret"


def test_the_first_call_loads_httpx_and_certificates_in_a_thread():
    process = subprocess.run(
        [sys.executable, "-c", WATCHED], capture_output=True, text=True, check=True
    )
    assert ["False", "1"] == process.stdout.split()


WATCHED = """
import sys, threading, anyio
from importlib.abc import MetaPathFinder
from financial_connections import APIConnectionError, AsyncClient

class Watch(MetaPathFinder):
    def find_spec(self, name, path, target=None):
        if name == "httpcore":
            print(threading.current_thread() is threading.main_thread())

sys.meta_path.insert(0, Watch())

async def main():
    url = "https://127.0.0.1:1"
    async with AsyncClient("sk_test_1", base_url=url, max_retries=0) as client:
        try: await client.accounts.retrieve("fca_1")
        except APIConnectionError as error: print(error.attempts)

anyio.run(main)
"""

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
        if name == "httpcore": gate.wait(120)

async def retrieve(client):
    try: await client.accounts.retrieve("fca_1")
    except APIConnectionError: pass

async def main():
    url = "https://127.0.0.1:1"
    async with AsyncClient("sk_test_1", base_url=url, max_retries=0) as client:
        with anyio.fail_after(60):
            await check(client)
"""


@pytest.mark.parametrize("backend", ["asyncio", "trio"])
@pytest.mark.parametrize(
    ("check", "output"),
    [
        # Many concurrent calls.
        (
            (
                "    gate.set()\n"
                "    async with anyio.create_task_group() as tasks:\n"
                "        for _ in range(30): tasks.start_soon(retrieve, client)\n"
                "    print(len(contexts))"
            ),
            "1",
        ),
        # A call from a thread that holds the only token of the default limiter.
        (
            (
                "    gate.set()\n"
                "    to_thread.current_default_thread_limiter().total_tokens = 1\n"
                "    call = lambda: from_thread.run(retrieve, client)\n"
                "    await to_thread.run_sync(call)\n"
                "    print('done')"
            ),
            "done",
        ),
        # Startup takes longer than the deadline.
        (
            (
                "    sys.meta_path.insert(0, Gate())\n"
                "    hurried = client.with_options(deadline=0.05)\n"
                "    try: await hurried.accounts.retrieve('fca_1')\n"
                "    except DeadlineExceededError: print('bounded', gate.is_set())\n"
                "    gate.set()"
            ),
            "bounded False",
        ),
    ],
    ids=["at once", "from a thread", "with a deadline"],
)
def test_startup_runs_once_and_blocks_nothing(check, output, backend):
    program = (
        f"{FIRST_CALLS}\n"
        f"async def check(client):\n{check}\n"
        f"anyio.run(main, backend={backend!r})\n"
    )
    process = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=False
    )
    result = (process.returncode, process.stdout.strip())
    assert (0, output) == result, process.stderr


@pytest.mark.parametrize("variable", ["SSL_CERT_FILE", "SSL_CERT_DIR"])
def test_certificates_are_read_from_the_source_in_the_environment(
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
    # Certificates in a folder are not read until one is verified.
    assert (1 if variable == "SSL_CERT_FILE" else 0) == len(context.get_ca_certs())


@pytest.mark.parametrize("variable", ["SSL_CERT_FILE", "SSL_CERT_DIR"])
@pytest.mark.parametrize("transport", ["httpx", "aiohttp"])
async def test_missing_certificates_are_named(
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
            # A folder is not read until a certificate is verified.
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
