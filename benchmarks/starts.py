"""Measures of a process that has only just started: importing, and the first answer."""

import asyncio
import sys
import time
from asyncio.subprocess import PIPE
from typing import Any

from benchmarks.contenders import (
    KEY,
    OFFICIAL,
    OFFICIAL_AIOHTTP,
    OURS,
    OURS_AIOHTTP,
    RAW,
)
from benchmarks.measures import Task

_SECONDS = 30
_IMPORTS = {
    OFFICIAL: "import stripe",
    RAW: "import httpx",
    OURS: "import financial_connections",
}
_CLIENTS = {
    OFFICIAL: f"import stripe; stripe.StripeClient({KEY!r}, http_client=stripe.HTTPXClient()).v1.financial_connections",
    RAW: "import httpx; httpx.AsyncClient()",
    OURS: f"from financial_connections import AsyncClient; AsyncClient({KEY!r}).accounts",
}
# httpx and httpcore load these if they are there: here they are, for the tests; in a
# service they are not.
_HIDE = 'import sys; sys.modules.update(dict.fromkeys(("click", "pygments", "rich", "trio"))); '
_TIMED = "import time; started = time.process_time(); {program}; print(time.process_time() - started)"

_OFFICIAL = """import asyncio, stripe
async def main():
    http = stripe.{library}()
    client = stripe.StripeClient({key!r}, base_addresses={{"api": {url!r}}}, http_client=http)
    print((await client.v1.financial_connections.accounts.retrieve_async("fca_first")).id, flush=True)
    await http.close_async()
asyncio.run(main())
"""
# Everybody else loads the certificates that https needs, though the server speaks http.
# So does this one.
_OURS = """import asyncio
from financial_connections import AsyncClient
async def main():
    async with AsyncClient({key!r}, base_url={url!r}, transport={library!r}) as client:
        from financial_connections._transport.startup import Startup
        await Startup().run(tls=True)
        print((await client.accounts.retrieve("fca_first")).id, flush=True)
asyncio.run(main())
"""
_RAW = """import asyncio, httpx
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
    return await _cpu_of(_IMPORTS[task.contender])


async def client_made(task: Task) -> float:
    """Return the milliseconds of CPU that it takes to import what is needed, and to
    make a client.
    """
    return await _cpu_of(_CLIENTS[task.contender])


async def _cpu_of(program: str) -> float:
    line, _ = await _first_line(_TIMED.format(program=program))
    return 1000 * float(line)


async def first_answer(task: Task) -> float:
    """Return the milliseconds from the start of a process to its first answer."""
    program, library = _FIRST[task.contender]
    line, seconds = await _first_line(
        program.format(key=KEY, url=task.url, library=library)
    )
    if line != "fca_first":
        raise AssertionError(f"no answer, but {line!r}")
    return 1000 * seconds


async def _first_line(program: str) -> tuple[str, float]:
    """Run a program to its end; return the first line that it prints, and the seconds
    until then.
    """
    started = time.perf_counter()
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", _HIDE + program, stdout=PIPE
    )
    stdout: Any = process.stdout
    line = await asyncio.wait_for(stdout.readline(), _SECONDS)
    seconds = time.perf_counter() - started
    await asyncio.wait_for(process.wait(), _SECONDS)
    return line.decode().strip(), seconds
