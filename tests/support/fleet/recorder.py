"""An HTTP server that records when it receives requests."""

import json
import time
from collections import Counter, deque
from contextlib import contextmanager
from threading import Condition

import anyio

from financial_connections.sandbox.http.server import Server
from tests.support.samples import ACCOUNT, TRANSACTION

PERIOD = 1.0
RESPONSES = {
    "accounts": json.dumps(ACCOUNT).encode(),
    "transactions": json.dumps(TRANSACTION).encode(),
}


class Recorder:
    """An ASGI application whose responses take a while.

    Args:
        seconds: Duration of a response.
    """

    def __init__(self, seconds=0.02):
        self.seconds = seconds
        self.requests = []
        self._arrived = Condition()

    async def __call__(self, scope, receive, send):
        if scope["type"] != "http":
            return
        endpoint = scope["path"].split("/")[-2]
        with self._arrived:
            self.requests.append((time.monotonic(), endpoint))
            self._arrived.notify_all()
        await anyio.sleep(self.seconds)
        headers = [(b"content-type", b"application/json")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        body = RESPONSES[endpoint]
        await send({"type": "http.response.body", "body": body})

    def wait_for(self, number):
        """Wait until this many more requests have arrived."""
        number += len(self.requests)
        with self._arrived:
            assert self._arrived.wait_for(lambda: len(self.requests) >= number, 60)

    def peak(self, endpoint=None):
        """Return the largest number of requests within a period."""
        window, peak = deque(), 0
        for at, name in self.requests:
            if endpoint in {None, name}:
                window.append(at)
                while window[0] <= at - PERIOD:
                    window.popleft()
                peak = max(peak, len(window))
        return peak

    def rate(self, last):
        """Return the requests per second of the last requests.

        Args:
            last: Number of requests. As they may come in bursts, it should be a
                multiple of the limit.
        """
        times = [at for at, _ in self.requests[-last - 1 :]]
        return last / (times[-1] - times[0])

    @property
    def endpoints(self):
        return Counter(name for _, name in self.requests)


@contextmanager
def recorder(**settings):
    """Serve a recorder, and yield it with its URL."""
    app = Recorder(**settings)
    with Server(app, _do_nothing, host="127.0.0.1", port=0) as server:
        yield app, server.url


async def _do_nothing():
    pass
