"""Serve a sandbox until SIGINT or SIGTERM.

Run it with `python -m financial_connections.sandbox`.
"""

import signal
import sys
from argparse import ArgumentParser, ArgumentTypeError, Namespace
from collections.abc import Sequence
from threading import Event
from typing import NoReturn
from urllib.parse import urlsplit

from financial_connections.sandbox.clock import Clock
from financial_connections.sandbox.http.guard import is_loopback
from financial_connections.sandbox.http.server import serve
from financial_connections.sandbox.scenarios import SCENARIOS, Scenario
from financial_connections.sandbox.state_file import StateFileError
from financial_connections.sandbox.webhooks import check_url


def main(argv: Sequence[str] | None = None) -> int:
    """Serve a sandbox and return the exit status."""
    options = _options(argv)
    if not is_loopback(options.host):
        sys.stderr.write(f"Anyone who can reach {options.host} can use this sandbox.\n")
    try:
        scenario = _scenario(options)
    except StateFileError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    except OSError as error:
        sys.stderr.write(f"Cannot use {options.state}: {error.strerror}\n")
        return 1
    stopped = Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stopped.set())
    known = {webhook.url for webhook in scenario.sandbox.webhooks}
    for url in options.webhook:
        if url not in known:
            scenario.sandbox.webhook_hosts.add(_host(url))
            scenario.sandbox.add_webhook(url)
    try:
        with serve(scenario.sandbox, host=options.host, port=options.port) as server:
            sys.stdout.write(_banner(server.url, scenario))
            sys.stdout.flush()
            stopped.wait()
    except (OSError, OverflowError) as error:
        sys.stderr.write(f"Cannot listen on {options.host}:{options.port}: {error}\n")
        return 1
    finally:
        scenario.sandbox.close()
    return 0


def _scenario(options: Namespace) -> Scenario:
    if options.state is not None:
        return Scenario.from_state_file(
            options.state, options.scenario, seed=options.seed
        )
    return SCENARIOS[options.scenario or "demo"](options.seed or 0, Clock.system())


def _host(url: str) -> str:
    return urlsplit(url).hostname or ""


def _webhook_url(url: str) -> str:
    try:
        check_url(url, {_host(url)})
    except ValueError as error:
        raise ArgumentTypeError(str(error)) from None
    return url


class _Parser(ArgumentParser):
    """An argument parser that reports errors on one line."""

    def error(self, message: str) -> NoReturn:
        """Print the error and exit with status 2."""
        self.exit(2, f"{self.prog}: {message}\n")


def _banner(url: str, scenario: Scenario) -> str:
    key = scenario.sandbox.api_key
    webhooks = "".join(
        f"Webhook   {webhook.url}\nSecret    {webhook.secret}\n"
        for webhook in scenario.sandbox.webhooks
    )
    return (
        f"Sandbox   {url}\nAPI key   {key}\nCustomer  {scenario.customer}\n"
        f"Linking   {url}/_sandbox/link\n{webhooks}Stop with Ctrl-C.\n"
    )


def _options(argv: Sequence[str] | None) -> Namespace:
    parser = _Parser(
        prog="python -m financial_connections.sandbox", description="Serve a sandbox."
    )
    parser.add_argument(
        "--host", default="127.0.0.1", help="address to listen on (default: 127.0.0.1)"
    )
    parser.add_argument(
        "--port",
        type=int,
        default=12111,
        help="port to listen on, or 0 for any free port (default: 12111)",
    )
    parser.add_argument(
        "--seed", type=int, help="seed for all IDs and data (default: 0)"
    )
    parser.add_argument(
        "--scenario",
        choices=sorted(SCENARIOS),
        help="scenario to start with (default: demo)",
    )
    parser.add_argument(
        "--state",
        metavar="FILE",
        help="file that keeps the state, to be restored at the next start",
    )
    parser.add_argument(
        "--webhook",
        metavar="URL",
        type=_webhook_url,
        action="append",
        default=[],
        help="URL to send events to, on any host; repeatable",
    )
    return parser.parse_args(argv)


if __name__ == "__main__":
    sys.exit(main())
