"""Routes of the link page and of its scripts.

`/_sandbox/link/{client_secret}` is the page, and `/_sandbox/stripe.js` the stand-in for
Stripe.js, which opens it in a frame.
"""

from functools import partial
from importlib.resources import files
from typing import Any

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import BaseRoute, Route

from financial_connections.sandbox.api.errors import APIError
from financial_connections.sandbox.api.form import parse_form
from financial_connections.sandbox.api.linking import accounts_to_renew
from financial_connections.sandbox.api.records import Session
from financial_connections.sandbox.api.render_session import session_json
from financial_connections.sandbox.api.sessions import open_sessions, session_by_secret
from financial_connections.sandbox.http import linkpage
from financial_connections.sandbox.http.guard import host_of_origin, is_loopback
from financial_connections.sandbox.http.linkchoice import Offer, choice_from, offers
from financial_connections.sandbox.http.linkpage import Outcome
from financial_connections.sandbox.sandbox import Sandbox

_HEADERS = {
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src data:;"
    " form-action 'self'; base-uri 'none'; frame-ancestors "
)
_FILES = {
    "stripe.js": "text/javascript",
    "link.js": "text/javascript",
    "link.css": "text/css",
}


def link_routes(sandbox: Sandbox) -> list[BaseRoute]:
    """Return the routes of the link page."""
    return [
        Route("/link", partial(_index, sandbox), methods=["GET"]),
        Route("/link/{client_secret}", partial(_show, sandbox), methods=["GET"]),
        Route("/link/{client_secret}", partial(_decide, sandbox), methods=["POST"]),
        *(Route(f"/{name}", partial(_file, name), methods=["GET"]) for name in _FILES),
    ]


async def _file(name: str, _: Request) -> Response:
    content = (
        files("financial_connections.sandbox.http") / "static" / name
    ).read_bytes()
    return Response(content, media_type=_FILES[name], headers=_HEADERS)


async def _index(sandbox: Sandbox, _: Request) -> Response:
    with sandbox.api.state.lock:
        return _html(linkpage.index_page(open_sessions(sandbox.api.state)))


async def _show(sandbox: Sandbox, request: Request) -> Response:
    origin, session = _origin(request), _session(sandbox, request)
    if session is None:
        return _unknown(origin)
    if session.status == "open":
        page = linkpage.form_page(session, _offers(sandbox, session), origin=origin)
        return _html(page, origin=origin)
    return _used(session, origin, 200)


async def _decide(sandbox: Sandbox, request: Request) -> Response:
    origin, session = _origin(request), _session(sandbox, request)
    if session is None:
        return _unknown(origin)
    if session.status != "open":
        return _used(session, origin, 409)
    offered = _offers(sandbox, session)
    try:
        form = parse_form((await request.body()).decode("ascii", "backslashreplace"))
    except APIError as error:
        page = linkpage.form_page(session, offered, error.message, origin=origin)
        return _html(page, 400, origin)
    choice = choice_from(session, offered, form)
    if choice.problem:
        page = linkpage.form_page(session, offered, choice.problem, form, origin=origin)
        return _html(page, 400, origin)
    if choice.accounts:
        sandbox.complete(session.id, choice.accounts)
    elif choice.bank_account:
        routing_number, account_number = choice.bank_account
        sandbox.enter_bank_account(
            session.id, routing_number=routing_number, account_number=account_number
        )
    else:
        sandbox.cancel(session.id)
    outcome = Outcome(origin, {"financialConnectionsSession": _result(session)})
    return _html(linkpage.done_page(session, outcome), origin=origin)


def _used(session: Session, origin: str, status: int) -> Response:
    error = {
        "type": "invalid_request_error",
        "message": f"The session {session.id} has already been used.",
    }
    page = linkpage.done_page(session, Outcome(origin, {"error": error}))
    return _html(page, status, origin)


def _unknown(origin: str) -> Response:
    error = {
        "type": "invalid_request_error",
        "code": "resource_missing",
        "message": "There is no session with this client secret.",
    }
    return _html(linkpage.unknown_page(Outcome(origin, {"error": error})), 404, origin)


def _result(session: Session) -> dict[str, Any]:
    """Return the session as Stripe.js does, with an array of accounts."""
    session_fields = session_json(session)
    return {**session_fields, "accounts": session_fields["accounts"]["data"]}


def _origin(request: Request) -> str:
    """Return the origin of the page that may open this one in a frame, or nothing.

    It must be on this machine or on the host of the sandbox, so that no other page can
    make a user link accounts.
    """
    origin = request.query_params.get("origin", "")
    host = host_of_origin(origin)
    is_local = host and (is_loopback(host) or host == request.url.hostname)
    return origin if is_local else ""


def _session(sandbox: Sandbox, request: Request) -> Session | None:
    with sandbox.api.state.lock:
        client_secret = request.path_params["client_secret"]
        return session_by_secret(sandbox.api.state, client_secret)


def _offers(sandbox: Sandbox, session: Session) -> list[Offer]:
    with sandbox.api.state.up_to_date() as state:
        merchant, _ = state.find_session(session.id)
        return offers(session, accounts_to_renew(merchant, session.holder))


def _html(text: str, status: int = 200, origin: str = "") -> Response:
    policy = {"Content-Security-Policy": _POLICY + (origin or "'none'")}
    return HTMLResponse(text, status, headers=_HEADERS | policy)
