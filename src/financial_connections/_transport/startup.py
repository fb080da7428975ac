"""What takes long, once in a process: importing httpx, and reading the certificates
that https needs.
"""

import os
import ssl
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from importlib import import_module
from threading import Lock

import anyio
from anyio import CapacityLimiter, to_thread

from financial_connections.errors import ConfigurationError

_ONE_AT_A_TIME = Lock()


class Loader:
    """Lets a client's first call load what is needed, in threads: on the event loop all
    else would stand still.
    """

    def __init__(self) -> None:
        self._gate = anyio.Lock(fast_acquire=True)
        self._loaded: set[bool] = set()

    async def load(self, *, tls: bool) -> None:
        """Return when httpx is imported and, with `tls`, the certificates are read."""
        if tls in self._loaded:
            return
        async with self._gate:
            if not _is_loaded(tls=tls):
                # A limiter of its own: threads that wait for calls to end may hold all
                # of the common one.
                await to_thread.run_sync(
                    _load, tls, abandon_on_cancel=True, limiter=CapacityLimiter(1)
                )
        self._loaded.add(tls)


def _is_loaded(*, tls: bool) -> bool:
    return bool(
        _import_httpx.cache_info().currsize
        and (not tls or tls_context.cache_info().currsize)
    )


def _load(tls: bool) -> None:  # noqa: FBT001 - run_sync passes no keywords
    with (
        _ONE_AT_A_TIME,
        ThreadPoolExecutor(1) as beside,
    ):  # certificates are read without Python's lock
        if tls:
            beside.submit(
                tls_context
            )  # what it raises is raised again where the context is used
        _import_httpx()


@cache
def _import_httpx() -> None:
    import_module("httpx")
    import_module("httpcore")


@cache
def tls_context() -> ssl.SSLContext:
    """Return one for all connections, that trusts as httpx does: `SSL_CERT_FILE`,
    `SSL_CERT_DIR`, or else certifi.

    Raises `ConfigurationError` when the certificates cannot be read.
    """
    import certifi  # noqa: PLC0415 - only https needs it

    file, folder = os.environ.get("SSL_CERT_FILE"), os.environ.get("SSL_CERT_DIR")
    try:
        if file or not folder:
            return ssl.create_default_context(cafile=file or certifi.where())
        return ssl.create_default_context(capath=folder)
    except OSError as error:
        where = (
            f"SSL_CERT_FILE={file}"
            if file
            else f"SSL_CERT_DIR={folder}"
            if folder
            else "certifi"
        )
        raise ConfigurationError(
            f"the certificates of {where} cannot be read: {error.strerror or error}"
        ) from None
