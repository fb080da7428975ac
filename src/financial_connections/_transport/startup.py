"""Slow work done once per process: importing httpx and reading certificates."""

import os
import ssl
from concurrent.futures import ThreadPoolExecutor
from functools import cache, partial
from importlib import import_module
from threading import Lock

import anyio
from anyio import CapacityLimiter, to_thread

from financial_connections._transport.proxy import has_environment_proxy
from financial_connections.errors import ConfigurationError

_import_lock = Lock()


class Startup:
    """Slow setup that a client needs before its first call.

    It runs in threads, because it would otherwise block the event loop.

    Args:
        uses_httpx: False if only proxies need httpx, as with aiohttp.
    """

    def __init__(self, *, uses_httpx: bool = True) -> None:
        self._uses_httpx = uses_httpx
        self._lock = anyio.Lock(fast_acquire=True)
        self._done: set[bool] = set()

    async def run(self, *, tls: bool) -> None:
        """Wait until httpx is imported and, with `tls`, the certificates are read.

        If only proxies need httpx, it is imported if the environment configures one.
        """
        if tls in self._done:
            return
        async with self._lock:
            if not _is_done(tls=tls, uses_httpx=self._uses_httpx):
                # Use a separate limiter, because the default one may be exhausted by
                # threads that wait for calls to end.
                await to_thread.run_sync(
                    partial(_run, tls=tls, uses_httpx=self._uses_httpx),
                    abandon_on_cancel=True,
                    limiter=CapacityLimiter(1),
                )
        self._done.add(tls)


def _is_done(*, tls: bool, uses_httpx: bool) -> bool:
    return bool(
        (not uses_httpx or _import_httpx.cache_info().currsize)
        and (not tls or tls_context.cache_info().currsize)
    )


def _run(*, tls: bool, uses_httpx: bool) -> None:
    # The import runs in parallel, because reading certificates releases the GIL.
    with _import_lock, ThreadPoolExecutor(1) as executor:
        if tls:
            # An exception is raised again where the context is used.
            executor.submit(tls_context)
        if uses_httpx or (tls and has_environment_proxy()):
            _import_httpx()


@cache
def _import_httpx() -> None:
    import_module("httpx")
    import_module("httpcore")


@cache
def tls_context() -> ssl.SSLContext:
    """Return the TLS context that all connections share.

    Like httpx, it trusts the certificates in `SSL_CERT_FILE`, falling back to those in
    `SSL_CERT_DIR` and then to those of certifi.

    Raises:
        ConfigurationError: The certificates cannot be read.
    """
    import certifi  # noqa: PLC0415 - only https needs it

    file, folder = os.environ.get("SSL_CERT_FILE"), os.environ.get("SSL_CERT_DIR")
    cafile: str | None
    if file:
        source, cafile, capath = f"SSL_CERT_FILE={file}", file, None
    elif folder:
        source, cafile, capath = f"SSL_CERT_DIR={folder}", None, folder
    else:
        source, cafile, capath = "certifi", certifi.where(), None
    try:
        return ssl.create_default_context(cafile=cafile, capath=capath)
    except OSError as error:
        raise ConfigurationError(
            f"cannot read the certificates from {source}: {error.strerror or error}"
        ) from None
