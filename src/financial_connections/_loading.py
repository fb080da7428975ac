"""What takes long, once: importing httpx, and reading the certificates that https needs."""

import os
import ssl
import sys
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from importlib import import_module

from anyio import to_thread


async def loaded(*, tls: bool) -> None:
    """Load what is needed, in threads: on the event loop it would let all else wait for some 60 ms."""
    if "httpcore" not in sys.modules or (tls and not tls_context.cache_info().currsize):
        await to_thread.run_sync(_load, tls)


def _load(tls: bool) -> None:  # noqa: FBT001 - run_sync passes no keywords
    with ThreadPoolExecutor(1) as beside:  # certificates are read without Python's lock
        if tls:
            beside.submit(tls_context)  # what it raises is raised again where the context is used
        import_module("httpx")
        import_module("httpcore")


@cache
def tls_context() -> ssl.SSLContext:
    """Return one for all connections, that trusts as httpx does: `SSL_CERT_FILE`, `SSL_CERT_DIR`, or else certifi."""
    import certifi  # noqa: PLC0415 - only https needs it

    file, folder = os.environ.get("SSL_CERT_FILE"), os.environ.get("SSL_CERT_DIR")
    if file or not folder:
        return ssl.create_default_context(cafile=file or certifi.where())
    return ssl.create_default_context(capath=folder)
