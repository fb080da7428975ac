"""Clients that are closed, or used in a second event loop."""

import anyio
import pytest

from financial_connections import (
    APIConnectionError,
    AsyncClient,
    ConfigurationError,
    _settings,
)

KEY = "sk_test_51H8supersecret"


async def test_a_closed_client_raises_a_configuration_error():
    client = AsyncClient(KEY)
    await client.aclose()
    await client.aclose()
    with pytest.raises(_settings.ConfigurationError, match="closed"):
        await client.accounts.retrieve("fca_1")
    with pytest.raises(_settings.ConfigurationError, match="closed"):
        await client.with_options(max_retries=0).accounts.retrieve("fca_1")


@pytest.mark.parametrize("first", ["asyncio", "trio"])
@pytest.mark.parametrize("second", ["asyncio", "trio"])
def test_a_client_is_rejected_in_a_second_event_loop(first, second):
    client = AsyncClient(KEY, base_url="http://127.0.0.1:1", max_retries=0)

    async def use():
        await client.accounts.retrieve("fca_1")

    with pytest.raises(APIConnectionError):
        anyio.run(use, backend=first)
    with pytest.raises(_settings.ConfigurationError, match="another event loop"):
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
