"""A process that receives events through an endpoint, and prints what it handled. Its
argument is JSON.
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


def say(text):
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


async def post(app, event_id, now=None):
    """The status of the response to a delivery of an event."""
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
    """Deliver until nothing is left; a delivery that is not acknowledged comes again
    after the others.
    """
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
            say("handling")
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
    say("ready")
    sys.stdin.readline()
    began = time.perf_counter()
    result = anyio.run(work, job, backend=job["backend"])
    say(json.dumps(result | {"seconds": time.perf_counter() - began}))
