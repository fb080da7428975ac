"""Shared options, and the client, output and clock that commands get from them."""
# ruff: noqa: PLC0415 - lazy imports keep help and completion fast

import os
import sys
from collections.abc import AsyncGenerator, Awaitable, Callable, Generator
from contextlib import asynccontextmanager, contextmanager, nullcontext
from functools import partial
from pathlib import Path
from time import time
from typing import TYPE_CHECKING, Any, Self

from attrs import evolve, frozen

from financial_connections.cli.failure import UsageError
from financial_connections.cli.output import Output
from financial_connections.cli.text import redact

if TYPE_CHECKING:
    from financial_connections import AsyncClient, RateLimit

SANDBOX = "sandbox"
"""A placeholder for the embedded sandbox's URL, whose port changes with each run."""


@frozen
class Context:
    """The client, output and clock available to a command.

    Attributes:
        client: Client for sending requests.
        output: Output for printing results.
        now: Function that returns the current time, in seconds since the epoch. With
            the embedded sandbox, this is the sandbox's time.
    """

    client: "AsyncClient"
    output: Output
    now: Callable[[], float]


@frozen(kw_only=True)
class Settings:
    """Values of the shared options; None means the SDK's default.

    Attributes:
        is_json: Print JSON Lines even on a terminal.
        sandbox: Use an embedded sandbox.
        api_key_file: File with the API key, or `-` for stdin.
        base_url: URL of the API; overrides `FINCON_BASE_URL` and `STRIPE_BASE_URL`.
        stripe_account: Connected account to make requests on behalf of.
        timeout: Timeout per attempt, in seconds.
        max_retries: Maximum number of retries.
        debug: Log every attempt.
    """

    is_json: bool = False
    sandbox: bool = False
    api_key_file: str | None = None
    base_url: str | None = None
    stripe_account: str | None = None
    timeout: float | None = None
    max_retries: int | None = None
    debug: bool = False

    def with_overrides(self, **overrides: Any) -> Self:
        """Return a copy with some values replaced.

        Args:
            overrides: New values by attribute name; None keeps the current value.
        """
        changes = {
            name: value for name, value in overrides.items() if value is not None
        }
        return evolve(self, **changes)

    @property
    def server(self) -> str | None:
        """URL of the API: `sandbox` for the embedded sandbox, None for Stripe."""
        if self.sandbox:
            return SANDBOX
        url = self.base_url or _url_from_environment()
        return url and url.rstrip("/")

    @property
    def output(self) -> Output:
        """Output for printing results to stdout."""
        return Output.for_stdout(is_json=self.is_json)

    def run(
        self,
        work: Callable[[Context], Awaitable[None]],
        *,
        rate_limit: "RateLimit | None" = None,
    ) -> None:
        """Run a command's work in an event loop.

        Args:
            work: Async function to run.
            rate_limit: Rate limit of the client, if it is not the default.
        """
        self.run_alone(partial(self._run, work, rate_limit))

    def run_alone(self, work: Callable[[], Awaitable[None]]) -> None:
        """Run the work of a command that needs no API key.

        Args:
            work: Async function to run.
        """
        import anyio

        with _debug_logging() if self.debug else nullcontext():
            anyio.run(work)

    async def _run(
        self,
        work: Callable[[Context], Awaitable[None]],
        rate_limit: "RateLimit | None",
    ) -> None:
        async with self._context(rate_limit) as context:
            await work(context)

    @asynccontextmanager
    async def _context(
        self, rate_limit: "RateLimit | None" = None
    ) -> AsyncGenerator[Context]:
        options = {"rate_limit": rate_limit}
        if not self.sandbox:
            key = self._api_key()
            async with self._client(key, self._base_url(key), **options) as client:
                yield Context(client, self.output, time)
            return
        if self.base_url or self.api_key_file:
            raise UsageError(
                "--sandbox sets the API key and the URL; remove --api-key-file and"
                " --base-url"
            )
        from financial_connections.cli.embedded import embedded_sandbox

        async with (
            embedded_sandbox() as (sandbox, url),
            self._client(sandbox.api_key, url, **options) as client,
        ):
            yield Context(client, self.output, sandbox.clock.now)

    def _client(
        self, api_key: str | None, base_url: str | None, **options: Any
    ) -> "AsyncClient":
        from financial_connections import AsyncClient

        options |= {
            "api_key": api_key,
            "base_url": base_url,
            "timeout": self.timeout,
            "max_retries": self.max_retries,
        }
        settings: dict[str, Any] = {
            name: value for name, value in options.items() if value is not None
        }
        return AsyncClient(stripe_account=self.stripe_account, **settings)

    def _base_url(self, api_key: str | None) -> str | None:
        if self.base_url or not (url := os.environ.get("FINCON_BASE_URL")):
            return self.base_url  # the client reads STRIPE_BASE_URL
        key = api_key or os.environ.get("STRIPE_API_KEY", "")
        if not key.startswith(("sk_test_", "rk_test_")):
            raise UsageError(
                "FINCON_BASE_URL works only with test keys; for another key, use"
                " --base-url"
            )
        return url

    def _api_key(self) -> str | None:
        if self.api_key_file:
            return read_secret(self.api_key_file)
        if not os.environ.get("STRIPE_API_KEY"):
            raise UsageError(
                "no API key; set STRIPE_API_KEY or use --api-key-file (--sandbox needs"
                " no key)"
            )
        return None  # the client reads it from the environment


def _url_from_environment() -> str | None:
    return os.environ.get("FINCON_BASE_URL") or os.environ.get("STRIPE_BASE_URL")


def read_secret(name: str) -> str:
    """Read a secret and strip surrounding whitespace.

    Args:
        name: Path of the file, or `-` for stdin.

    Raises:
        UsageError: The file contains no text, or stdin is closed.
    """
    try:
        # Some editors write a byte order mark at the start of a file.
        secret = read_bytes(name).decode("utf-8-sig").strip()
    except UnicodeDecodeError:
        secret = ""
    if not secret:
        raise UsageError(f"{name} does not contain a secret")
    return secret


def read_bytes(name: str) -> bytes:
    """Read a file or stdin.

    Args:
        name: Path of the file, or `-` for stdin.

    Raises:
        UsageError: Stdin is closed.
    """
    if name != "-":
        return Path(name).read_bytes()
    if sys.stdin is None:
        raise UsageError("stdin is closed")
    return sys.stdin.buffer.read()


@contextmanager
def _debug_logging() -> Generator[None]:
    import logging

    class Formatter(logging.Formatter):
        def format(self, record: logging.LogRecord) -> str:
            # A key passed in place of an ID ends up in the request path.
            return redact(super().format(record))

    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(Formatter("%(name)s: %(message)s"))
    logger = logging.getLogger("financial_connections")
    previous_level = logger.level
    logger.addHandler(handler)
    logger.setLevel(logging.DEBUG)
    try:
        yield
    finally:
        logger.setLevel(previous_level)
        logger.removeHandler(handler)
