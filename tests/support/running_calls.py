"""A server that stops responding, and calls that wait for it."""

import anyio

from financial_connections import APIConnectionError, ConfigurationError
from tests.support.servers import read_request


class Server:
    """Sends each response once, then none. Counts open connections."""

    def __init__(self, *responses):
        self.responses = list(responses)
        self.requests = []
        self.open = 0
        self.arrived = anyio.Event()
        """Set when a request arrives that has no response."""

    async def __call__(self, stream):
        self.open += 1
        try:
            while True:
                self.requests.append(await read_request(stream))
                if not self.responses:
                    self.arrived.set()
                    await stream.receive()  # until the client disconnects
                await stream.send(self.responses.pop(0))
        finally:
            self.open -= 1

    async def wait_until_all_are_closed(self):
        with anyio.fail_after(60):
            while self.open:
                await anyio.wait_all_tasks_blocked()


class Call:
    """A call in its own task, and the error it ends with."""

    error = None

    def __init__(self, tasks, call, *args, **kwargs):
        self.ended = anyio.Event()
        tasks.start_soon(self._run, call, args, kwargs)

    async def _run(self, call, args, kwargs):
        try:
            await call(*args, **kwargs)
        except (APIConnectionError, ConfigurationError) as error:
            self.error = error
        self.ended.set()
        await anyio.lowlevel.checkpoint()  # fails if the task itself was cancelled
