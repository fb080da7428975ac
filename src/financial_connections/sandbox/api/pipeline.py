"""Process requests in the same order as Stripe.

The order is: key, version, rate limit, URL, parameters, idempotency, endpoint. The
caller may wait between `admit` and `execute`, and the request counts as running in the
meantime.
"""

from email.utils import formatdate
from typing import Any

from financial_connections.sandbox.api.contract import Contract, Operation
from financial_connections.sandbox.api.credentials import (
    Key,
    acting_merchant,
    authenticate,
    require_scope,
)
from financial_connections.sandbox.api.errors import APIError, bad_gateway
from financial_connections.sandbox.api.expansion import (
    expand,
    resolver,
)
from financial_connections.sandbox.api.idempotency import IdempotencyKeys, replay
from financial_connections.sandbox.api.meter import Meter
from financial_connections.sandbox.api.operations import (
    HANDLERS,
    ValidatedRequest,
)
from financial_connections.sandbox.api.parameters import parameters_of
from financial_connections.sandbox.api.pending import PendingRequest
from financial_connections.sandbox.api.ratelimit import (
    RATE_LIMIT_REASON,
    LimitedRequest,
    RateLimiter,
)
from financial_connections.sandbox.api.records import Merchant
from financial_connections.sandbox.api.state import State
from financial_connections.sandbox.api.versions import (
    requested_version,
    response_at,
)
from financial_connections.sandbox.api.wire import Request, Response, json_bytes
from financial_connections.sandbox.faults import Fault, Faults
from financial_connections.sandbox.quirks import Quirk, apply_quirks


class API:
    """The API of one sandbox. Its methods acquire the state's lock and never sleep."""

    def __init__(self, state: State, contract: Contract) -> None:
        self.state = state
        self.contract = contract
        self.keys: dict[str, Key] = {}
        self.faults = Faults(state)
        self.quirks: set[Quirk] = set()
        self._idempotency = IdempotencyKeys()
        self.limiter = RateLimiter(state.rules.rate_limits)
        self.meter = Meter()

    def admit(self, request: Request) -> PendingRequest:
        """Process a request up to but not including its endpoint."""
        with self.state.up_to_date():
            pending = PendingRequest(
                request, self.state.ids.new("req"), self.contract.version
            )
            rejected_by: str | None = None
            try:
                self._admit(request, pending)
            except APIError as error:
                pending.response = self._error_response(pending, error)
                rejected_by = error.headers.get(RATE_LIMIT_REASON)
            self.meter.add(
                pending.merchant.id if pending.merchant else None,
                pending.operation.name if pending.operation else None,
                rejected_by,
                self.state.clock.elapsed(),
            )
            return pending

    def execute(self, pending: PendingRequest) -> Response:
        """Run the endpoint of an admitted request."""
        with self.state.lock:
            self._release(pending)
            if pending.response is None:
                pending.response = self._run_and_log(pending)
            return pending.response

    def repeat(
        self,
        *,
        merchant: str,
        request_id: str,
        fault: Fault | None,
        body: str,
        **sent: Any,
    ) -> Response:
        """Run the endpoint of a request again, to restore a sandbox from its log."""
        request = Request(**sent, body=body.encode("latin-1"))
        with self.state.up_to_date() as state:
            pending = PendingRequest(request, request_id, self._version_of(request))
            pending.fault = fault
            pending.merchant = state.find_merchant(
                None if merchant == state.platform.id else merchant
            )
            found = self.contract.find(request.method, request.path)
            operation, ids = found or (None, {})
            pending.operation = operation
            if operation is not None:
                self._validate(pending, operation, pending.merchant, ids)
            return self._run_endpoint(pending)

    def abandon(self, pending: PendingRequest) -> None:
        """Release the idempotency key and permit of a request that was not executed."""
        with self.state.lock:
            self._release(pending)
            if pending.claim is not None and pending.claim.response is None:
                self._idempotency.release(pending.claim)

    def _admit(self, request: Request, pending: PendingRequest) -> None:
        key = authenticate(request.headers, self.keys)
        merchant = acting_merchant(key, request.headers)
        operation, ids = self.contract.find(request.method, request.path) or (None, {})
        pending.merchant, pending.operation = merchant, operation
        pending.version = self._version_of(request)
        limited = LimitedRequest(
            key=key.secret,
            merchant=merchant.id,
            operation=operation.name if operation else None,
            resource=next(iter(ids.values()), None),
            is_write=request.method not in {"GET", "HEAD"},
        )
        pending.permit = self.limiter.acquire(limited, self.state.clock.elapsed())
        if operation is None:
            raise APIError(
                status=404,
                message=f"Unrecognized request URL ({request.method}: {request.path}).",
            )
        require_scope(key, method=request.method)
        pending.fault = self.faults.take(operation.name)
        if pending.fault is not None and pending.fault.kind != "stored_server_error":
            self._apply_fault(pending, pending.fault)
        if pending.response is None:
            self._validate(pending, operation, merchant, ids)

    def _validate(
        self,
        pending: PendingRequest,
        operation: Operation,
        merchant: Merchant,
        ids: dict[str, str],
    ) -> None:
        params = parameters_of(pending.request, operation, pending.version)
        pending.validated = ValidatedRequest(self.state, merchant, ids, params)
        self._claim(pending, operation.name, pending.validated)

    def _version_of(self, request: Request) -> str:
        return requested_version(
            request, self.contract.version, self.state.rules.other_versions
        )

    def _release(self, pending: PendingRequest) -> None:
        if pending.permit is not None:
            self.limiter.release(pending.permit)
            pending.permit = None

    def _apply_fault(self, pending: PendingRequest, fault: Fault) -> None:
        error = fault.error()
        if error is not None:
            raise error
        if fault.kind == "bad_gateway":
            pending.response = bad_gateway({**self._headers(pending), **fault.hints()})
        elif fault.kind == "reset":
            pending.response = Response(0, {}, b"")

    def _claim(
        self, pending: PendingRequest, name: str, validated: ValidatedRequest
    ) -> None:
        key = pending.request.headers.get("idempotency-key")
        if key is None or pending.request.method != "POST":
            return
        fingerprint = (name, validated.ids, validated.params)
        claim = self._idempotency.claim(
            validated.merchant.id, key, fingerprint, pending.request_id, self.state.now
        )
        if claim.response is not None:
            pending.response = replay(claim, claim.response, pending.request_id)
        pending.claim = claim

    def _run_and_log(self, pending: PendingRequest) -> Response:
        state, polls = self.state, self.state.polls
        if state.journal is None:
            return self._run_endpoint(pending)
        return state.journal.record(
            "request",
            [],
            pending.log_arguments(),
            lambda: self._run_endpoint(pending),
            is_needed=lambda: pending.request.method != "GET" or state.polls > polls,
        )

    def _run_endpoint(self, pending: PendingRequest) -> Response:
        self.state.run_due()
        if pending.validated is None or pending.operation is None:
            raise ValueError("the request has no endpoint to run")
        try:
            injected = pending.fault.error() if pending.fault else None
            if injected is not None:
                raise injected
            result = self._result(pending.validated, pending.operation)
            result = response_at(pending.version, result)
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
            result = expand(result, path.split("."), resolver(validated.merchant))
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
            **self._echo(pending.request),
        }

    def _echo(self, request: Request) -> dict[str, str]:
        version = request.headers.get("stripe-version", self.contract.version)
        echo = {"Stripe-Version": version}
        if "idempotency-key" in request.headers:
            echo["Idempotency-Key"] = request.headers["idempotency-key"]
        return echo
