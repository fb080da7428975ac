"""`httpx.AsyncClient` and `json.loads`, as used by programs without an SDK."""
# ruff: noqa: D102 - the methods are documented in Client

import json
from typing import Any

import httpx

from benchmarks.clients import TIMEOUT, Client
from benchmarks.clients.raw import HEADERS, PATH, RawClient


class HttpxClient(RawClient):
    """A client that keeps up to 100 connections."""

    def __init__(self, url: str) -> None:
        self._http = httpx.AsyncClient(
            base_url=f"{url}{PATH}",
            headers=HEADERS,
            limits=httpx.Limits(max_connections=100, max_keepalive_connections=100),
            timeout=TIMEOUT,
        )

    async def _get(self, path: str, params: dict[str, str]) -> Any:
        return json.loads(await self._read(path, params))

    async def _read(self, path: str, params: dict[str, str]) -> bytes:
        response = await self._http.get(path, params=params)
        response.raise_for_status()
        return response.content

    async def aclose(self) -> None:
        await self._http.aclose()


def open_client(_: str, url: str) -> Client:
    """Open the client."""
    return HttpxClient(url)
