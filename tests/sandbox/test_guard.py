"""Protection against requests from foreign web pages."""

import subprocess
import sys
from urllib.parse import urlsplit

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from financial_connections import AsyncClient, PermissionDeniedError
from financial_connections.sandbox import serve
from financial_connections.sandbox.http.app import application
from financial_connections.sandbox.http.guard import (
    host_error,
    is_loopback,
    origin_error,
)
from tests.support.sandbox_calls import ACCOUNTS, FORM, SESSIONS

EVIL = "http://evil.example"


@pytest.fixture
def server(sandbox):
    with serve(sandbox) as server:
        yield server


@pytest.fixture
def send(sandbox, server):
    """Send a request over a socket, with the sandbox's API key."""

    def send(method, path, *, content=b"", **headers):
        names = {name.replace("_", "-"): value for name, value in headers.items()}
        return httpx.request(
            method,
            server.url + path,
            auth=(sandbox.api_key, ""),
            content=content,
            headers=names,
            trust_env=False,
        )

    return send


def port_of(server):
    return urlsplit(server.url).port


@pytest.mark.parametrize(
    "host",
    [
        "evil.example",
        "evil.example:{port}",
        "localhost.evil.example",
        "127.0.0.1.evil.example",
        "evil@127.0.0.1",
        "10.0.0.1",
        "192.168.1.5:{port}",
        "[fe80::1]",
        "[::2]",
        "sandbox",
        "127.0.0.1/",
        "localhost:x",
        "",
        "0.0.0.0",
    ],
)
@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", ACCOUNTS),
        ("POST", "/_sandbox/advance"),
        ("GET", "/_sandbox/link"),
        ("GET", "/_sandbox/faults"),
    ],
)
def test_a_host_that_is_not_a_loopback_name_is_rejected(
    send, sandbox, server, host, method, path
):
    before = sandbox.clock.now()
    reply = send(
        method, path, content=b'{"seconds": 60}', host=host.format(port=port_of(server))
    )
    error = reply.json()["error"]
    assert (403, "invalid_request_error") == (reply.status_code, error["type"])
    assert "does not accept the Host" in error["message"]
    assert before == sandbox.clock.now()


@pytest.mark.parametrize(
    "host",
    [
        "localhost",
        "LOCALHOST:{port}",
        "localhost.",
        "my.app.localhost:{port}",
        "127.0.0.1:1",
        "127.9.8.7",
        "[::1]:{port}",
        "[0:0:0:0:0:0:0:1]",
        "[::ffff:127.0.0.1]",
    ],
)
def test_a_loopback_name_is_accepted(send, server, host):
    assert (
        200
        == send(
            "POST",
            "/_sandbox/advance",
            content=b'{"seconds": 1}',
            host=host.format(port=port_of(server)),
        ).status_code
    )


def test_allowed_hosts_are_accepted(sandbox):
    with serve(sandbox, allowed_hosts=["Sandbox.Test"]) as server:
        replies = [
            httpx.get(f"{server.url}/_sandbox/link", headers={"Host": host}).status_code
            for host in (
                "sandbox.test",
                "SANDBOX.test:99",
                "localhost",
                "evil.example",
                "www.sandbox.test",
            )
        ]
    assert [200, 200, 200, 403, 403] == replies


def test_a_server_on_another_address_accepts_any_host_but_not_any_origin(
    sandbox,
):
    with serve(sandbox, host="0.0.0.0") as server:
        url = f"http://127.0.0.1:{port_of(server)}/_sandbox/link"
        assert 200 == httpx.get(url, headers={"Host": "sandbox.internal"}).status_code
        assert (
            403
            == httpx.get(
                url, headers={"Host": "sandbox.internal", "Origin": EVIL}
            ).status_code
        )


@pytest.mark.parametrize(
    "headers",
    [
        {"origin": EVIL},
        {"origin": "https://evil.example"},
        {"origin": EVIL, "sec_fetch_site": "cross-site", "sec_fetch_mode": "navigate"},
        {"origin": "null"},
        {
            "origin": "null",
            "sec_fetch_site": "cross-site",
            "sec_fetch_mode": "navigate",
        },
        {"origin": "http://127.0.0.1"},
        {"origin": "http://127.0.0.1:3000", "sec_fetch_site": "same-site"},
        {"origin": "http://localhost:{port}"},
        {"origin": ""},
        {"origin": "file://"},
        {"sec_fetch_site": "cross-site", "sec_fetch_mode": "no-cors"},
        {"sec_fetch_site": "cross-site", "sec_fetch_mode": "navigate"},
        {"sec_fetch_site": "cross-site"},
    ],
)
@pytest.mark.parametrize(
    "path",
    ["/_sandbox/quirks", "/_sandbox/link/fcsess_secret", f"{ACCOUNTS}/fca_1/refresh"],
)
def test_a_post_from_a_foreign_page_is_rejected(send, server, headers, path):
    headers = {
        name: value.format(port=port_of(server)) for name, value in headers.items()
    }
    reply = send(
        "POST", path, content=b'{"quirks": []}', content_type="text/plain", **headers
    )
    assert 403 == reply.status_code
    assert (
        "does not accept requests from web pages on" in reply.json()["error"]["message"]
    )
    assert "access-control-allow-origin" not in reply.headers


@pytest.mark.parametrize(
    "headers",
    [
        {"sec_fetch_site": "cross-site", "sec_fetch_mode": "no-cors"},
        {"sec_fetch_site": "cross-site", "sec_fetch_mode": "cors", "origin": EVIL},
        {"origin": EVIL},
    ],
)
def test_a_foreign_page_cannot_load_anything(send, headers):
    assert 403 == send("GET", ACCOUNTS, **headers).status_code
    assert 403 == send("GET", "/_sandbox/link", **headers).status_code


def test_a_front_end_may_load_the_stand_in_for_stripe_js(send):
    foreign = {"sec_fetch_site": "cross-site", "sec_fetch_mode": "no-cors"}
    assert 200 == send("GET", "/_sandbox/stripe.js", **foreign).status_code
    assert 403 == send("GET", "/_sandbox/link.js", **foreign).status_code


async def test_the_sdk_error_explains_the_rejection(sandbox, anyio_backend):
    async with (
        serve(sandbox) as server,
        httpx.AsyncClient(event_hooks={"request": [set_evil_host]}) as http,
        AsyncClient(sandbox.api_key, base_url=server.url, http_client=http) as client,
    ):
        with pytest.raises(
            PermissionDeniedError,
            match="does not accept the Host 'evil.example'.*allowed_hosts",
        ):
            await client.accounts.retrieve("fca_1")


async def set_evil_host(request):
    request.headers["Host"] = "evil.example"


def new_session(sandbox, server):
    params = {
        "account_holder[type]": "customer",
        "account_holder[customer]": sandbox.add_customer(),
        "permissions[0]": "balances",
    }
    return httpx.post(
        server.url + SESSIONS, data=params, auth=(sandbox.api_key, "")
    ).json()


def test_a_front_end_can_send_users_to_the_link_page(sandbox, server):
    page = f"/_sandbox/link/{new_session(sandbox, server)['client_secret']}"
    origin = server.url
    with httpx.Client(base_url=origin) as browser:
        # Headers sent when following a link or redirect from the front end.
        navigation = {
            "Sec-Fetch-Site": "cross-site",
            "Sec-Fetch-Mode": "navigate",
            "Sec-Fetch-Dest": "document",
        }
        reply = browser.get(page, headers=navigation)
        assert 200 == reply.status_code
        assert '<meta name="referrer" content="same-origin">' in reply.text
        form = "institution=Sandcastle+Savings&accounts[]=savings&decision=connect"
        form_headers = {
            "Content-Type": FORM,
            "Origin": origin,
            "Sec-Fetch-Site": "same-origin",
            "Sec-Fetch-Mode": "navigate",
        }
        reply = browser.post(page, content=form, headers=form_headers)
    assert 200 == reply.status_code
    assert "Your accounts are linked" in reply.text


def test_a_same_origin_form_without_a_referrer_is_accepted(sandbox, server):
    page = f"{server.url}/_sandbox/link/{new_session(sandbox, server)['client_secret']}"
    headers = {"Content-Type": FORM, "Origin": "null", "Sec-Fetch-Site": "same-origin"}
    assert (
        200 == httpx.post(page, content="decision=cancel", headers=headers).status_code
    )


@pytest.mark.parametrize("site", ["none", "same-origin", "same-site"])
def test_a_url_typed_into_the_browser_is_accepted(send, site):
    assert (
        200
        == send(
            "GET", "/_sandbox/link", sec_fetch_site=site, sec_fetch_mode="navigate"
        ).status_code
    )


async def test_any_host_is_accepted_in_process(sandbox, anyio_backend):
    transport = httpx.ASGITransport(application(sandbox))
    async with httpx.AsyncClient(
        transport=transport, base_url="http://sandbox"
    ) as client:
        assert 200 == (await client.get("/_sandbox/link")).status_code


@given(st.ip_addresses())
def test_is_loopback_accepts_only_loopback_addresses(address):
    mapped = getattr(address, "ipv4_mapped", None) or address
    assert mapped.is_loopback == is_loopback(str(address))


@given(st.text(max_size=20))
def test_an_arbitrary_host_is_either_accepted_or_rejected_with_403(host):
    error = host_error({"host": host}, ())
    assert error is None or error.status == 403
    assert host_error({"host": f"{host}.evil.example"}, ()) is not None


@given(st.text(max_size=20), st.sampled_from(["GET", "POST", "DELETE"]))
def test_arbitrary_foreign_origins_are_rejected(origin, method):
    assert origin_error(method, {"host": "127.0.0.1:1", "origin": origin}) is not None
    assert (
        origin_error(
            method, {"host": "127.0.0.1:1", "origin": f"{origin}.evil.example"}
        )
        is not None
    )
    assert (
        origin_error(method, {"host": "127.0.0.1:1", "origin": "http://127.0.0.1:1"})
        is None
    )


@pytest.mark.parametrize(
    ("host", "has_warning"),
    [
        ("0.0.0.0", True),
        ("127.0.0.1", False),
        ("127.0.0.2", False),
        ("localhost", False),
    ],
)
def test_the_command_warns_if_other_machines_can_reach_it(host, has_warning):
    command = [
        sys.executable,
        "-m",
        "financial_connections.sandbox",
        "--port",
        "0",
        "--host",
        host,
    ]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout.readline().startswith("Sandbox   http://")
        process.terminate()
        _, errors = process.communicate(timeout=50)
    assert (
        f"Anyone who can reach {host} can use this sandbox.\n" if has_warning else ""
    ) == errors
