"""The server that every client talks to: `python -m benchmarks.server KEY`.

It prints its URLs as JSON, and serves until its stdin is closed. It does as little as
possible, so that the benchmarks measure the clients. An account's ID encodes how many
transactions it has and how many milliseconds each page takes. The newest transactions
come first, and the older they are, the more time is between them. If the name of the
account is `unknown`, they have a field that no client knows.
"""

import asyncio
import gzip
import json
import ssl
import sys
from bisect import bisect_left
from collections.abc import Callable
from functools import lru_cache, partial
from pathlib import Path
from urllib.parse import parse_qs

from benchmarks import cores

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


def transacted_at(index: int) -> int:
    """Return the time of the transaction at an index in an account's list."""
    return 1_651_251_500 - 60 * index - index * index // 100


@lru_cache(4096)  # all pages of all workloads
def page_body(
    account: str, limit: int, starting_after: str | None, until: int | None = None
) -> bytes:
    """Return a page of an account's transactions.

    Args:
        account: ID of the account.
        limit: Maximum number of transactions.
        starting_after: ID of the transaction before the page.
        until: Time of the newest transaction that may be returned.
    """
    total = int(account.split("_")[1])
    start = int(starting_after.rpartition("_")[2]) + 1 if starting_after else 0
    if until is not None:
        # The times are in descending order.
        first = bisect_left(
            range(total), -until, key=lambda index: -transacted_at(index)
        )
        start = max(start, first)
    end = min(start + limit, total)
    template = _TRANSACTION
    if account.endswith("_unknown"):
        template = template.replace("{", '{\n  "unknown": true,', 1)
    transactions = [
        template.replace("ID", transaction_id(account, index), 1)
        .replace("TIME", str(transacted_at(index)), 1)
        .replace("ACCOUNT", account, 1)
        .replace("\n", "\n    ")
        for index in range(start, end)
    ]
    page = _PAGE.replace("MORE", "true" if end < total else "false")
    return page.replace("DATA", ",\n    ".join(transactions)).encode()


@lru_cache
def _compress(body: bytes) -> bytes:
    return gzip.compress(body, 6, mtime=0)


def respond(target: str, *, is_compressed: bool = False) -> tuple[bytes, float]:
    """Return the response to a GET request and how many seconds to delay it."""
    status, body, delay = "404 Not Found", b'{"error": {}}', 0.0
    path, _, query = target.partition("?")
    resource = path.removeprefix("/v1/financial_connections/")
    if resource.startswith("accounts/"):
        status, body = "200 OK", account_body(resource.removeprefix("accounts/"))
    elif resource == "accounts":
        page = _PAGE.replace("MORE", "false").replace("transactions", "accounts")
        status, body = "200 OK", page.replace("DATA", _ACCOUNT).encode()
    elif resource == "transactions":
        params = {name: values[0] for name, values in parse_qs(query).items()}
        account, limit = params["account"], int(params.get("limit", "10"))
        until = params.get("transacted_at[lte]")
        body = page_body(
            account, limit, params.get("starting_after"), int(until) if until else None
        )
        status = "200 OK"
        delay = int(account.split("_")[2]) / 1000
    encoding = ""
    if is_compressed:
        body, encoding = _compress(body), "Content-Encoding: gzip\r\n"
    length = f"Content-Length: {len(body)}\r\n{encoding}"
    return f"HTTP/1.1 {status}\r\n{length}{_HEADERS}\r\n".encode() + body, delay


class _Connection(asyncio.Protocol):
    def __init__(self, *, is_compressed: bool = False) -> None:
        self._is_compressed = is_compressed

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport: asyncio.WriteTransport = transport  # type: ignore[assignment]
        self._received = b""

    def data_received(self, data: bytes) -> None:
        self._received += data
        while b"\r\n\r\n" in self._received:
            head, _, self._received = self._received.partition(b"\r\n\r\n")
            response, delay = respond(
                head.split(b" ", 2)[1].decode(), is_compressed=self._is_compressed
            )
            if delay:
                loop = asyncio.get_running_loop()
                loop.call_later(delay, self._transport.write, response)
            else:
                self._transport.write(response)


async def main(key: str) -> None:
    """Serve until stdin is closed, which happens when the parent process ends.

    Args:
        key: File with the certificate for https and its key.
    """
    cores.pin("server")
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(key)
    urls = {
        "plain": await _listen("http", _Connection),
        "gzip": await _listen("http", partial(_Connection, is_compressed=True)),
        "tls": await _listen("https", _Connection, context),
    }
    print(json.dumps(urls), flush=True)
    await asyncio.to_thread(sys.stdin.read)


async def _listen(
    scheme: str,
    connection: Callable[[], _Connection],
    context: ssl.SSLContext | None = None,
) -> str:
    server = await asyncio.get_running_loop().create_server(
        connection, "127.0.0.1", 0, backlog=2048, ssl=context
    )
    return f"{scheme}://127.0.0.1:{server.sockets[0].getsockname()[1]}"


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1]))
