"""`aiohttp.ClientSession` and `json.loads`, as used by programs without an SDK."""
# ruff: noqa: D102 - the methods are documented in Client

import json
from typing import Any

import aiohttp

from benchmarks.clients import TIMEOUT, Client
from benchmarks.clients.raw import HEADERS, PATH, RawClient


class AiohttpClient(RawClient):
    """A client that keeps up to 100 connections, the default."""

    def __init__(self, url: str) -> None:
        self._url = f"{url}{PATH}"
        self._session = aiohttp.ClientSession(
            headers=HEADERS, timeout=aiohttp.ClientTimeout(TIMEOUT)
        )

    async def _get(self, path: str, params: dict[str, str]) -> Any:
        async with self._session.get(self._url + path, params=params) as response:
            response.raise_for_status()
            return json.loads(await response.read())

    async def aclose(self) -> None:
        await self._session.close()


def open_client(_: str, url: str) -> Client:
    """Open the client."""
    return AiohttpClient(url)
