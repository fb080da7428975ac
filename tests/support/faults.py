"""Faulty servers, and the outcome of calling each of them over every backend."""

import gzip
from collections.abc import Awaitable, Callable
from typing import Any, NamedTuple

import anyio
from attrs import field, frozen

from tests.support.servers import http_response, reset

# The tests replace `anyio.sleep` with a function that returns immediately.
sleep = anyio.sleep

CLOSE, HANG, OPEN, RESET = "close", "hang", "open", "reset"


class Outcome(NamedTuple):
    """The outcome of a call, as seen by its caller and by the server."""

    result: str
    """Class of the error or model."""
    attempts: int
    requests: int
    """Number of requests that reached the server."""
    events: int
    retryable: bool | None = None
    status: int | None = None
    request_id: str | None = None
    reason: str | None = None


@frozen
class Fault:
    """A server's response to each request, and its action afterwards."""

    outcome: Outcome
    send: bytes = b""
    then: str = OPEN
    act: Callable[[Any], Awaitable[None]] | None = None
    """Replaces `send` and `then`."""
    on_connect: str | None = None
    """What happens to each connection before a request is read."""
    is_secured: bool = False
    settings: dict[str, Any] = field(factory=dict)

    async def respond(self, stream: Any) -> bool:
        """Respond to a request; return True if the connection stays open."""
        if self.act is not None:
            await self.act(stream)
            return False
        await stream.send(self.send)
        if self.then == RESET:
            await reset(stream)
        while self.then == HANG:
            await stream.receive()
        return self.then == OPEN


def failed(
    reason: str | None = None, *, requests: int = 2, retryable: bool = True
) -> Outcome:
    """Return the outcome of two attempts without a response."""
    attempts = 2 if retryable else 1
    return Outcome(
        "APIConnectionError",
        attempts,
        requests,
        3 * attempts - 1,
        retryable,
        None,
        None,
        reason,
    )


def timed_out(requests: int = 1) -> Outcome:
    return Outcome("APITimeoutError", 1, requests, 2, True, None, None, "timeout")


def rejected(
    error: str, status: int, attempts: int = 1, *, retryable: bool = False
) -> Outcome:
    return Outcome(
        error, attempts, attempts, 3 * attempts - 1, retryable, status, "req_1"
    )


SUCCESS = Outcome("Account", 1, 1, 2)
ID = b"Request-Id: req_1\r\n"
GZIP = ID + b"Content-Encoding: gzip\r\n"
HURRIED = {"timeout": 0.25, "max_retries": 0}
"""Settings for faults that end in a timeout."""


def corrupt(status: bytes, headers: bytes = b"") -> bytes:
    return http_response(b"this is not gzip", status, GZIP + headers)


def unusable(attempts: int, *, retryable: bool) -> Outcome:
    return rejected("APIResponseError", 200, attempts, retryable=retryable)


async def send_without_end(stream: Any) -> None:
    await stream.send(
        b"HTTP/1.1 200 OK\r\n" + ID + b"Content-Length: 1000000000\r\n\r\n"
    )
    while True:
        await stream.send(b" " * 10_000)


async def trickle(stream: Any) -> None:
    await stream.send(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000000\r\n\r\n")
    while True:
        await stream.send(b" ")
        await sleep(0.01)


CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
BODY = b'{"id": "fca_1"}'

# What each server does, and the outcome.
FAULTS: dict[str, Fault] = {
    # The connection
    "immediately closes each connection": Fault(
        failed("reset", requests=0), on_connect=CLOSE
    ),
    "immediately resets each connection": Fault(
        failed("reset", requests=0), on_connect=RESET
    ),
    "aborts the TLS handshake": Fault(
        failed("tls", requests=0), on_connect="greet", is_secured=True
    ),
    "never completes the TLS handshake": Fault(
        timed_out(0), on_connect=HANG, is_secured=True, settings=HURRIED
    ),
    "closes the connection before the response": Fault(failed("reset"), then=CLOSE),
    "resets the connection before the response": Fault(failed("reset"), then=RESET),
    "closes it during the headers": Fault(
        failed("reset"), b"HTTP/1.1 200 OK\r\nContent-Le", CLOSE
    ),
    "resets it during the headers": Fault(
        failed("reset"), b"HTTP/1.1 200 OK\r\nContent-Le", RESET
    ),
    "closes it during the body": Fault(failed("protocol"), http_response()[:-4], CLOSE),
    "resets it during the body": Fault(failed("reset"), http_response()[:-4], RESET),
    "closes it between two chunks": Fault(
        failed("protocol"), CHUNKED + b'5\r\n{"id"\r\n', CLOSE
    ),
    "closes it after each response, unannounced": Fault(
        SUCCESS, http_response(), CLOSE
    ),
    "closes it after each response, announced": Fault(
        SUCCESS, http_response(headers=b"Connection: close\r\n"), CLOSE
    ),
    "ends the body by closing the connection": Fault(
        SUCCESS, b"HTTP/1.1 200 OK\r\n\r\n" + BODY, CLOSE
    ),
    # Timing
    "never responds": Fault(timed_out(), then=HANG, settings=HURRIED),
    "stops during the headers": Fault(
        timed_out(), b"HTTP/1.1 200 OK\r\n", HANG, settings=HURRIED
    ),
    "stops during the body": Fault(
        timed_out(), http_response()[:-4], HANG, settings=HURRIED
    ),
    "sends the body byte by byte": Fault(timed_out(), act=trickle, settings=HURRIED),
    # HTTP
    "sends garbage": Fault(failed("protocol"), b"\x00\xff garbage\r\n\r\n", CLOSE),
    "responds with HTTP/0.9": Fault(
        failed("protocol"), b"<html>hello</html>\r\n\r\n", CLOSE
    ),
    "sends two lengths": Fault(
        failed("protocol"), http_response(headers=b"Content-Length: 99\r\n"), CLOSE
    ),
    "sends a negative length": Fault(
        failed("protocol"), b"HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\n{}", CLOSE
    ),
    "sends a bad chunk": Fault(
        failed("protocol"), CHUNKED + b"zz\r\n{}\r\n0\r\n\r\n", CLOSE
    ),
    "sends a header of 1 MiB": Fault(
        failed("protocol"),
        http_response(headers=b"X: %s\r\n" % (b"x" * 1_048_576)),
        CLOSE,
    ),
    "sends a header of 50 KiB": Fault(
        SUCCESS, http_response(headers=b"X: %s\r\n" % (b"x" * 51_200))
    ),
    "sends 200 headers": Fault(SUCCESS, http_response(headers=b"X: y\r\n" * 200)),
    "sends header values in Latin-1": Fault(
        SUCCESS, http_response(headers=b"X: caf\xe9\r\n")
    ),
    "sends early hints first": Fault(
        SUCCESS, b"HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n" + http_response()
    ),
    "sends chunks and trailers": Fault(
        SUCCESS, CHUNKED + b"f\r\n" + BODY + b"\r\n0\r\nX: y\r\n\r\n"
    ),
    "sends a second response": Fault(
        SUCCESS, http_response() + http_response(b'{"id": "stray"}')
    ),
    "sends half of a second response": Fault(
        SUCCESS, http_response() + http_response(b'{"id": "stray"}')[:-5]
    ),
    "sends garbage after the response": Fault(
        SUCCESS, http_response() + b"\x00\xff garbage"
    ),
    # Bodies
    "sends no body": Fault(
        rejected("APIResponseError", 204, 2, retryable=True),
        b"HTTP/1.1 204 No Content\r\n" + ID + b"\r\n",
    ),
    "redirects": Fault(
        rejected("APIStatusError", 302),
        http_response(b"", b"302 Found", ID + b"Location: /x\r\n"),
    ),
    "sends an endless body": Fault(unusable(1, retryable=False), act=send_without_end),
    "sends a gzip bomb": Fault(
        unusable(1, retryable=False),
        http_response(gzip.compress(b" " * 10_000_000), headers=GZIP),
    ),
    "compresses with brotli": Fault(
        unusable(1, retryable=False),
        http_response(headers=ID + b"Content-Encoding: br\r\n"),
    ),
    "sends corrupt gzip with 200": Fault(
        unusable(2, retryable=True), corrupt(b"200 OK")
    ),
    "sends corrupt gzip with 401": Fault(
        rejected("AuthenticationError", 401), corrupt(b"401 X")
    ),
    "sends corrupt gzip with 404": Fault(
        rejected("NotFoundError", 404), corrupt(b"404 X")
    ),
    "sends corrupt gzip with 429": Fault(
        rejected("RateLimitError", 429, 2, retryable=True), corrupt(b"429 X")
    ),
    "sends corrupt gzip with 503": Fault(
        rejected("ServerError", 503, 2, retryable=True), corrupt(b"503 X")
    ),
    "sends corrupt gzip with 503 and rules out a retry": Fault(
        rejected("ServerError", 503),
        corrupt(b"503 X", b"Stripe-Should-Retry: false\r\n"),
    ),
}

# Outcomes that differ with one backend, and why.
DEVIATIONS: dict[tuple[str, str], tuple[Outcome, str]] = {
    ("sends garbage after the response", "aiohttp"): (
        failed("protocol"),
        (
            "aiohttp parses all received data together and discards the response "
            "along with the garbage"
        ),
    ),
}


def table() -> str:
    """Return the outcomes as a Markdown table with one row per outcome."""
    rows: dict[tuple[str, int], list[str]] = {}
    for name, fault in FAULTS.items():
        rows.setdefault((_text(fault.outcome), fault.outcome.attempts), []).append(name)
    lines = ["| The server … | Result | Attempts |", "|---|---|--:|"]
    lines += [
        f"| {'; '.join(names)} | {result} | {attempts} |"
        for (result, attempts), names in rows.items()
    ]
    return "\n".join(lines)


def _text(outcome: Outcome) -> str:
    if outcome.result == "Account":
        return "the account"
    detail = (
        f", `reason` {outcome.reason}"
        if outcome.reason
        else f", `status` {outcome.status}"
    )
    return f"`{outcome.result}`{detail}"
