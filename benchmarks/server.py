"""The server that every client talks to: `python -m benchmarks.server`.

It prints its port and serves until its stdin is closed. It does as little as possible,
so that the benchmarks measure the clients. An account's ID encodes how many
transactions it has and how many milliseconds each page takes.
"""

import asyncio
import sys
from functools import lru_cache
from pathlib import Path
from urllib.parse import parse_qs

_RESPONSES = Path(__file__).with_name("responses")
_ACCOUNT = (_RESPONSES / "account.json").read_text().rstrip()
_TRANSACTION = (_RESPONSES / "transaction.json").read_text().rstrip()
_PAGE = (_RESPONSES / "page.txt").read_text().rstrip()
# About as many headers as Stripe sends, because clients must parse all of them.
_HEADERS = (_RESPONSES / "headers.txt").read_text().replace("\n", "\r\n")


def account_id(items: int = 0, latency_ms: int = 0, name: str = "") -> str:
    """Return the ID of an account with a number of transactions and a latency."""
    return f"fca_{items}_{latency_ms}_{name}"


def transaction_id(account: str, index: int) -> str:
    """Return the ID of the transaction at an index in an account's list."""
    return f"fctxn_{account.removeprefix('fca_')}_{index:07d}"


def account_body(account: str) -> bytes:
    """Return an account with the requested ID, so mixed-up responses are detected."""
    return _ACCOUNT.replace("ID", account, 1).encode()


@lru_cache(1024)
def page_body(account: str, limit: int, starting_after: str | None) -> bytes:
    """Return a page of an account's transactions."""
    total = int(account.split("_")[1])
    start = int(starting_after.rpartition("_")[2]) + 1 if starting_after else 0
    end = min(start + limit, total)
    transactions = [
        _TRANSACTION.replace("ID", transaction_id(account, index), 1)
        .replace("ACCOUNT", account, 1)
        .replace("\n", "\n    ")
        for index in range(start, end)
    ]
    page = _PAGE.replace("MORE", "true" if end < total else "false")
    return page.replace("DATA", ",\n    ".join(transactions)).encode()


def respond(target: str) -> tuple[bytes, float]:
    """Return the response to a GET request and how many seconds to delay it."""
    status, body, delay = "404 Not Found", b'{"error": {}}', 0.0
    path, _, query = target.partition("?")
    resource = path.removeprefix("/v1/financial_connections/")
    if resource.startswith("accounts/"):
        status, body = "200 OK", account_body(resource.removeprefix("accounts/"))
    elif resource == "transactions":
        params = {name: values[0] for name, values in parse_qs(query).items()}
        account, limit = params["account"], int(params.get("limit", "10"))
        status, body = "200 OK", page_body(account, limit, params.get("starting_after"))
        delay = int(account.split("_")[2]) / 1000
    head = f"HTTP/1.1 {status}\r\nContent-Length: {len(body)}\r\n{_HEADERS}\r\n"
    return head.encode() + body, delay


class _Connection(asyncio.Protocol):
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport: asyncio.WriteTransport = transport  # type: ignore[assignment]
        self._received = b""

    def data_received(self, data: bytes) -> None:
        self._received += data
        while b"\r\n\r\n" in self._received:
            head, _, self._received = self._received.partition(b"\r\n\r\n")
            response, delay = respond(head.split(b" ", 2)[1].decode())
            if delay:
                loop = asyncio.get_running_loop()
                loop.call_later(delay, self._transport.write, response)
            else:
                self._transport.write(response)


async def main() -> None:
    """Serve until stdin is closed, which happens when the parent process ends."""
    loop = asyncio.get_running_loop()
    server = await loop.create_server(_Connection, "127.0.0.1", 0, backlog=2048)
    print(server.sockets[0].getsockname()[1], flush=True)
    async with server:
        await asyncio.to_thread(sys.stdin.read)


if __name__ == "__main__":
    asyncio.run(main())
