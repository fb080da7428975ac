"""The status page of the demonstration, and its data as JSON."""

from pathlib import Path

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Route

from financial_connections.cli.fleet.demo.board import Board
from financial_connections.sandbox import Server

_HTML = Path(__file__).with_name("page.html")
_HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; connect-src 'self';"
    " style-src 'unsafe-inline'; script-src 'unsafe-inline'",
}


def page_server(board: Board) -> Server:
    """Return a server of the page, on a free port of the loopback interface.

    Args:
        board: The state to show.
    """

    async def show_page(_: Request) -> Response:
        return HTMLResponse(_HTML.read_text(encoding="utf-8"), headers=_HEADERS)

    async def send_status(_: Request) -> Response:
        return JSONResponse(board.to_dict(), headers=_HEADERS)

    app = Starlette(
        routes=[Route("/", show_page), Route("/status.json", send_status)],
        # A page of another host must not read it by pointing its name here.
        middleware=[Middleware(TrustedHostMiddleware, allowed_hosts=["127.0.0.1"])],
    )
    return Server(app, _do_nothing)


async def _do_nothing() -> None:
    pass
