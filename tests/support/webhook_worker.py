"""A process that receives events through an endpoint and prints those it handled.

Its argument is a job in JSON: a store, its address, the number of events, and so on.
"""

import json
import os
import random
import signal
import sys
import time
from collections import deque

import anyio

from financial_connections.webhooks import (
    PostgresEventStore,
    RedisEventStore,
    SQLiteEventStore,
    sign,
    webhook_endpoint,
)

SECRET = "whsec_1"
STORES = {
    "sqlite": SQLiteEventStore,
    "redis": RedisEventStore,
    "postgres": PostgresEventStore,
}


def write_line(text):
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


async def post(app, event_id, now=None):
    """Deliver an event and return the status of the response."""
    payload = json.dumps(
        {"id": event_id, "type": "financial_connections.account.created"}
    ).encode()
    signature = sign(payload, SECRET, now)
    scope = {
        "type": "http",
        "method": "POST",
        "headers": [(b"stripe-signature", signature.encode())],
    }
    sent = []

    async def receive():
        return {"type": "http.request", "body": payload}

    async def send(message):
        sent.append(message)

    await app(scope, receive, send)
    return sent[0]["status"]


async def deliver_all(app, deliveries, statuses):
    """Deliver all events, and requeue those that are not acknowledged."""
    while deliveries:
        event_id = deliveries.popleft()
        status = await post(app, event_id)
        statuses[status] = statuses.get(status, 0) + 1
        if status != 200:
            deliveries.append(event_id)
            await anyio.lowlevel.checkpoint()


async def work(job):
    store = STORES[job["store"]](job["address"])
    handled, statuses = [], {}

    async def handler(event):
        if job.get("dies"):
            write_line("handling")
            os.kill(os.getpid(), signal.SIGKILL)
        await anyio.lowlevel.checkpoint()
        handled.append(event.id)

    app = webhook_endpoint(SECRET, handler, store=store)
    deliveries = [f"evt_{n}" for n in range(job["events"])] * 2
    random.Random(job["seed"]).shuffle(deliveries)
    queue = deque(deliveries)
    async with anyio.create_task_group() as tasks:
        for _ in range(job["tasks"]):
            tasks.start_soon(deliver_all, app, queue, statuses)
    await store.aclose()
    return {"handled": handled, "statuses": statuses}


if __name__ == "__main__":
    job = json.loads(sys.argv[1])
    write_line("ready")
    sys.stdin.readline()
    started = time.perf_counter()
    result = anyio.run(work, job, backend=job["backend"])
    write_line(json.dumps(result | {"seconds": time.perf_counter() - started}))
