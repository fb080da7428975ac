"""Control endpoints under /_sandbox, for tests that have only a URL and an API key.

They accept JSON, and the same API keys as the API.
"""

from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any, get_args

from attrs import asdict, evolve
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from financial_connections.sandbox.api.credentials import authenticate
from financial_connections.sandbox.api.errors import APIError
from financial_connections.sandbox.api.events import EventPayload
from financial_connections.sandbox.api.linking import NewAccount
from financial_connections.sandbox.api.sessions import all_sessions
from financial_connections.sandbox.faults import Fault
from financial_connections.sandbox.quirks import Quirk
from financial_connections.sandbox.sandbox import Sandbox
from financial_connections.sandbox.webhooks import Webhook

Action = Callable[[Sandbox, Any], Any]


def control_routes(sandbox: Sandbox) -> list[BaseRoute]:
    """Return the routes of the control endpoints."""
    return [
        Route(path, _endpoint(sandbox, action), methods=[method])
        for (method, path), action in _ACTIONS.items()
    ]


def _endpoint(
    sandbox: Sandbox, action: Action
) -> Callable[[Request], Awaitable[Response]]:
    return partial(_respond, sandbox, action)


async def _respond(sandbox: Sandbox, action: Action, request: Request) -> Response:
    try:
        authenticate(request.headers, sandbox.api.keys)
        body = await request.json() if request.method == "POST" else {}
        return JSONResponse(action(sandbox, body))
    except APIError as error:
        return JSONResponse(error.body("req_control"), error.status)
    except (
        TypeError,
        ValueError,
        LookupError,
        AttributeError,
        RecursionError,
    ) as error:
        content = APIError(message=f"Invalid request: {str(error)[:300]}").body(
            "req_control"
        )
        return JSONResponse(content, 400)


def _faults(sandbox: Sandbox, _: Any) -> Any:
    return {"faults": [asdict(fault) for fault in sandbox.api.faults.pending]}


def _add_fault(sandbox: Sandbox, body: dict[str, Any]) -> Any:
    sandbox.inject(Fault(**body))
    return _faults(sandbox, body)


def _clear_faults(sandbox: Sandbox, body: Any) -> Any:
    sandbox.api.faults.clear()
    return _faults(sandbox, body)


def _rate_limits(sandbox: Sandbox, _: Any) -> Any:
    return asdict(sandbox.rate_limits)


def _change_rate_limits(sandbox: Sandbox, body: dict[str, Any]) -> Any:
    sandbox.rate_limits = evolve(sandbox.rate_limits, **body)
    return _rate_limits(sandbox, body)


def _traffic(sandbox: Sandbox, _: Any) -> Any:
    return asdict(sandbox.traffic)


def _reset_traffic(sandbox: Sandbox, body: Any) -> Any:
    sandbox.reset_traffic()
    return _traffic(sandbox, body)


def _quirks(sandbox: Sandbox, _: Any) -> Any:
    return {"quirks": sorted(sandbox.api.quirks)}


def _set_quirks(sandbox: Sandbox, body: dict[str, Any]) -> Any:
    if unknown := set(body["quirks"]) - set(get_args(Quirk)):
        raise ValueError(f"unknown quirk: {', '.join(sorted(map(str, unknown)))}")
    sandbox.set_quirks(*body["quirks"])
    return _quirks(sandbox, body)


def _clear_quirks(sandbox: Sandbox, body: Any) -> Any:
    sandbox.set_quirks()
    return _quirks(sandbox, body)


def _webhooks(sandbox: Sandbox, _: Any) -> Any:
    return {"webhooks": [_without_secret(webhook) for webhook in sandbox.webhooks]}


def _without_secret(webhook: Webhook) -> dict[str, Any]:
    return {
        "url": webhook.url,
        "api_version": webhook.api_version,
        "event_payload": webhook.event_payload,
        "out_of_order": webhook.out_of_order,
        "duplicated": webhook.duplicated,
    }


def _add_webhook(sandbox: Sandbox, body: dict[str, Any]) -> Any:
    for name in ("secret", "api_version"):
        if not isinstance(body.get(name, ""), str):
            raise TypeError(f"{name} must be a string")
    if (payload := body.get("event_payload", "snapshot")) not in get_args(EventPayload):
        raise ValueError(f"unknown event_payload: {payload}")
    webhook = sandbox.add_webhook(**body)
    return {**_without_secret(webhook), "secret": webhook.secret}


def _remove_webhooks(sandbox: Sandbox, body: Any) -> Any:
    sandbox.remove_webhooks()
    return _webhooks(sandbox, body)


def _clock(sandbox: Sandbox, _: Any) -> Any:
    state = sandbox.api.state
    return {"now": state.now, "is_ticking": state.clock.is_ticking}


def _advance(sandbox: Sandbox, body: dict[str, Any]) -> Any:
    sandbox.advance(float(body["seconds"]))
    return {"now": sandbox.api.state.now}


def _add_customer(sandbox: Sandbox, body: dict[str, Any]) -> Any:
    return {"customer": sandbox.add_customer(**body)}


def _add_account(sandbox: Sandbox, body: dict[str, Any]) -> Any:
    return {"account": sandbox.add_account(**body)}


def _add_customer_account(sandbox: Sandbox, body: dict[str, Any]) -> Any:
    return {"customer_account": sandbox.add_customer_account(**body)}


def _sessions(sandbox: Sandbox, _: Any) -> Any:
    with sandbox.api.state.lock:
        sessions = all_sessions(sandbox.api.state)
        return {
            "sessions": [
                {"id": session.id, "status": session.status} for session in sessions
            ]
        }


def _complete(sandbox: Sandbox, body: dict[str, Any]) -> Any:
    accounts = body.get("accounts")
    if accounts is not None:
        accounts = [
            account if isinstance(account, str) else NewAccount(**account)
            for account in accounts
        ]
    return {"accounts": sandbox.complete(body["session"], accounts)}


def _cancel(sandbox: Sandbox, body: dict[str, Any]) -> Any:
    sandbox.cancel(body["session"])
    return {}


def _enter_bank_account(sandbox: Sandbox, body: dict[str, Any]) -> Any:
    return {"bank_account_token": sandbox.enter_bank_account(**body)}


def _deactivate(sandbox: Sandbox, body: dict[str, Any]) -> Any:
    sandbox.deactivate(**body)
    return {}


def _reactivate(sandbox: Sandbox, body: dict[str, Any]) -> Any:
    sandbox.reactivate(**body)
    return {}


def _schedule_deactivation(sandbox: Sandbox, body: dict[str, Any]) -> Any:
    sandbox.institution.schedule_deactivation(**body)
    return {}


def _schedule_number_expiry(sandbox: Sandbox, body: dict[str, Any]) -> Any:
    sandbox.institution.schedule_number_expiry(**body)
    return {}


def _deactivate_number(sandbox: Sandbox, body: dict[str, Any]) -> Any:
    sandbox.institution.deactivate_number(**body)
    return {}


_ACTIONS: dict[tuple[str, str], Action] = {
    ("GET", "/faults"): _faults,
    ("POST", "/faults"): _add_fault,
    ("DELETE", "/faults"): _clear_faults,
    ("GET", "/rate_limits"): _rate_limits,
    ("POST", "/rate_limits"): _change_rate_limits,
    ("GET", "/traffic"): _traffic,
    ("DELETE", "/traffic"): _reset_traffic,
    ("GET", "/quirks"): _quirks,
    ("POST", "/quirks"): _set_quirks,
    ("DELETE", "/quirks"): _clear_quirks,
    ("GET", "/webhooks"): _webhooks,
    ("POST", "/webhooks"): _add_webhook,
    ("DELETE", "/webhooks"): _remove_webhooks,
    ("GET", "/clock"): _clock,
    ("POST", "/advance"): _advance,
    ("POST", "/customers"): _add_customer,
    ("POST", "/customer_accounts"): _add_customer_account,
    ("POST", "/accounts"): _add_account,
    ("GET", "/sessions"): _sessions,
    ("POST", "/complete"): _complete,
    ("POST", "/cancel"): _cancel,
    ("POST", "/enter_bank_account"): _enter_bank_account,
    ("POST", "/deactivate"): _deactivate,
    ("POST", "/reactivate"): _reactivate,
    ("POST", "/schedule_deactivation"): _schedule_deactivation,
    ("POST", "/schedule_number_expiry"): _schedule_number_expiry,
    ("POST", "/deactivate_number"): _deactivate_number,
}
