"""Connections over aiohttp: faster, and under asyncio only."""

from functools import partial

import aiohttp
import anyio
import httpx
import httpx_aiohttp

from financial_connections._request import request_sent
from financial_connections._settings import Timeout
from financial_connections._transport.connections import IDLE_SECONDS, Slots
from financial_connections._transport.exchange import (
    Answer,
    answer_from,
    chain,
    failure_from,
    faults_of,
    prepared_request,
    proxy_for,
)
from financial_connections._transport.startup import Loader, tls_context
from financial_connections._transport.wire import Origin, WireRequest

_FAULTS: tuple[type[Exception], ...] = (*faults_of(httpx), aiohttp.ClientError)


class AiohttpPool:
    """Connections of aiohttp's, at most `limit` at a time."""

    def __init__(self, limit: int) -> None:
        self.slots = Slots(limit)
        self._loader = Loader()
        self._origins: dict[Origin, _Sessions] = {}

    async def exchange(self, request: WireRequest, timeout: Timeout) -> Answer:  # noqa: ASYNC109
        await self._loader.load(tls=request.origin.scheme == "https")
        if request.origin not in self._origins:
            self._origins[request.origin] = _Sessions(request.origin)
        sessions = self._origins[request.origin]
        transport = sessions.told if request_sent.get() else sessions.plain
        try:
            response = await transport.handle_async_request(prepared_request(request, timeout, httpx))
            try:
                return await answer_from(response)  # and with its end aiohttp has its connection back
            except BaseException:
                with anyio.CancelScope(shield=True):
                    await response.aclose()
                raise
        # Not all of aiohttp's errors are translated into httpx's, and some into time-outs that were none.
        except _FAULTS as error:
            failure = failure_from(error, httpx)
            failure.timed_out = any(isinstance(one, TimeoutError) for one in chain(error))
            failure.retryable = failure.retryable or isinstance(error, aiohttp.ClientResponseError)
        raise failure

    async def aclose(self) -> None:
        self.slots.closed = True
        with anyio.CancelScope(shield=True):
            while self._origins:
                _, sessions = self._origins.popitem()
                await sessions.aclose()


class _Sessions:
    """The same connections twice: plain, and told when a request has left, which costs a little on each."""

    def __init__(self, origin: Origin) -> None:
        tls = tls_context() if origin.scheme == "https" else False
        proxy = proxy_for(origin.authority, with_socks=False) if tls else None
        connector = aiohttp.TCPConnector(limit=0, ssl=tls, keepalive_timeout=IDLE_SECONDS)
        trace = aiohttp.TraceConfig()
        trace.on_request_headers_sent.append(_on_headers_sent)  # of a GET: no body follows
        session = partial(aiohttp.ClientSession, connector=connector, cookie_jar=aiohttp.DummyCookieJar())
        transport = partial(httpx_aiohttp.AiohttpTransport, verify=tls, proxy=proxy)
        self.plain = transport(client=session())
        self.told = transport(client=session(trace_configs=[trace], connector_owner=False))

    async def aclose(self) -> None:
        await self.told.aclose()
        await self.plain.aclose()


async def _on_headers_sent(*_: object) -> None:
    if sent := request_sent.get():
        sent.set()
