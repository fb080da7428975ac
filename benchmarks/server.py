"""The server that every contender talks to, in a process of its own: `python -m
benchmarks.server` prints its port.

It does as little as a server of this API can, so that the clients are what is measured:
keep-alive, GET only.
"""

import asyncio
import sys
from functools import lru_cache
from urllib.parse import parse_qs

from benchmarks.bodies import account_body, facts_of, page_body

_ROOT = "/v1/financial_connections/"
_LARGEST_HEAD = 64 * 1024

# As many headers as Stripe sends: clients have to read them all.
_HEAD = (
    b"HTTP/1.1 %s\r\n"
    b"Server: nginx\r\n"
    b"Date: Tue, 17 Oct 2023 10:00:00 GMT\r\n"
    b"Content-Type: application/json\r\n"
    b"Content-Length: %d\r\n"
    b"Connection: keep-alive\r\n"
    b"Access-Control-Allow-Credentials: true\r\n"
    b"Access-Control-Allow-Methods: GET, HEAD, PUT, PATCH, POST, DELETE\r\n"
    b"Access-Control-Allow-Origin: *\r\n"
    b"Access-Control-Max-Age: 300\r\n"
    b"Cache-Control: no-cache, no-store\r\n"
    b"Request-Id: req_%012d\r\n"
    b"Stripe-Version: 2023-10-16\r\n"
    b"Vary: Origin\r\n"
    b"X-Stripe-Routing-Context-Priority-Tier: api-testmode\r\n"
    b"Strict-Transport-Security: max-age=63072000; includeSubDomains; preload\r\n"
    b"\r\n"
)


@lru_cache(1024)
def _page(account: str, limit: int, starting_after: str | None) -> bytes:
    return page_body(account, limit, starting_after)


def answer(target: str) -> tuple[bytes, bytes, float]:
    """Return the status, the body, and the seconds after which they are due."""
    path, _, query = target.partition("?")
    kind, _, name = path.removeprefix(_ROOT).partition("/")
    if kind == "accounts" and name:
        return b"200 OK", account_body(name), 0
    if kind == "transactions":
        asked = {key: values[0] for key, values in parse_qs(query).items()}
        _, latency_ms = facts_of(asked["account"])
        body = _page(
            asked["account"], int(asked.get("limit", "10")), asked.get("starting_after")
        )
        return b"200 OK", body, latency_ms / 1000
    return b"404 Not Found", b'{"error": {"type": "invalid_request_error"}}', 0


class _Connection(asyncio.Protocol):
    served = 0

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._transport: asyncio.WriteTransport
        self._received = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport  # type: ignore[assignment]

    def data_received(self, data: bytes) -> None:
        self._received += data
        while b"\r\n\r\n" in self._received:
            head, _, self._received = self._received.partition(b"\r\n\r\n")
            self._answer(head)
        if len(self._received) > _LARGEST_HEAD:
            self._transport.close()

    def _answer(self, head: bytes) -> None:
        _Connection.served += 1
        status, body, delay = answer(head.split(b" ", 2)[1].decode())
        message = _HEAD % (status, len(body), _Connection.served) + body
        if delay:
            self._loop.call_later(delay, self._write, message)
        else:
            self._transport.write(message)

    def _write(self, message: bytes) -> None:
        if not self._transport.is_closing():
            self._transport.write(message)


async def main() -> None:
    """Serve until standard input ends, which it does when the one who started this
    process is gone.
    """
    loop = asyncio.get_running_loop()
    server = await loop.create_server(_Connection, "127.0.0.1", 0, backlog=2048)
    print(server.sockets[0].getsockname()[1], flush=True)
    async with server:
        await asyncio.to_thread(sys.stdin.read)


if __name__ == "__main__":
    asyncio.run(main())
