"""Requests that are being processed."""

from attrs import define

from financial_connections.sandbox.api.contract import Operation
from financial_connections.sandbox.api.idempotency import Claim
from financial_connections.sandbox.api.operations import ValidatedRequest
from financial_connections.sandbox.api.ratelimit import Permit
from financial_connections.sandbox.api.records import Merchant
from financial_connections.sandbox.api.wire import Request, Response
from financial_connections.sandbox.faults import Fault

_HEADERS = ("content-type", "idempotency-key", "stripe-version")
"""Headers that the result of a request depends on, apart from its Stripe account."""


@define(eq=False)
class PendingRequest:
    """An admitted request, which has either a response or an endpoint to run."""

    request: Request
    request_id: str
    version: str
    merchant: Merchant | None = None
    permit: Permit | None = None
    fault: Fault | None = None
    operation: Operation | None = None
    validated: ValidatedRequest | None = None
    claim: Claim | None = None
    response: Response | None = None

    def log_arguments(self) -> dict[str, object]:
        """Return the arguments for `API.repeat`, without the API key."""
        request, headers = self.request, self.request.headers
        return {
            "merchant": self.merchant and self.merchant.id,
            "request_id": self.request_id,
            "fault": self.fault,
            "method": request.method,
            "path": request.path,
            "query": request.query,
            "headers": {name: headers[name] for name in _HEADERS if name in headers},
            "body": request.body,
        }
