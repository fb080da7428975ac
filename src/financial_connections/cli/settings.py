"""The options that every command takes, and what comes of them: a client, an output, a
clock.
"""

import os
import sys
from collections.abc import AsyncGenerator, Awaitable, Callable, Generator
from contextlib import asynccontextmanager, contextmanager, nullcontext
from functools import partial
from pathlib import Path
from time import time
from typing import TYPE_CHECKING, Any, Self

from attrs import evolve, frozen

from financial_connections.cli.output import Output
from financial_connections.cli.text import masked
from financial_connections.cli.usage import UsageError

if TYPE_CHECKING:
    from financial_connections import AsyncClient

SANDBOX = "sandbox"
"""What stands for a base URL where there is an embedded sandbox, whose port is another
each time.
"""


@frozen
class Link:
    """What a command works with."""

    client: "AsyncClient"
    output: Output
    now: Callable[[], float]
    """The time, in seconds since the epoch: the sandbox's own where it is embedded."""


@frozen(kw_only=True)
class Settings:
    """What stands before or behind any command. None: the SDK's default."""

    is_json: bool = False
    sandbox: bool = False
    api_key_file: str | None = None
    base_url: str | None = None
    stripe_account: str | None = None
    timeout: float | None = None
    max_retries: int | None = None
    debug: bool = False

    def overridden(self, **given: Any) -> Self:
        """Return settings in which those that were given count; None was not."""
        return evolve(
            self, **{name: value for name, value in given.items() if value is not None}
        )

    @property
    def server(self) -> str | None:
        """Who is asked: a URL, `sandbox`, or None for Stripe."""
        return SANDBOX if self.sandbox else self.base_url and self.base_url.rstrip("/")

    @property
    def output(self) -> Output:
        """Where results go."""
        return Output.chosen(is_json=self.is_json)

    def run(self, work: Callable[[Link], Awaitable[None]]) -> None:
        """Do the work of a command, from start to end."""
        import anyio  # noqa: PLC0415 - help and completion do without

        with _attempts_told() if self.debug else nullcontext():
            anyio.run(partial(self._work, work))

    async def _work(self, work: Callable[[Link], Awaitable[None]]) -> None:
        async with self._link() as link:
            await work(link)

    @asynccontextmanager
    async def _link(self) -> AsyncGenerator[Link]:
        if not self.sandbox:
            async with self._client(self._key(), self.base_url) as client:
                yield Link(client, self.output, time)
            return
        if self.base_url or self.api_key_file:
            raise UsageError(
                "--sandbox has a key and a URL of its own: leave out --api-key-file and --base-url"
            )
        from financial_connections.sandbox import Clock, Scenario, serve  # noqa: PLC0415 - an extra, and slow to load

        # A clock that stands still: the same command shows the same.
        sandbox = Scenario.demo(clock=Clock()).sandbox
        async with (
            serve(sandbox) as server,
            self._client(sandbox.api_key, server.url) as client,
        ):
            yield Link(client, self.output, sandbox.clock.now)

    def _client(self, api_key: str | None, base_url: str | None) -> "AsyncClient":
        from financial_connections import AsyncClient  # noqa: PLC0415 - help and completion do without

        given = {
            "api_key": api_key,
            "base_url": base_url,
            "timeout": self.timeout,
            "max_retries": self.max_retries,
        }
        settings: dict[str, Any] = {
            name: value for name, value in given.items() if value is not None
        }
        return AsyncClient(stripe_account=self.stripe_account, **settings)

    def _key(self) -> str | None:
        if self.api_key_file:
            return secret_from(self.api_key_file)
        if not os.environ.get("STRIPE_API_KEY"):
            raise UsageError(
                "there is no key: set STRIPE_API_KEY, or give --api-key-file; --sandbox needs none"
            )
        return None  # the client takes it from there


def secret_from(name: str) -> str:
    """Return the secret in a file, or from stdin where the name is `-`, without white
    space around it.
    """
    try:
        secret = (
            content_of(name).decode("utf-8-sig").strip()
        )  # some editors begin a file with a mark
    except UnicodeDecodeError:
        secret = ""
    if not secret:
        raise UsageError(f"{name}: there is no secret in it")
    return secret


def content_of(name: str) -> bytes:
    """Return what is in a file, or comes from stdin where the name is `-`."""
    if name != "-":
        return Path(name).read_bytes()
    if sys.stdin is None:
        raise UsageError("stdin is closed")
    return sys.stdin.buffer.read()


@contextmanager
def _attempts_told() -> Generator[None]:
    import logging  # noqa: PLC0415 - for --debug alone

    class Formatter(logging.Formatter):
        def format(self, record: logging.LogRecord) -> str:
            return masked(super().format(record))  # a path has the IDs that were typed

    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(Formatter("%(name)s: %(message)s"))
    logger = logging.getLogger("financial_connections")
    before = logger.level
    logger.addHandler(handler)
    logger.setLevel(logging.DEBUG)
    try:
        yield
    finally:
        logger.setLevel(before)
        logger.removeHandler(handler)
