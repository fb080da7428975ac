"""Process requests in the same order as Stripe.

The order is: key, rate limit, URL, parameters, idempotency, endpoint. The caller may
wait between `admit` and `execute`, and the request counts as running in the meantime.
"""

from collections.abc import Callable
from email.utils import formatdate
from typing import Any

from attrs import define

from financial_connections.sandbox.api import render
from financial_connections.sandbox.api.contract import Contract, Operation
from financial_connections.sandbox.api.credentials import (
    Key,
    acting_merchant,
    authenticate,
    require_scope,
)
from financial_connections.sandbox.api.errors import APIError
from financial_connections.sandbox.api.expansion import check_expansion, expand
from financial_connections.sandbox.api.form import parse_form
from financial_connections.sandbox.api.idempotency import (
    Claim,
    IdempotencyKeys,
    replay,
)
from financial_connections.sandbox.api.operations import (
    CHECKS,
    HANDLERS,
    ValidatedRequest,
)
from financial_connections.sandbox.api.ratelimit import RateLimiter
from financial_connections.sandbox.api.records import Merchant
from financial_connections.sandbox.api.state import State
from financial_connections.sandbox.api.validation import validate_object
from financial_connections.sandbox.api.wire import Request, Response, json_bytes
from financial_connections.sandbox.faults import Fault, Faults
from financial_connections.sandbox.quirks import Quirk, apply_quirks

_FORM = "application/x-www-form-urlencoded"
_HTML = (
    b"<html><head><title>502 Bad Gateway</title></head>"
    b"<body><h1>502 Bad Gateway</h1></body></html>\n"
)


@define(eq=False)
class PendingRequest:
    """An admitted request, which has either a response or an endpoint to run."""

    request_id: str
    echo: dict[str, str]
    fault: Fault | None = None
    operation: Operation | None = None
    validated: ValidatedRequest | None = None
    claim: Claim | None = None
    response: Response | None = None


class API:
    """The API of one sandbox. Its methods acquire the state's lock and never sleep."""

    def __init__(self, state: State, contract: Contract) -> None:
        self.state = state
        self.contract = contract
        self.keys: dict[str, Key] = {}
        self.faults = Faults()
        self.quirks: set[Quirk] = set()
        self._idempotency = IdempotencyKeys()
        self._limiter = RateLimiter(state.rules.rate_limit)

    def admit(self, request: Request) -> PendingRequest:
        """Process a request up to but not including its endpoint."""
        with self.state.up_to_date():
            pending = PendingRequest(self.state.ids.new("req"), self._echo(request))
            try:
                self._admit(request, pending)
            except APIError as error:
                pending.response = self._error_response(pending, error)
            return pending

    def execute(self, pending: PendingRequest) -> Response:
        """Run the endpoint of an admitted request."""
        with self.state.lock:
            if pending.response is None:
                self.state.run_due()
                pending.response = self._run_endpoint(pending)
            return pending.response

    def abandon(self, pending: PendingRequest) -> None:
        """Release the idempotency key of a request that was not executed."""
        with self.state.lock:
            if pending.claim is not None and pending.claim.response is None:
                self._idempotency.release(pending.claim)

    def _admit(self, request: Request, pending: PendingRequest) -> None:
        key = authenticate(request.headers, self.keys)
        merchant = acting_merchant(key, request.headers)
        self._require_version(request)
        is_write = request.method not in {"GET", "HEAD"}
        self._limiter.acquire(key.secret, is_write=is_write, now=self.state.clock.now())
        match = self.contract.find(request.method, request.path)
        if match is None:
            raise APIError(
                status=404,
                message=f"Unrecognized request URL ({request.method}: {request.path}).",
            )
        pending.operation, ids = match
        require_scope(key, method=request.method)
        pending.fault = self.faults.take(pending.operation.name)
        if pending.fault is not None and pending.fault.kind != "stored_server_error":
            self._apply_fault(pending, pending.fault)
        if pending.response is None:
            params = _parameters(request, pending.operation)
            pending.validated = ValidatedRequest(self.state, merchant, ids, params)
            self._claim(request, pending, pending.operation.name, pending.validated)

    def _require_version(self, request: Request) -> None:
        supported = self.contract.version
        version = request.headers.get("stripe-version", supported)
        if version != supported and version not in self.state.rules.other_versions:
            raise APIError(
                message=f"This sandbox supports API version {supported},"
                f" not '{version[:40]}'."
            )

    def _apply_fault(self, pending: PendingRequest, fault: Fault) -> None:
        error = fault.error()
        if error is not None:
            raise error
        if fault.kind == "bad_gateway":
            headers = {
                **self._headers(pending),
                **fault.hints(),
                "Content-Type": "text/html",
            }
            pending.response = Response(502, headers, _HTML)
        elif fault.kind == "reset":
            pending.response = Response(0, {}, b"")

    def _claim(
        self,
        request: Request,
        pending: PendingRequest,
        name: str,
        validated: ValidatedRequest,
    ) -> None:
        key = request.headers.get("idempotency-key")
        if key is None or request.method != "POST":
            return
        fingerprint = (name, validated.ids, validated.params)
        claim = self._idempotency.claim(
            validated.merchant.id, key, fingerprint, pending.request_id, self.state.now
        )
        if claim.response is not None:
            pending.response = replay(claim, claim.response, pending.request_id)
        pending.claim = claim

    def _run_endpoint(self, pending: PendingRequest) -> Response:
        if pending.validated is None or pending.operation is None:
            raise ValueError("the request has no endpoint to run")
        try:
            injected = pending.fault.error() if pending.fault else None
            if injected is not None:
                raise injected
            result = self._result(pending.validated, pending.operation)
            body = json_bytes(apply_quirks(result, self.quirks))
            response = Response(200, self._headers(pending), body)
        except APIError as error:
            response = self._error_response(pending, error)
        if pending.claim is not None:
            pending.claim.response = response
        return response

    def _result(self, validated: ValidatedRequest, operation: Operation) -> Any:
        result: Any = HANDLERS[operation.name](validated)
        for path in validated.params.get("expand", ()):
            result = expand(result, path.split("."), _resolver(validated.merchant))
        return result

    def _error_response(self, pending: PendingRequest, error: APIError) -> Response:
        headers = {**self._headers(pending), **error.headers}
        return Response(
            error.status, headers, json_bytes(error.body(pending.request_id))
        )

    def _headers(self, pending: PendingRequest) -> dict[str, str]:
        return {
            "Content-Type": "application/json",
            "Date": formatdate(self.state.now, usegmt=True),
            "Request-Id": pending.request_id,
            **pending.echo,
        }

    def _echo(self, request: Request) -> dict[str, str]:
        version = request.headers.get("stripe-version", self.contract.version)
        echo = {"Stripe-Version": version}
        if "idempotency-key" in request.headers:
            echo["Idempotency-Key"] = request.headers["idempotency-key"]
        return echo


def _parameters(request: Request, operation: Operation) -> dict[str, Any]:
    """Return the validated parameters from the query and the form."""
    content_type = request.headers.get("content-type", "")
    is_form = content_type.partition(";")[0].strip().lower() == _FORM
    if request.method == "POST" and not is_form:
        raise APIError(
            message=f"A POST request must have the content type {_FORM},"
            " even if it has no parameters."
        )
    body = request.body.decode("ascii", "backslashreplace") if is_form else ""
    params = validate_object(parse_form(request.query, body), operation.parameters)
    check_expansion(params.get("expand", ()), operation.result)
    if operation.name in CHECKS:
        CHECKS[operation.name](params)
    return params


def _resolver(merchant: Merchant) -> Callable[[str], Any]:
    """Return a function that renders the object with an ID, if the merchant has it."""

    def resolve(object_id: str) -> Any:
        if object_id in merchant.customers:
            return render.customer(merchant.customers[object_id])
        if object_id in merchant.ownerships:
            return render.ownership(merchant.ownerships[object_id])
        if object_id == merchant.id or object_id in merchant.connected:
            return render.merchant(merchant.connected.get(object_id, merchant))
        return object_id

    return resolve
