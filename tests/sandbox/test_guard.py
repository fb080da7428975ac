"""Web pages of others cannot drive a sandbox that listens on this machine."""

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
    """Send a request over a socket as a browser would, with the known key."""

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
    ["evil.example", "evil.example:{port}", "localhost.evil.example", "127.0.0.1.evil.example", "evil@127.0.0.1",
     "10.0.0.1", "192.168.1.5:{port}", "[fe80::1]", "[::2]", "sandbox", "127.0.0.1/", "localhost:x", "", "0.0.0.0"],
)  # fmt: skip
@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", ACCOUNTS),
        ("POST", "/_sandbox/advance"),
        ("GET", "/_sandbox/link"),
        ("GET", "/_sandbox/faults"),
    ],
)
def test_a_host_that_is_not_a_name_of_this_machine_is_refused(
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
    ["localhost", "LOCALHOST:{port}", "localhost.", "my.app.localhost:{port}", "127.0.0.1:1", "127.9.8.7",
     "[::1]:{port}", "[0:0:0:0:0:0:0:1]", "[::ffff:127.0.0.1]"],
)  # fmt: skip
def test_a_loopback_name_is_answered(send, server, host):
    assert (
        200
        == send(
            "POST",
            "/_sandbox/advance",
            content=b'{"seconds": 1}',
            host=host.format(port=port_of(server)),
        ).status_code
    )


def test_a_name_can_be_allowed(sandbox):
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


def test_a_server_on_another_address_answers_for_any_host_but_not_for_foreign_pages(
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
def test_a_post_of_a_foreign_page_is_refused(send, server, headers, path):
    headers = {
        name: value.format(port=port_of(server)) for name, value in headers.items()
    }
    reply = send(
        "POST", path, content=b'{"quirks": []}', content_type="text/plain", **headers
    )
    assert 403 == reply.status_code
    assert (
        "does not accept requests from web pages of" in reply.json()["error"]["message"]
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


async def test_the_sdk_says_why(sandbox, anyio_backend):
    async with (
        serve(sandbox) as server,
        httpx.AsyncClient(event_hooks={"request": [as_evil]}) as http,
        AsyncClient(sandbox.api_key, base_url=server.url, http_client=http) as client,
    ):
        with pytest.raises(
            PermissionDeniedError,
            match="does not accept the Host 'evil.example'.*allowed_hosts",
        ):
            await client.accounts.retrieve("fca_1")


async def as_evil(request):
    request.headers["Host"] = "evil.example"


# -- what must go on working -----------------------------------------------------------


def new_session(sandbox, server):
    params = {
        "account_holder[type]": "customer",
        "account_holder[customer]": sandbox.add_customer(),
        "permissions[0]": "balances",
    }
    return httpx.post(
        server.url + SESSIONS, data=params, auth=(sandbox.api_key, "")
    ).json()


def test_a_front_end_can_lead_to_the_link_page_and_its_form_works(sandbox, server):
    page = f"/_sandbox/link/{new_session(sandbox, server)['client_secret']}"
    own = server.url
    with httpx.Client(base_url=own) as browser:
        # A redirect from the front end, or a link in it.
        navigation = {
            "Sec-Fetch-Site": "cross-site",
            "Sec-Fetch-Mode": "navigate",
            "Sec-Fetch-Dest": "document",
        }
        reply = browser.get(page, headers=navigation)
        assert 200 == reply.status_code
        assert '<meta name="referrer" content="same-origin">' in reply.text
        form = "institution=Sandcastle+Savings&accounts[]=savings&decision=connect"
        sent = {
            "Content-Type": FORM,
            "Origin": own,
            "Sec-Fetch-Site": "same-origin",
            "Sec-Fetch-Mode": "navigate",
        }
        reply = browser.post(page, content=form, headers=sent)
    assert 200 == reply.status_code
    assert "Your accounts are linked" in reply.text


def test_a_form_without_a_referrer_works_where_the_browser_vouches_for_it(
    sandbox, server
):
    page = f"{server.url}/_sandbox/link/{new_session(sandbox, server)['client_secret']}"
    sent = {"Content-Type": FORM, "Origin": "null", "Sec-Fetch-Site": "same-origin"}
    assert 200 == httpx.post(page, content="decision=cancel", headers=sent).status_code


@pytest.mark.parametrize("site", ["none", "same-origin", "same-site"])
def test_what_a_person_types_in_works(send, site):
    assert (
        200
        == send(
            "GET", "/_sandbox/link", sec_fetch_site=site, sec_fetch_mode="navigate"
        ).status_code
    )


async def test_in_process_any_host_works(sandbox, anyio_backend):
    """There is no browser on the way."""
    transport = httpx.ASGITransport(application(sandbox))
    async with httpx.AsyncClient(
        transport=transport, base_url="http://sandbox"
    ) as client:
        assert 200 == (await client.get("/_sandbox/link")).status_code


# -- the pure part ---------------------------------------------------------------------


@given(st.ip_addresses())
def test_only_loopback_addresses_are_loopback(address):
    mapped = getattr(address, "ipv4_mapped", None) or address
    assert mapped.is_loopback == is_loopback(str(address))


@given(st.text(max_size=20))
def test_no_host_is_too_odd(host):
    refusal = host_error({"host": host}, ())
    assert refusal is None or refusal.status == 403
    assert host_error({"host": f"{host}.evil.example"}, ()) is not None


@given(st.text(max_size=20), st.sampled_from(["GET", "POST", "DELETE"]))
def test_no_origin_is_too_odd(origin, method):
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
    ("host", "warned"),
    [
        ("0.0.0.0", True),
        ("127.0.0.1", False),
        ("127.0.0.2", False),
        ("localhost", False),
    ],
)
def test_the_command_warns_where_others_reach_it(host, warned):
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
        f"Anyone who can reach {host} can use this sandbox.\n" if warned else ""
    ) == errors
