"""Refuse requests that a web page of somebody else's makes. Pure, but for `guarded`.

A browser lets every page send requests to this machine. `Origin` and `Sec-Fetch-Site`
say which page it is, and `Host` the name under which it reaches the server: a page
whose own name is made to lead to 127.0.0.1 sends that name.
"""

import json
import re
from collections.abc import Collection, Mapping
from ipaddress import IPv6Address, ip_address

from starlette.types import ASGIApp, Receive, Scope, Send

from financial_connections.sandbox.api.errors import Refusal

_AUTHORITY = re.compile(
    r"(?:\[(?P<ipv6>[0-9a-f:.]+)\]|(?P<name>[a-z0-9._-]+))(?::[0-9]{1,5})?"
)
_ORIGIN = re.compile(r"https?://(?P<authority>.+)")


def is_loopback(host: str) -> bool:
    """Return True for a name or an address of this machine that no other machine
    reaches.
    """
    name = host.lower().removesuffix(".")
    try:
        address = ip_address(name)
    except ValueError:
        return name == "localhost" or name.endswith(".localhost")
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return (mapped or address).is_loopback


def host_refusal(
    headers: Mapping[str, str], allowed: Collection[str]
) -> Refusal | None:
    """Return the refusal of a request for a host that is neither a loopback name nor
    one of `allowed`.
    """
    host = headers.get("host", "")
    match = _AUTHORITY.fullmatch(host.lower())
    name = (match["ipv6"] or match["name"]) if match else ""
    if match and (is_loopback(name) or name in allowed):
        return None
    return Refusal(
        status=403,
        message=f"The sandbox does not answer for the Host {host[:100]!r}, because it listens on this machine alone."
        " Use localhost, 127.0.0.1 or [::1], or name the host in serve(sandbox, allowed_hosts=[…]).",
    )


def origin_refusal(method: str, headers: Mapping[str, str]) -> Refusal | None:
    """Return the refusal of a request that a page of another origin makes.

    Following a link or a redirect to the sandbox is fine, so that a front end can lead
    to the link page.
    """
    origin, site = headers.get("origin"), headers.get("sec-fetch-site")
    if origin is None:
        is_link = (
            method in {"GET", "HEAD"} and headers.get("sec-fetch-mode") == "navigate"
        )
        is_foreign = site == "cross-site" and not is_link
    elif origin == "null":
        # Also sent by pages of the sandbox if their referrer is suppressed. The browser
        # knows which it is.
        is_foreign = site != "same-origin"
    else:
        match = _ORIGIN.fullmatch(origin.lower())
        is_foreign = (
            match is None or match["authority"] != headers.get("host", "").lower()
        )
    if not is_foreign:
        return None
    page = f"the origin {origin[:100]!r}" if origin else "another site"
    return Refusal(
        status=403,
        message=f"The sandbox does not answer a web page of {page}. Call it from a server, as Stripe's API.",
    )


def guarded(
    app: ASGIApp, *, any_host: bool, allowed_hosts: Collection[str] = ()
) -> ASGIApp:
    """Return `app` behind the checks.

    Args:
        app: The application.
        any_host: Answer for every `Host`; the origin is checked all the same.
        allowed_hosts: Names to answer for besides those of loopback.

    """
    allowed = {name.lower() for name in allowed_hosts}

    async def guard(scope: Scope, receive: Receive, send: Send) -> None:
        headers = {
            name.decode("latin-1"): value.decode("latin-1")
            for name, value in scope["headers"]
        }
        refusal = None if any_host else host_refusal(headers, allowed)
        refusal = refusal or origin_refusal(scope["method"], headers)
        if refusal is None:
            await app(scope, receive, send)
        else:
            await _refuse(send, refusal)

    return guard


async def _refuse(send: Send, refusal: Refusal) -> None:
    body = json.dumps(refusal.body("req_refused")).encode()
    headers = {
        "content-type": "application/json",
        "content-length": str(len(body)),
        "request-id": "req_refused",
        "x-content-type-options": "nosniff",
    }
    raw = [(name.encode(), value.encode()) for name, value in headers.items()]
    await send(
        {"type": "http.response.start", "status": refusal.status, "headers": raw}
    )
    await send({"type": "http.response.body", "body": body})
