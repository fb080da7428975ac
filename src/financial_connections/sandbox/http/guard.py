"""Reject requests sent by web pages from other origins.

Browsers let any page send requests to this machine. `Origin` and `Sec-Fetch-Site`
identify the page, and `Host` is the name it uses to reach the server. If the domain of
a page resolves to 127.0.0.1 (DNS rebinding), `Host` is that domain.
"""

import json
import re
from collections.abc import Collection, Mapping
from ipaddress import IPv6Address, ip_address

from starlette.types import ASGIApp, Receive, Scope, Send

from financial_connections.sandbox.api.errors import APIError

_AUTHORITY = re.compile(
    r"(?:\[(?P<ipv6>[0-9a-f:.]+)\]|(?P<name>[a-z0-9._-]+))(?::[0-9]{1,5})?"
)
_ORIGIN = re.compile(r"https?://(?P<authority>.+)")
_PUBLIC = "/_sandbox/stripe.js"
"""A script that pages on other origins may load; it contains no data."""


def is_loopback(host: str) -> bool:
    """Return True if a name or address is reachable only from this machine."""
    name = host.lower().removesuffix(".")
    try:
        address = ip_address(name)
    except ValueError:
        return name == "localhost" or name.endswith(".localhost")
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return (mapped or address).is_loopback


def host_of_origin(origin: str) -> str:
    """Return the host name of an origin, or nothing if it is not one."""
    match = _ORIGIN.fullmatch(origin.lower())
    authority = match and _AUTHORITY.fullmatch(match["authority"])
    return (authority["ipv6"] or authority["name"]) if authority else ""


def host_error(headers: Mapping[str, str], allowed: Collection[str]) -> APIError | None:
    """Return an error if `Host` is neither a loopback name nor allowed."""
    host = headers.get("host", "")
    match = _AUTHORITY.fullmatch(host.lower())
    name = (match["ipv6"] or match["name"]) if match else ""
    if match and (is_loopback(name) or name in allowed):
        return None
    return APIError(
        status=403,
        message=f"The sandbox does not accept the Host {host[:100]!r}, because it"
        " listens on a loopback address. Use localhost, 127.0.0.1 or [::1], or pass"
        " the host to serve(sandbox, allowed_hosts=[…]).",
    )


def origin_error(method: str, headers: Mapping[str, str]) -> APIError | None:
    """Return an error if the request comes from a page with another origin.

    Following a link or redirect to the sandbox is allowed, so that a front end can send
    its users to the link page.
    """
    origin, site = headers.get("origin"), headers.get("sec-fetch-site")
    if origin is None:
        is_link = (
            method in {"GET", "HEAD"} and headers.get("sec-fetch-mode") == "navigate"
        )
        is_foreign = site == "cross-site" and not is_link
    elif origin == "null":
        # The sandbox's own pages also send this if their referrer is suppressed. Only
        # the browser knows whether the request comes from one of them.
        is_foreign = site != "same-origin"
    else:
        match = _ORIGIN.fullmatch(origin.lower())
        is_foreign = (
            match is None or match["authority"] != headers.get("host", "").lower()
        )
    if not is_foreign:
        return None
    page = repr(origin[:100]) if origin else "another site"
    return APIError(
        status=403,
        message=f"The sandbox does not accept requests from web pages on {page}."
        " Send them from a server, as with Stripe's API.",
    )


def guard(
    app: ASGIApp, *, any_host: bool, allowed_hosts: Collection[str] = ()
) -> ASGIApp:
    """Return an application that checks each request before passing it to `app`.

    Args:
        app: Application to protect.
        any_host: Whether to accept any `Host`. The origin is checked either way.
        allowed_hosts: Names to accept in addition to loopback names.
    """
    allowed = {name.lower() for name in allowed_hosts}

    async def guarded(scope: Scope, receive: Receive, send: Send) -> None:
        headers = {
            name.decode("latin-1"): value.decode("latin-1")
            for name, value in scope["headers"]
        }
        error = None if any_host else host_error(headers, allowed)
        if scope["path"] != _PUBLIC:
            error = error or origin_error(scope["method"], headers)
        if error is None:
            await app(scope, receive, send)
        else:
            await _send_error(send, error)

    return guarded


async def _send_error(send: Send, error: APIError) -> None:
    body = json.dumps(error.body("req_refused")).encode()
    headers = {
        "content-type": "application/json",
        "content-length": str(len(body)),
        "request-id": "req_refused",
        "x-content-type-options": "nosniff",
    }
    raw = [(name.encode(), value.encode()) for name, value in headers.items()]
    await send({"type": "http.response.start", "status": error.status, "headers": raw})
    await send({"type": "http.response.body", "body": body})
