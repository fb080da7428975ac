"""Run the application together with a sandbox: `make web`.

The data is in a temporary folder. Every few seconds, each linked account has a new
transaction.
"""

import logging
import os
import secrets
import socket
import sys
from contextlib import closing, suppress
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Event, Thread

import uvicorn

from examples.web import logs
from examples.web.app import create_app
from examples.web.settings import Settings
from financial_connections import AsyncClient
from financial_connections.sandbox import Clock, Sandbox, serve

SECONDS_BETWEEN_TRANSACTIONS = 10.0

BANNER = """
  Open      {url}
  Sandbox   {sandbox}  (instead of Stripe)

  Create an account with any email address and password, and link a bank account:
  its history arrives after 5 seconds, and a new transaction every 10 seconds.
  All data is fictional and is deleted when you press Ctrl-C.
"""


def listen(port: int) -> socket.socket:
    """Listen on a port of this machine, or on any free one if it is taken."""
    for number in (port, 0):
        listener = socket.socket()
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind(("127.0.0.1", number))
        except OSError:
            listener.close()
        else:
            return listener
    raise SystemExit("no port is free")


def add_transactions(sandbox: Sandbox, stopped: Event) -> None:
    """Add a transaction to each account now and then, as a bank would."""
    while not stopped.wait(SECONDS_BETWEEN_TRANSACTIONS):
        for account in sandbox.accounts:
            with suppress(ValueError):  # the account has been disconnected
                sandbox.add_transactions(account)


def configure(sandbox: Sandbox, sandbox_url: str, url: str, folder: str) -> Settings:
    """Send both kinds of events to the application, and return its settings."""
    secret = secrets.token_urlsafe(32)
    sandbox.add_webhook(f"{url}/stripe", secret=secret)
    sandbox.add_webhook(f"{url}/stripe", secret=secret, event_payload="thin")
    return Settings(
        webhook_secrets=[secret],
        session_secret=secrets.token_urlsafe(32),
        publishable_key="pk_test_sandbox",
        stripe_js=f"{sandbox_url}/_sandbox/stripe.js",
        database_url=f"sqlite:///{Path(folder) / 'web.db'}",
        secure_cookies=False,
    )


def main() -> int:
    logs.configure(logging.WARNING)
    sandbox = Sandbox(clock=Clock.system())
    stopped = Event()
    with (
        TemporaryDirectory() as folder,
        closing(listen(int(os.environ.get("PORT", "8000")))) as listener,
        serve(sandbox) as server,
    ):
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        settings = configure(sandbox, server.url, url, folder)
        client = partial(AsyncClient, sandbox.api_key, base_url=server.url)
        config = uvicorn.Config(
            create_app(settings, client),
            log_config=None,
            access_log=False,
            timeout_graceful_shutdown=3,
        )
        feeder = Thread(target=add_transactions, args=(sandbox, stopped), daemon=True)
        feeder.start()
        try:
            sys.stdout.write(BANNER.format(url=url, sandbox=server.url))
            sys.stdout.flush()
            uvicorn.Server(config).run(sockets=[listener])
        except KeyboardInterrupt:
            sys.stdout.write("\nStopped.\n")
        finally:
            stopped.set()
            feeder.join()
    return 0


if __name__ == "__main__":
    sys.exit(main())
