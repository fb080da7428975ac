"""Serve a sandbox for the application, with new transactions every few seconds.

compose.yaml runs it as a service of its own, and demo.py in the application's process.
"""

import os
import signal
from collections.abc import Generator
from contextlib import contextmanager, suppress
from threading import Event, Thread
from urllib.parse import urlsplit

from financial_connections.sandbox import Clock, Sandbox, serve

SECONDS_BETWEEN_TRANSACTIONS = 10.0


def new_sandbox(webhook_url: str, secret: str) -> Sandbox:
    """Return a sandbox that sends both kinds of events to the application."""
    host = urlsplit(webhook_url).hostname or ""
    sandbox = Sandbox(clock=Clock.system(), webhook_hosts=[host])
    sandbox.add_webhook(webhook_url, secret=secret)
    sandbox.add_webhook(webhook_url, secret=secret, event_payload="thin")
    return sandbox


def add_transactions(sandbox: Sandbox, stopped: Event) -> None:
    """Add a transaction to each account now and then, as a bank would."""
    while not stopped.wait(SECONDS_BETWEEN_TRANSACTIONS):
        for account in sandbox.accounts:
            with suppress(ValueError):  # the account has been disconnected
                sandbox.add_transactions(account)


@contextmanager
def serving(
    sandbox: Sandbox, host: str = "127.0.0.1", port: int = 0
) -> Generator[str, None, None]:
    """Serve the sandbox in the block, and yield its URL."""
    stopped = Event()
    bank = Thread(target=add_transactions, args=(sandbox, stopped), daemon=True)
    with serve(sandbox, host=host, port=port) as server:
        bank.start()
        try:
            yield server.url
        finally:
            stopped.set()
            bank.join()


def main() -> None:
    stopped = Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stopped.set())
    environment = os.environ
    sandbox = new_sandbox(
        environment["WEBHOOK_URL"], environment["STRIPE_WEBHOOK_SECRET"]
    )
    port = int(environment.get("PORT", "12111"))
    with serving(sandbox, environment.get("HOST", "127.0.0.1"), port):
        stopped.wait()


if __name__ == "__main__":
    main()
