"""Sending over an httpx client that the caller brought."""

import sys
from types import ModuleType
from typing import Any

import anyio

from financial_connections._settings import Timeout
from financial_connections._transport.connections import Slots
from financial_connections._transport.exchange import (
    Answer,
    answer_from,
    answer_without_body,
    failure_from,
    faults_of,
    prepared_request,
)
from financial_connections._transport.wire import WireRequest
from financial_connections.errors import ConfigurationError


class CallersClient:
    """A client that the caller brought: used, not closed, its settings left alone."""

    def __init__(self, client: Any, limit: int) -> None:
        self.slots = Slots(limit)
        self._client = client
        self._httpx = _library_of(client)

    async def exchange(self, request: WireRequest, timeout: Timeout) -> Answer:  # noqa: ASYNC109
        if self._client.is_closed:
            raise ConfigurationError("http_client is closed")
        try:
            # A request of our own making: the client's base URL, headers, parameters, cookies and auth are for its
            # owner's calls, and would mix with ours.
            prepared = prepared_request(request, timeout, self._httpx)
            response = await self._client.send(prepared, auth=None, follow_redirects=False, stream=True)
            try:
                return await answer_from(response)
            finally:
                with anyio.CancelScope(shield=True):
                    await response.aclose()
        except self._httpx.HTTPStatusError as error:  # raised by a hook of the owner's
            read = error.response.is_stream_consumed
            return await answer_from(error.response) if read else answer_without_body(error.response)
        except faults_of(self._httpx) as error:
            failure = failure_from(error, self._httpx)
        raise failure

    async def aclose(self) -> None:
        self.slots.closed = True


def is_httpx_client(value: object) -> bool:
    """Return whether `value` is an `AsyncClient` of httpx or of httpx2, its successor."""
    return any(c.__name__ == "AsyncClient" and c.__module__.split(".")[0] in _LIBRARIES for c in type(value).__mro__)


_LIBRARIES = {"httpx", "httpx2"}


def _library_of(client: object) -> ModuleType:
    owner = next(c for c in type(client).__mro__ if c.__name__ == "AsyncClient")
    return sys.modules[owner.__module__.partition(".")[0]]
