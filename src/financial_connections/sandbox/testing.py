"""Objects returned by the pytest fixtures `fc_server` and `fc_webhooks`."""

import json
import time

import httpx
from attrs import field, frozen
from starlette.types import ASGIApp

from financial_connections.sandbox.sandbox import Sandbox
from financial_connections.sandbox.webhooks import signature


@frozen
class ServerAddress:
    """The URL of a running sandbox and the API key for it."""

    url: str
    """URL of the sandbox, for `base_url=` or `STRIPE_BASE_URL`."""
    api_key: str
    """API key that the sandbox accepts."""


@frozen(eq=False)
class WebhookSender:
    """A sender of a sandbox's snapshot events to an application under test.

    Args:
        sandbox: Sandbox whose events are sent.
    """

    sandbox: Sandbox
    secret: str = field(default="whsec_sandbox", init=False, repr=False)
    """Signing secret, which the application needs to verify the events."""
    _sent: set[str] = field(factory=set[str], init=False, repr=False)

    async def deliver(self, app: ASGIApp, path: str = "/") -> list[int]:
        """Send each new event once to an ASGI application, in the same process.

        Events are signed with the current time, so that the application can verify it.
        If the application raises an exception, this method raises it, too.

        Args:
            app: The application.
            path: Path of its webhook endpoint.

        Returns:
            The status of the response to each event, oldest event first.
        """
        statuses: list[int] = []
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport) as client:
            for event in self.sandbox.events:
                if event["id"] in self._sent:
                    continue
                self._sent.add(event["id"])
                body = json.dumps(event).encode()
                header = signature(body, self.secret, int(time.time()))
                response = await client.post(
                    f"http://127.0.0.1{path}",
                    content=body,
                    headers={"Stripe-Signature": header},
                )
                statuses.append(response.status_code)
        return statuses
