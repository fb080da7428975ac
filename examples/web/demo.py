"""Run the application together with a sandbox: `make web`.

The database is in a temporary folder.
"""

import logging
import os
import secrets
import signal
import socket
import sys
from contextlib import closing
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

import uvicorn

from examples.web import logs
from examples.web.app import create_app
from examples.web.sandbox import new_sandbox, serving
from examples.web.settings import Settings
from financial_connections import AsyncClient

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
            listener.listen()  # a browser that is too early waits
        except OSError:
            listener.close()
        else:
            return listener
    raise SystemExit("no port is free")


def main() -> int:
    logs.configure(logging.WARNING)
    # SIGTERM, too, ends the program in an orderly way.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    with (
        TemporaryDirectory() as folder,
        closing(listen(int(os.environ.get("PORT", "8000")))) as listener,
    ):
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        secret = secrets.token_urlsafe(32)
        sandbox = new_sandbox(f"{url}/stripe", secret)
        try:
            with serving(sandbox) as sandbox_url:
                settings = Settings(
                    webhook_secrets=[secret],
                    session_secret=secrets.token_urlsafe(32),
                    publishable_key="pk_test_sandbox",
                    stripe_js=f"{sandbox_url}/_sandbox/stripe.js",
                    database_url=f"sqlite:///{Path(folder) / 'web.db'}",
                    secure_cookies=False,
                )
                client = partial(AsyncClient, sandbox.api_key, base_url=sandbox_url)
                config = uvicorn.Config(
                    create_app(settings, client),
                    log_config=None,
                    access_log=False,
                    timeout_graceful_shutdown=3,
                )
                sys.stdout.write(BANNER.format(url=url, sandbox=sandbox_url))
                sys.stdout.flush()
                uvicorn.Server(config).run(sockets=[listener])
        except KeyboardInterrupt:
            sys.stdout.write("\nStopped.\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
