"""From a request to its answer, in Stripe's order: key, rate limit, URL, parameters,
idempotency, endpoint.

Pure but for the state: whoever calls may wait between `admit` and `execute`, and the
request is running meanwhile.
"""

from collections.abc import Callable
from email.utils import formatdate
from threading import RLock
from typing import Any

from attrs import define

from financial_connections.sandbox.api import render
from financial_connections.sandbox.api.contract import Contract, Operation
from financial_connections.sandbox.api.credentials import (
    Key,
    acting_merchant,
    authenticated,
    require_scope,
)
from financial_connections.sandbox.api.errors import Refusal
from financial_connections.sandbox.api.expansion import check_expansion, expand
from financial_connections.sandbox.api.form import parsed_form
from financial_connections.sandbox.api.idempotency import (
    Claim,
    IdempotencyKeys,
    replayed,
)
from financial_connections.sandbox.api.operations import CHECKS, HANDLERS, Request
from financial_connections.sandbox.api.ratelimit import RateLimiter
from financial_connections.sandbox.api.records import Merchant
from financial_connections.sandbox.api.state import State
from financial_connections.sandbox.api.validation import checked_object
from financial_connections.sandbox.api.wire import Answer, Call, json_bytes
from financial_connections.sandbox.faults import Fault, Faults
from financial_connections.sandbox.quirks import Oddity, odd

_FORM = "application/x-www-form-urlencoded"
_HTML = b"<html><head><title>502 Bad Gateway</title></head><body><h1>502 Bad Gateway</h1></body></html>\n"


@define(eq=False)
class Step:
    """A request on its way: it has an answer, or an endpoint to run."""

    request_id: str
    echo: dict[str, str]
    fault: Fault | None = None
    operation: Operation | None = None
    request: Request | None = None
    claim: Claim | None = None
    answer: Answer | None = None


class Api:
    """The API over a state. Its methods take the lock; they never wait."""

    def __init__(self, state: State, contract: Contract) -> None:
        self.lock = RLock()
        self.state = state
        self.contract = contract
        self.keys: dict[str, Key] = {}
        self.faults = Faults()
        self.oddities: set[Oddity] = set()
        self._idempotency = IdempotencyKeys()
        self._limiter = RateLimiter(state.rules.rate_limit)

    def admit(self, call: Call) -> Step:
        """Take a request as far as it goes without running its endpoint."""
        with self.lock:
            self.state.settle()
            step = Step(self.state.ids.new("req"), self._echo(call))
            try:
                self._admit(call, step)
            except Refusal as refusal:
                step.answer = self._refused(step, refusal)
            return step

    def execute(self, step: Step) -> Answer:
        """Run the endpoint of an admitted request."""
        with self.lock:
            if step.answer is None:
                self.state.settle()
                step.answer = self._executed(step)
            return step.answer

    def abandon(self, step: Step) -> None:
        """Forget an admitted request that nobody runs any more."""
        with self.lock:
            if step.claim is not None and step.claim.answer is None:
                self._idempotency.release(step.claim)

    def _admit(self, call: Call, step: Step) -> None:
        key = authenticated(call.headers, self.keys)
        merchant = acting_merchant(key, call.headers)
        self._require_version(call)
        is_write = call.method not in {"GET", "HEAD"}
        self._limiter.spend(key.secret, is_write=is_write, now=self.state.clock.now())
        found = self.contract.find(call.method, call.path)
        if found is None:
            raise Refusal(
                status=404,
                message=f"Unrecognized request URL ({call.method}: {call.path}).",
            )
        step.operation, ids = found
        require_scope(key, method=call.method)
        step.fault = self.faults.take(step.operation.name)
        if step.fault is not None and step.fault.kind != "stored_server_error":
            self._fail(step, step.fault)
        if step.answer is None:
            step.request = Request(
                self.state, merchant, ids, _parameters(call, step.operation)
            )
            self._claim(call, step, step.operation.name, step.request)

    def _require_version(self, call: Call) -> None:
        version = call.headers.get("stripe-version", self.contract.version)
        if (
            version != self.contract.version
            and version not in self.state.rules.other_versions
        ):
            raise Refusal(
                message=f"This sandbox speaks API version {self.contract.version}, not '{version[:40]}'."
            )

    def _fail(self, step: Step, fault: Fault) -> None:
        refusal = fault.refusal()
        if refusal is not None:
            raise refusal
        if fault.kind == "bad_gateway":
            headers = {
                **self._headers(step),
                **fault.hints(),
                "Content-Type": "text/html",
            }
            step.answer = Answer(502, headers, _HTML)
        elif fault.kind == "reset":
            step.answer = Answer(0, {}, b"")

    def _claim(self, call: Call, step: Step, name: str, request: Request) -> None:
        key = call.headers.get("idempotency-key")
        if key is None or call.method != "POST":
            return
        asked = (name, request.ids, request.params)
        claim = self._idempotency.claim(
            request.merchant.id, key, asked, step.request_id, self.state.now
        )
        if claim.answer is not None:
            step.answer = replayed(claim, claim.answer, step.request_id)
        step.claim = claim

    def _executed(self, step: Step) -> Answer:
        if step.request is None or step.operation is None:
            raise ValueError("a request without an endpoint has no answer to compute")
        try:
            refusal = step.fault.refusal() if step.fault else None
            if refusal is not None:
                raise refusal
            value = self._value(step.request, step.operation)
            answer = Answer(
                200, self._headers(step), json_bytes(odd(value, self.oddities))
            )
        except Refusal as refusal:
            answer = self._refused(step, refusal)
        if step.claim is not None:
            step.claim.answer = answer
        return answer

    def _value(self, request: Request, operation: Operation) -> Any:
        value: Any = HANDLERS[operation.name](request)
        for path in request.params.get("expand", ()):
            value = expand(value, path.split("."), _resolver(request.merchant))
        return value

    def _refused(self, step: Step, refusal: Refusal) -> Answer:
        headers = {**self._headers(step), **refusal.headers}
        return Answer(
            refusal.status, headers, json_bytes(refusal.body(step.request_id))
        )

    def _headers(self, step: Step) -> dict[str, str]:
        return {
            "Content-Type": "application/json",
            "Date": formatdate(self.state.now, usegmt=True),
            "Request-Id": step.request_id,
            **step.echo,
        }

    def _echo(self, call: Call) -> dict[str, str]:
        echo = {
            "Stripe-Version": call.headers.get("stripe-version", self.contract.version)
        }
        if "idempotency-key" in call.headers:
            echo["Idempotency-Key"] = call.headers["idempotency-key"]
        return echo


def _parameters(call: Call, operation: Operation) -> dict[str, Any]:
    """Parameters of query and form together, checked: by the contract, then by what it
    cannot say.
    """
    content_type = (
        call.headers.get("content-type", "").partition(";")[0].strip().lower()
    )
    if call.method == "POST" and content_type != _FORM:
        raise Refusal(
            message=f"A POST must have the content type {_FORM}, even without parameters."
        )
    body = (
        call.body.decode("ascii", "backslashreplace") if content_type == _FORM else ""
    )
    params = checked_object(parsed_form(call.query, body), operation.parameters)
    check_expansion(params.get("expand", ()), operation.result)
    CHECKS.get(operation.name, _accept)(params)
    return params


def _accept(_: dict[str, Any]) -> None:
    """Check nothing."""


def _resolver(merchant: Merchant) -> Callable[[str], Any]:
    """Return what tells the object behind an id of this merchant's; an id without an
    object stays an id.
    """

    def resolve(wanted: str) -> Any:
        if wanted in merchant.customers:
            return render.customer(merchant.customers[wanted])
        if wanted in merchant.ownerships:
            return render.ownership(merchant.ownerships[wanted])
        if wanted == merchant.id or wanted in merchant.connected:
            return render.merchant(merchant.connected.get(wanted, merchant))
        return wanted

    return resolve
