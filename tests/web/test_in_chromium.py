"""The page of the web application in Chromium, without access to the network."""

import shutil
import socket
import threading
from contextlib import closing, contextmanager
from functools import partial

import pytest
import uvicorn

from examples.web.app import create_app
from examples.web.settings import STRIPE_JS
from financial_connections import AsyncClient
from financial_connections.sandbox import Clock, Rules, Sandbox, serve
from tests.support import web

CHROMIUM = shutil.which("chromium")

pytestmark = pytest.mark.skipif(
    CHROMIUM is None, reason="Chromium is not installed: apt-get install chromium"
)


@contextmanager
def serving(app, listener):
    """Run the application in a thread until the end of the block."""
    server = uvicorn.Server(
        uvicorn.Config(app, log_config=None, timeout_graceful_shutdown=1)
    )
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
    thread.start()
    try:
        yield
    finally:
        server.should_exit = True
        thread.join()


@pytest.fixture
def sandbox():
    """A sandbox whose refreshes take a minute, however often they are polled."""
    rules = Rules(refresh_seconds=60, refresh_polls=None)
    return Sandbox(clock=Clock.system(), rules=rules)


@pytest.fixture
def stripe_js():
    """URL of the script that the page loads; None for that of the sandbox."""
    return


@pytest.fixture
def open_page(database_url, sandbox, stripe_js):
    """Start the application, and return a function that opens its page."""
    from playwright.sync_api import sync_playwright  # noqa: PLC0415 - installed with Chromium only

    with (
        closing(socket.create_server(("127.0.0.1", 0))) as listener,
        serve(sandbox) as server,
        sync_playwright() as playwright,
    ):
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        settings = web.new_settings(
            database_url, stripe_js=stripe_js or f"{server.url}/_sandbox/stripe.js"
        )
        client = partial(AsyncClient, sandbox.api_key, base_url=server.url)
        for kind in ("snapshot", "thin"):
            sandbox.add_webhook(f"{url}/stripe", secret=web.SECRET, event_payload=kind)
        browser = playwright.chromium.launch(
            executable_path=CHROMIUM, args=["--no-sandbox"]
        )

        def open_page(scripts=(), **context):
            page = browser.new_context(**context).new_page()
            page.on("pageerror", lambda error: pytest.fail(str(error)))
            for address, script in scripts:
                page.route(address, partial(fulfil, script))
            page.goto(url)
            return page

        with serving(create_app(settings, client), listener):
            yield open_page
            browser.close()


def fulfil(script, route):
    route.fulfill(body=script, content_type="text/javascript")


def sign_up(page):
    page.get_by_label("Email").fill("ada@example.com")
    page.get_by_label("Password").fill(web.PASSWORD)
    page.get_by_role("button", name="Create account").click()
    page.get_by_role("heading", name="Your accounts").wait_for()


def link_at_paper_moon_bank(page):
    page.get_by_role("button", name="Link a bank account").click()
    frame = page.frame_locator("iframe")
    frame.get_by_label("Search institutions").fill("moon")
    frame.get_by_label("Paper Moon Bank").check()
    frame.get_by_role("button", name="Continue").click()
    frame.get_by_role("button", name="Agree and connect").click()
    frame.get_by_role("button", name="Done").click()


def test_the_whole_flow(open_page, sandbox):
    page = open_page()
    sign_up(page)
    assert page.get_by_text("You have not linked a bank account yet.").is_visible()

    link_at_paper_moon_bank(page)
    card = page.get_by_role("list", name="Accounts").get_by_role("listitem")
    card.get_by_text("updating…").wait_for()
    assert card.get_by_text("Paper Moon Bank").is_visible()

    sandbox.advance(60)
    card.get_by_text("up to date").wait_for()
    rows = page.locator("#transactions li")
    rows.first.wait_for()
    page.get_by_role("heading", name="Money out by month").wait_for()

    [arrived] = sandbox.add_transactions(sandbox.accounts[0], status="pending")
    page.get_by_text("· pending").wait_for()

    page.reload()
    page.get_by_text("· pending").wait_for()
    assert arrived in sandbox._state.platform.transactions

    page.on("dialog", lambda dialog: dialog.accept())
    card.get_by_role("button", name="Disconnect").click()
    page.get_by_text("You have not linked a bank account yet.").wait_for()
    assert not rows.first.is_visible()
    [account] = sandbox._state.platform.accounts
    assert "disconnected" == account.status

    page.get_by_role("button", name="Log out").click()
    page.get_by_role("button", name="Log in").wait_for()


def test_nothing_is_requested_from_the_api_before_the_login(open_page):
    page = open_page()
    page.get_by_role("button", name="Log in").wait_for()
    requested = page.evaluate(
        "performance.getEntriesByType('resource').map(({ name }) => new URL(name))"
        ".map(({ pathname }) => pathname)"
    )
    assert "/static/app.js" in requested
    assert [] == [path for path in requested if path.startswith("/api/")]


def test_an_account_can_be_refreshed_once_stripe_allows_it(open_page, sandbox):
    page = open_page()
    page.clock.install()
    page.reload()
    sign_up(page)
    link_at_paper_moon_bank(page)
    card = page.get_by_role("list", name="Accounts").get_by_role("listitem")
    sandbox.advance(60)
    card.get_by_text("up to date").wait_for()
    refresh = card.get_by_role("button", name="Refresh")
    assert not refresh.is_visible()

    sandbox.advance(100)
    page.clock.fast_forward("10:00")
    refresh.click()
    card.get_by_text("updating…").wait_for()


def test_a_cancellation_links_nothing(open_page, sandbox):
    page = open_page()
    sign_up(page)
    page.get_by_role("button", name="Link a bank account").click()
    page.frame_locator("iframe").get_by_role("button", name="Cancel").click()
    page.locator("dialog").wait_for(state="detached")
    page.locator("#link:focus").wait_for()
    assert page.get_by_text("You have not linked a bank account yet.").is_visible()
    assert [] == sandbox.accounts


# A stub of Stripe.js, which records its calls and has the server link an account.
STUB = """
window.calls = [];
window.Stripe = (...values) => {
  calls.push(["Stripe", ...values]);
  return {
    async collectFinancialConnectionsAccounts(...values) {
      calls.push(["collectFinancialConnectionsAccounts", ...values]);
      return await collect(values[0].clientSecret);
    },
  };
};
"""


def open_with_stub(open_page, collect):
    """Open the page that loads Stripe.js, with a stub in its place."""
    page = open_page([(STRIPE_JS, STUB)])
    page.expose_function("collect", collect)
    sign_up(page)
    return page


@pytest.mark.parametrize("stripe_js", [STRIPE_JS])
def test_stripe_js_is_called_as_stripe_documents_it(open_page, sandbox):
    secrets = []

    def collect(client_secret):
        secrets.append(client_secret)
        accounts = sandbox.complete(client_secret)
        session = sandbox._state.find_session(client_secret)[1].id
        accounts = [{"id": account} for account in accounts]
        return {"financialConnectionsSession": {"id": session, "accounts": accounts}}

    page = open_with_stub(open_page, collect)
    page.get_by_role("button", name="Link a bank account").click()
    page.get_by_role("list", name="Accounts").get_by_role("listitem").wait_for()

    [secret] = secrets
    assert [
        ["Stripe", "pk_test_1"],
        ["collectFinancialConnectionsAccounts", {"clientSecret": secret}],
    ] == page.evaluate("calls")


@pytest.mark.parametrize("stripe_js", [STRIPE_JS])
def test_an_error_of_stripe_js_is_shown(open_page):
    page = open_with_stub(
        open_page, lambda _: {"error": {"message": "The session has expired."}}
    )
    page.get_by_role("button", name="Link a bank account").click()
    alert = page.get_by_role("alert")
    alert.wait_for()
    assert "That did not work: The session has expired." == alert.inner_text()
    assert page.get_by_role("button", name="Link a bank account").is_enabled()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_page_fits_a_phone(open_page, scheme):
    page = open_page(viewport={"width": 320, "height": 640}, color_scheme=scheme)
    sign_up(page)
    link_at_paper_moon_bank(page)
    page.get_by_role("list", name="Accounts").get_by_role("listitem").wait_for()
    assert page.evaluate("document.documentElement.scrollWidth") <= 320
