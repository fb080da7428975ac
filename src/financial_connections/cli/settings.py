"""Shared options, and the client, output and clock that commands get from them."""
# ruff: noqa: PLC0415 - lazy imports keep help and completion fast

import os
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager, nullcontext
from functools import partial
from time import time
from typing import TYPE_CHECKING, Any, Self

from attrs import evolve, frozen

from financial_connections.cli import profiles
from financial_connections.cli.choices import OutputFormat, Setting
from financial_connections.cli.debug import debug_logging
from financial_connections.cli.failure import UsageError
from financial_connections.cli.inputs import read_secret
from financial_connections.cli.output import Output
from financial_connections.cli.selection import Selection

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
        output_format: Format of results; None depends on stdout.
        columns: Fields of results to print, separated by commas.
        query: JMESPath expression that selects parts of results.
        profile: Profile that provides other settings; the options, and unless it is
            given the environment, override it.
        sandbox: Use an embedded sandbox.
        api_key_file: File with the API key, or `-` for stdin.
        base_url: URL of the API; overrides `FINCON_BASE_URL` and `STRIPE_BASE_URL`.
        stripe_account: Connected account to make requests on behalf of.
        timeout: Timeout per attempt, in seconds.
        max_retries: Maximum number of retries.
        debug: Log every attempt.
    """

    output_format: OutputFormat | None = None
    columns: str | None = None
    query: str | None = None
    profile: str | None = None
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
                `is_json=True` is short for the format JSON Lines.

        Raises:
            UsageError: Two formats are given.
        """
        if overrides.pop("is_json", None):
            if overrides.get("output_format"):
                raise UsageError("use only one of --json and --output")
            overrides["output_format"] = OutputFormat.JSONL
        changes = {
            name: value for name, value in overrides.items() if value is not None
        }
        return evolve(self, **changes)

    @property
    def server(self) -> str | None:
        """URL of the API: `sandbox` for the embedded sandbox, None for Stripe."""
        if self.sandbox:
            return SANDBOX
        _, url = self._located_url()
        return url and url.rstrip("/")

    @property
    def output(self) -> Output:
        """Output for printing results to stdout."""
        selection = Selection.parse(self.columns, self.query)
        return Output.for_stdout(self._format, selection)

    @property
    def _format(self) -> OutputFormat | None:
        stored = self._profile.get("output")
        try:
            return self.output_format or (OutputFormat(stored) if stored else None)
        except ValueError:
            raise UsageError(
                f"output in {profiles.file_path()} must be one of"
                f" {', '.join(OutputFormat)}"
            ) from None

    @property
    def connected_account(self) -> str | None:
        """Connected account to make requests on behalf of."""
        if self.sandbox:
            return self.stripe_account
        return self.stripe_account or self._profile.get("stripe_account")

    @property
    def is_json(self) -> bool:
        """True if JSON is printed even on a terminal."""
        return self._format in {OutputFormat.JSON, OutputFormat.JSONL}

    def show_versions(self) -> None:
        """Print the versions of this package and of the API."""
        from financial_connections import API_VERSION, __version__

        self.output.show(
            {"version": __version__, "api_version": API_VERSION},
            lambda: f"financial-connections {__version__}, API version {API_VERSION}",
        )

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

        with debug_logging() if self.debug else nullcontext():
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
        return AsyncClient(stripe_account=self.connected_account, **settings)

    def _base_url(self, api_key: str | None) -> str | None:
        source, url = self._located_url()
        if source in {"--base-url", "STRIPE_BASE_URL"} or url is None:
            return self.base_url  # the client reads and checks STRIPE_BASE_URL
        key = api_key or os.environ.get("STRIPE_API_KEY", "")
        if not key.startswith(("sk_test_", "rk_test_")):
            raise UsageError(
                f"{source} works only with test keys; for another key, use --base-url"
            )
        return url

    def _located_url(self) -> tuple[str, str | None]:
        in_profile = ("base_url of a profile", self._profile.get("base_url"))
        candidates = [
            ("--base-url", self.base_url),
            *([in_profile] if self.profile else []),
            *((n, os.environ.get(n)) for n in ("FINCON_BASE_URL", "STRIPE_BASE_URL")),
            in_profile,
        ]
        return next((item for item in candidates if item[1]), ("", None))

    def _api_key(self) -> str | None:
        if self.api_key_file:
            return read_secret(self.api_key_file)
        key = self._profile.get(Setting.API_KEY)
        if key and (self.profile or not os.environ.get("STRIPE_API_KEY")):
            return key
        if not os.environ.get("STRIPE_API_KEY"):
            raise UsageError(
                "no API key; set STRIPE_API_KEY, use --api-key-file, or run"
                " fincon config set api_key (--sandbox needs no key)"
            )
        return None  # the client reads it from the environment

    @property
    def _profile(self) -> Mapping[str, str]:
        return profiles.load(self.profile)
