"""Routes of the link page: `/_sandbox/link` and `/_sandbox/link/{client_secret}`."""

from functools import partial

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import BaseRoute, Route

from financial_connections.sandbox.api.errors import APIError
from financial_connections.sandbox.api.form import parse_form
from financial_connections.sandbox.api.linking import accounts_to_renew
from financial_connections.sandbox.api.records import Session
from financial_connections.sandbox.api.sessions import open_sessions, session_by_secret
from financial_connections.sandbox.http import linkpage
from financial_connections.sandbox.http.linkchoice import Offer, choice_from, offers
from financial_connections.sandbox.sandbox import Sandbox

_HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline';"
    " img-src data:; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}


def link_routes(sandbox: Sandbox) -> list[BaseRoute]:
    """Return the routes of the link page."""
    return [
        Route("/link", partial(_index, sandbox), methods=["GET"]),
        Route("/link/{client_secret}", partial(_show, sandbox), methods=["GET"]),
        Route("/link/{client_secret}", partial(_decide, sandbox), methods=["POST"]),
    ]


async def _index(sandbox: Sandbox, _: Request) -> Response:
    with sandbox.api.state.lock:
        return _html(linkpage.index_page(open_sessions(sandbox.api.state)))


async def _show(sandbox: Sandbox, request: Request) -> Response:
    session = _session(sandbox, request)
    if session is None:
        return _html(linkpage.unknown_page(), 404)
    return _html(
        linkpage.form_page(session, _offers(sandbox, session))
        if session.status == "open"
        else linkpage.done_page(session)
    )


async def _decide(sandbox: Sandbox, request: Request) -> Response:
    session = _session(sandbox, request)
    if session is None:
        return _html(linkpage.unknown_page(), 404)
    if session.status != "open":
        return _html(linkpage.done_page(session), 409)
    offered = _offers(sandbox, session)
    try:
        form = parse_form((await request.body()).decode("ascii", "backslashreplace"))
    except APIError as error:
        return _html(linkpage.form_page(session, offered, error.message), 400)
    choice = choice_from(session, offered, form)
    if choice.problem:
        return _html(linkpage.form_page(session, offered, choice.problem, form), 400)
    if choice.accounts:
        sandbox.complete(session.id, choice.accounts)
    elif choice.bank_account:
        routing_number, account_number = choice.bank_account
        sandbox.enter_bank_account(
            session.id, routing_number=routing_number, account_number=account_number
        )
    else:
        sandbox.cancel(session.id)
    return _html(linkpage.done_page(session))


def _session(sandbox: Sandbox, request: Request) -> Session | None:
    with sandbox.api.state.lock:
        client_secret = request.path_params["client_secret"]
        return session_by_secret(sandbox.api.state, client_secret)


def _offers(sandbox: Sandbox, session: Session) -> list[Offer]:
    with sandbox.api.state.up_to_date() as state:
        merchant, _ = state.find_session(session.id)
        return offers(session, accounts_to_renew(merchant, session.holder))


def _html(text: str, status: int = 200) -> Response:
    return HTMLResponse(text, status, headers=_HEADERS)
