"""Proxies from the environment."""

import traceback

import pytest

from financial_connections import (
    AsyncClient,
    ConfigurationError,
)
from financial_connections._transport.proxy import environment_proxy

KEY = "sk_test_51H8supersecret"


@pytest.mark.parametrize(
    "value", ["ftp://ada:hunter2@127.0.0.1:9", "socks4://ada:hunter2@127.0.0.1:9"]
)
@pytest.mark.parametrize("transport", ["httpx", "aiohttp"])
async def test_an_unsupported_proxy_is_rejected_without_its_password(
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


async def test_a_proxy_without_a_scheme_uses_http(monkeypatch):
    monkeypatch.setenv("HTTPS_PROXY", "127.0.0.1:9")
    monkeypatch.delenv("NO_PROXY", raising=False)
    monkeypatch.delenv("no_proxy", raising=False)
    proxy = environment_proxy("stripe.example", with_socks=True)
    assert ("http", "127.0.0.1", 9) == (
        proxy.url.scheme,
        proxy.url.host,
        proxy.url.port,
    )
