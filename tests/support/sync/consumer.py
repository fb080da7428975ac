"""A consumer that syncs, crashes, and resumes from its saved cursor."""

import httpx

from financial_connections import AsyncClient, PaginationError


class Crash(BaseException):
    """The consumer's process crashes."""


class Consumer:
    """A table and a saved cursor that survive a crash, and a script of events.

    At each step of the sync, one event of the script happens.

    Args:
        institution: The institution.
        script: The events.
        settings: Further arguments of `sync`.
    """

    def __init__(self, institution, script, **settings):
        self.settings = settings
        self.institution = institution
        self.script = list(script)
        self.table = {}
        self.saved = None
        self.synced = 0

    async def step(self):
        if self.script:
            kind, number = self.script.pop(0)
            if kind == "crash":
                raise Crash
            getattr(self.institution, kind)(number)

    async def sync(self, client, limit):
        self.institution.begin_sync()
        async with client.transactions.sync(
            self.institution.account, cursor=self.saved, limit=limit, **self.settings
        ) as changes:
            async for batch in changes:
                assert batch.account == self.institution.account
                assert len(batch.cursor) < 255
                half = len(batch.transactions) // 2
                await self.store(batch.transactions[:half])
                await self.store(batch.transactions[half:])
                self.saved = batch.cursor
                await self.step()
        self.synced += 1

    async def store(self, transactions):
        await self.step()
        self.table |= {
            transaction.id: transaction.to_dict() for transaction in transactions
        }

    async def run(self, limit):
        """Sync until all events have happened, and then once more."""
        async with (
            httpx.AsyncClient(
                transport=SteppedTransport(self.institution.transport, self.step)
            ) as http,
            AsyncClient(
                self.institution.api_key, base_url="http://127.0.0.1", http_client=http
            ) as client,
        ):
            while self.script:
                try:
                    await self.sync(client, limit)
                    await self.step()
                except (Crash, PaginationError):
                    continue
            self.institution.settle()
            # If a list is reordered during a scan, the scan can lead back.
            for _ in range(3):
                try:
                    await self.sync(client, limit)
                    break
                except PaginationError:
                    continue
        assert self.synced


class SteppedTransport(httpx.AsyncBaseTransport):
    """A transport that calls `step` before each request and before each response."""

    def __init__(self, transport, step):
        self.transport = transport
        self.step = step

    async def handle_async_request(self, request):
        await self.step()
        response = await self.transport.handle_async_request(request)
        await response.aread()
        await self.step()
        return response
