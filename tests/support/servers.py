"""Servers on loopback that send arbitrary bytes."""

import socket
import struct
from contextlib import asynccontextmanager, suppress

import anyio
from anyio.abc import SocketAttribute
from anyio.streams.tls import TLSStream

from financial_connections import Timeout

GENEROUS = Timeout(60, connect=60)
"""For calls that must succeed even on a machine under load."""

GONE = (anyio.EndOfStream, anyio.BrokenResourceError, anyio.ClosedResourceError)


@asynccontextmanager
async def serving(handle, tls=None):
    """Serve each connection with `handle` and yield the URL."""
    listener = await anyio.create_tcp_listener(local_host="127.0.0.1")
    port = listener.extra(SocketAttribute.local_port)

    async def accept(stream):
        async with stream:
            with suppress(*GONE, OSError):
                await handle(
                    stream
                    if tls is None
                    else await TLSStream.wrap(stream, server_side=True, ssl_context=tls)
                )

    async with listener, anyio.create_task_group() as tasks:
        tasks.start_soon(listener.serve, accept)
        yield f"{'https' if tls else 'http'}://127.0.0.1:{port}"
        tasks.cancel_scope.cancel()


async def read_request(stream):
    buffered = b""
    while b"\r\n\r\n" not in buffered:
        buffered += await stream.receive()
    head, _, body = buffered.partition(b"\r\n\r\n")
    lengths = [
        int(line.split(b":")[1])
        for line in head.lower().split(b"\r\n")
        if line.startswith(b"content-length")
    ]
    while len(body) < sum(lengths):
        body += await stream.receive()
    return head, body


def http_response(body=b'{"id": "fca_1"}', status=b"200 OK", headers=b""):
    return b"HTTP/1.1 %s\r\nContent-Length: %d\r\n%s\r\n%s" % (
        status,
        len(body),
        headers,
        body,
    )


def header_of(head, name):
    lines = [line.partition(b": ") for line in head.split(b"\r\n")[1:]]
    return next(
        (value.decode() for key, _, value in lines if key.lower() == name), None
    )


async def reset(stream):
    """Close with RST instead of FIN, as a crashed peer or a firewall does."""
    raw = stream.extra(SocketAttribute.raw_socket)
    raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    await stream.aclose()
