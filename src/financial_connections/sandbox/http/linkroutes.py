"""The linking page behind its URLs, `/_sandbox/link` and
`/_sandbox/link/{client_secret}`.
"""

from functools import partial
from typing import TYPE_CHECKING

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import BaseRoute, Route

from financial_connections.sandbox.api.errors import Refusal
from financial_connections.sandbox.api.form import parsed_form
from financial_connections.sandbox.http import linkpage

if TYPE_CHECKING:
    from financial_connections.sandbox.linking import Linking

_HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; img-src data:;"
    " form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}


def link_routes(sandbox: "Linking") -> list[BaseRoute]:
    """Return the routes."""
    return [
        Route("/link", partial(_index, sandbox), methods=["GET"]),
        Route("/link/{client_secret}", partial(_show, sandbox), methods=["GET"]),
        Route("/link/{client_secret}", partial(_decide, sandbox), methods=["POST"]),
    ]


async def _index(sandbox: "Linking", _: Request) -> Response:
    return _html(linkpage.index_page(sandbox.open_sessions()))


async def _show(sandbox: "Linking", request: Request) -> Response:
    session = sandbox.session_by_secret(request.path_params["client_secret"])
    if session is None:
        return _html(linkpage.unknown_page(), 404)
    return _html(
        linkpage.form_page(session)
        if session.status == "open"
        else linkpage.done_page(session)
    )


async def _decide(sandbox: "Linking", request: Request) -> Response:
    session = sandbox.session_by_secret(request.path_params["client_secret"])
    if session is None:
        return _html(linkpage.unknown_page(), 404)
    if session.status != "open":
        return _html(linkpage.done_page(session), 409)
    try:
        sent = parsed_form((await request.body()).decode("ascii", "backslashreplace"))
    except Refusal as refusal:
        return _html(linkpage.form_page(session, refusal.message), 400)
    choice = linkpage.choice_from(session, sent)
    if choice.problem:
        return _html(linkpage.form_page(session, choice.problem, sent), 400)
    if choice.accounts:
        sandbox.complete(session.id, choice.accounts)
    else:
        sandbox.cancel(session.id)
    return _html(linkpage.done_page(session))


def _html(text: str, status: int = 200) -> Response:
    return HTMLResponse(text, status, headers=_HEADERS)
