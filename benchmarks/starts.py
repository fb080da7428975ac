"""Measures of a process that has only just started: importing, and the first answer."""

import subprocess
import sys
import time
from typing import Any

from benchmarks.contenders import KEY, OFFICIAL, OFFICIAL_AIOHTTP, OURS, OURS_AIOHTTP, RAW
from benchmarks.measures import Task

_SECONDS = 30
_IMPORTED = {OFFICIAL: "stripe", RAW: "httpx", OURS: "financial_connections"}
_IMPORT = "import time; started = time.process_time(); import {module}; print(time.process_time() - started)"

_OFFICIAL = """
import asyncio, stripe
async def main():
    http = stripe.{library}()
    client = stripe.StripeClient({key!r}, base_addresses={{"api": {url!r}}}, http_client=http)
    print((await client.v1.financial_connections.accounts.retrieve_async("fca_first")).id, flush=True)
    await http.close_async()
asyncio.run(main())
"""
# Everybody else loads the certificates that https needs, though the server speaks http. So does this one.
_OURS = """
import asyncio
from financial_connections import AsyncClient
async def main():
    async with AsyncClient({key!r}, base_url={url!r}, transport={library!r}) as client:
        from financial_connections._exchange import tls_context
        tls_context()
        print((await client.accounts.retrieve("fca_first")).id, flush=True)
asyncio.run(main())
"""
_RAW = """
import asyncio, httpx
async def main():
    async with httpx.AsyncClient(base_url={url!r}, headers={{"Authorization": "Bearer " + {key!r}}}) as client:
        print((await client.get("/v1/financial_connections/accounts/fca_first")).json()["id"], flush=True)
asyncio.run(main())
"""
_FIRST = {
    OFFICIAL: (_OFFICIAL, "HTTPXClient"),
    OFFICIAL_AIOHTTP: (_OFFICIAL, "AIOHTTPClient"),
    RAW: (_RAW, ""),
    OURS: (_OURS, "httpx"),
    OURS_AIOHTTP: (_OURS, "aiohttp"),
}


async def imported(task: Task) -> float:
    """Return the milliseconds of CPU that an import takes in a fresh interpreter."""
    program = _IMPORT.format(module=_IMPORTED[task.contender])
    command = [sys.executable, "-c", program]
    done = subprocess.run(command, capture_output=True, text=True, timeout=_SECONDS, check=True)
    return 1000 * float(done.stdout)


async def first_answer(task: Task) -> float:
    """Return the milliseconds from the start of a process to its first answer."""
    program, library = _FIRST[task.contender]
    text = program.format(key=KEY, url=task.url, library=library)
    started = time.perf_counter()
    with subprocess.Popen([sys.executable, "-c", text], stdout=subprocess.PIPE, text=True) as process:
        stdout: Any = process.stdout
        line = stdout.readline()
        milliseconds = 1000 * (time.perf_counter() - started)
        process.wait(_SECONDS)
    if line.strip() != "fca_first":
        raise AssertionError(f"no answer, but {line!r}")
    return milliseconds
