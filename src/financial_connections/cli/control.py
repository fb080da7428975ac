"""Call the control endpoints of a running sandbox."""
# ruff: noqa: PLC0415 - lazy imports keep help and completion fast

import json
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import typer
from attrs import frozen

from financial_connections.cli.confirm import has_test_key
from financial_connections.cli.embedded import require_state
from financial_connections.cli.failure import (
    ConnectionFailedError,
    InvalidResponseError,
    RejectedError,
    UsageError,
)

if TYPE_CHECKING:
    import httpx

    from financial_connections.cli.settings import Context

_NO_SANDBOX = (
    "this command needs a sandbox; run fincon sandbox in another terminal, and set"
    " STRIPE_BASE_URL to its URL"
)


@frozen
class Control:
    """The control endpoints of the sandbox that a command uses.

    Attributes:
        url: URL of the sandbox.
    """

    url: str
    _authorization: str

    @classmethod
    def of(cls, context: "Context") -> "Control":
        """Return the control endpoints of the server that a command uses.

        Args:
            context: Context of the command.

        Raises:
            UsageError: The server is Stripe, or the key is not a test key.
        """
        if not has_test_key(context.client):
            raise UsageError("a sandbox takes only test keys; set STRIPE_API_KEY")
        settings = context.client._transport.settings
        if f".{urlsplit(settings.base_url).hostname}".endswith(".stripe.com"):
            raise UsageError(_NO_SANDBOX)
        return cls(settings.base_url, f"Bearer {settings.api_key.reveal()}")

    @classmethod
    async def of_sandbox(cls, context: "Context") -> "Control | None":
        """Return the control endpoints if the server is a sandbox, or None.

        Args:
            context: Context of the command.
        """
        try:
            control = cls.of(context)
            await control.send("GET", "/clock")
        except UsageError:
            return None
        return control

    async def send(
        self, method: str, path: str, body: dict[str, Any] | None = None
    ) -> dict[str, Any]:
        """Call a control endpoint, and return its response.

        Args:
            method: HTTP method.
            path: Path below `/_sandbox`, such as `/advance`.
            body: Body of a POST.

        Raises:
            CommandError: The server cannot be reached, is not a sandbox, or has
                rejected the request.
        """
        import httpx

        # The proxies of the environment do not lead to a sandbox on this machine.
        async with httpx.AsyncClient(trust_env=False, timeout=30) as client:
            try:
                response = await client.request(
                    method,
                    f"{self.url}/_sandbox{path}",
                    json=body,
                    headers={"Authorization": self._authorization},
                )
            except httpx.TransportError as error:
                raise ConnectionFailedError(
                    f"no response from {self.url} ({type(error).__name__}); is the"
                    " sandbox running?"
                ) from None
        return _content(response)


def _content(response: "httpx.Response") -> dict[str, Any]:
    try:
        content = json.loads(response.content)
        if response.is_success:
            return dict(content)
        message = str(content["error"]["message"])
    except (ValueError, TypeError, LookupError):
        if response.is_success:
            raise InvalidResponseError("the response is not JSON") from None
        raise UsageError(_NO_SANDBOX) from None
    if response.status_code == 404:  # noqa: PLR2004 - another server, not a sandbox
        raise UsageError(_NO_SANDBOX)
    if response.status_code == 401:  # noqa: PLR2004
        raise RejectedError(message)
    raise InvalidResponseError(message.removeprefix("Invalid request: "))


def run_control(
    ctx: typer.Context,
    path: str,
    body: dict[str, Any] | None,
    drawing: str,
    *,
    clear: bool = False,
) -> None:
    """Call a control endpoint, and print its response.

    Args:
        ctx: Context of the command line.
        path: Path below `/_sandbox`.
        body: Body of a POST; None sends a GET.
        drawing: Name of the function in `sandbox_details` that renders the response.
        clear: Send a DELETE first.
    """
    if ctx.obj.sandbox:
        require_state()

    async def work(context: "Context") -> None:
        from financial_connections.cli import sandbox_details

        control = Control.of(context)
        if clear:
            await control.send("DELETE", path)
        result = await control.send("POST" if body else "GET", path, body)
        draw = getattr(sandbox_details, drawing)
        context.output.show(result, lambda: draw(result))

    ctx.obj.run(work)
