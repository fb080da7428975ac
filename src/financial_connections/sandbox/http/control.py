"""The control endpoints, below /_sandbox: what a test that has only a URL can do to the
sandbox.

They take JSON and a key of the sandbox, like the API.
"""

from collections.abc import Awaitable, Callable
from functools import partial
from typing import TYPE_CHECKING, Any, get_args

from attrs import asdict
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from financial_connections.sandbox.api.credentials import authenticated
from financial_connections.sandbox.api.errors import Refusal
from financial_connections.sandbox.faults import Fault
from financial_connections.sandbox.quirks import Oddity

if TYPE_CHECKING:
    from financial_connections.sandbox.sandbox import Sandbox

Action = Callable[["Sandbox", Any], Any]


def control_routes(sandbox: "Sandbox") -> list[BaseRoute]:
    """Return the routes."""
    return [
        Route(path, _endpoint(sandbox, action), methods=[method])
        for (method, path), action in _ACTIONS.items()
    ]


def _endpoint(
    sandbox: "Sandbox", action: Action
) -> Callable[[Request], Awaitable[Response]]:
    return partial(_answer, sandbox, action)


async def _answer(sandbox: "Sandbox", action: Action, request: Request) -> Response:
    try:
        authenticated(request.headers, sandbox.api.keys)
        sent = await request.json() if request.method == "POST" else {}
        return JSONResponse(action(sandbox, sent))
    except Refusal as refusal:
        return JSONResponse(refusal.body("req_control"), refusal.status)
    except (TypeError, ValueError, LookupError, AttributeError) as problem:
        body = Refusal(message=f"Not understood: {str(problem)[:300]}").body(
            "req_control"
        )
        return JSONResponse(body, 400)


def _faults(sandbox: "Sandbox", _: Any) -> Any:
    return {"faults": [asdict(fault) for fault in sandbox.api.faults.waiting]}


def _add_fault(sandbox: "Sandbox", sent: dict[str, Any]) -> Any:
    sandbox.inject(Fault(**sent))
    return _faults(sandbox, sent)


def _clear_faults(sandbox: "Sandbox", sent: Any) -> Any:
    sandbox.api.faults.clear()
    return _faults(sandbox, sent)


def _add_oddities(sandbox: "Sandbox", sent: dict[str, Any]) -> Any:
    if unknown := set(sent["oddities"]) - set(get_args(Oddity)):
        raise ValueError(f"no such oddity: {', '.join(sorted(map(str, unknown)))}")
    sandbox.api.oddities = set(sent["oddities"])
    return {"oddities": sorted(sandbox.api.oddities)}


def _advance(sandbox: "Sandbox", sent: dict[str, Any]) -> Any:
    sandbox.advance(float(sent["seconds"]))
    return {"now": sandbox.api.state.now}


def _add_customer(sandbox: "Sandbox", sent: dict[str, Any]) -> Any:
    return {"customer": sandbox.add_customer(**sent)}


def _add_account(sandbox: "Sandbox", sent: dict[str, Any]) -> Any:
    return {"account": sandbox.add_account(**sent)}


def _complete(sandbox: "Sandbox", sent: dict[str, Any]) -> Any:
    return {"accounts": sandbox.complete(sent["session"])}


_ACTIONS: dict[tuple[str, str], Action] = {
    ("GET", "/faults"): _faults,
    ("POST", "/faults"): _add_fault,
    ("DELETE", "/faults"): _clear_faults,
    ("POST", "/oddities"): _add_oddities,
    ("POST", "/advance"): _advance,
    ("POST", "/customers"): _add_customer,
    ("POST", "/accounts"): _add_account,
    ("POST", "/complete"): _complete,
}
