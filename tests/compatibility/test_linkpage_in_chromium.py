"""The link page in Chromium, with and without JavaScript, and without the network."""

import shutil

import pytest

from financial_connections.sandbox import Sandbox, serve
from financial_connections.sandbox.http.server import Server
from tests.support.sandbox_calls import SESSIONS, get, post

CHROMIUM = shutil.which("chromium")

pytestmark = pytest.mark.skipif(
    CHROMIUM is None, reason="Chromium is not installed: apt-get install chromium"
)


@pytest.fixture
def sandbox():
    return Sandbox(seed=1)


@pytest.fixture
def session(sandbox):
    holder = {"type": "customer", "customer": sandbox.add_customer()}
    return post(
        sandbox, SESSIONS, {"account_holder": holder, "permissions": ["balances"]}
    ).json


@pytest.fixture
def server(sandbox):
    with serve(sandbox) as server:
        yield server


@pytest.fixture
def browser():
    from playwright.sync_api import sync_playwright  # noqa: PLC0415 - installed with Chromium only

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=CHROMIUM, args=["--no-sandbox"]
        )
        yield browser
        browser.close()


def open_page(browser, url, **context):
    """Open a page, and return it with the URLs that it requests.

    An error in a script, such as one that the Content-Security-Policy causes, fails
    the test.
    """
    page = browser.new_context(**context).new_page()
    requested = []
    page.on("request", lambda request: requested.append(request.url))
    page.on("pageerror", lambda error: pytest.fail(str(error)))
    page.goto(url)
    return page, requested


@pytest.fixture
def page(server, session, browser):
    """The session's link page in a browser without JavaScript."""
    url = f"{server.url}/_sandbox/link/{session['client_secret']}"
    page, requested = open_page(browser, url, java_script_enabled=False)
    yield page
    assert {url, f"{server.url}/_sandbox/link.css"} == {*requested}


@pytest.fixture
def modern_page(server, session, browser):
    """The session's link page in a browser with JavaScript."""
    url = f"{server.url}/_sandbox/link/{session['client_secret']}"
    page, requested = open_page(browser, url)
    yield page
    assert all(address.startswith(server.url) for address in requested)


def linked(sandbox, session):
    accounts = get(sandbox, f"{SESSIONS}/{session['id']}").json["accounts"]["data"]
    return [
        (account["institution_name"], account["subcategory"]) for account in accounts
    ]


def test_a_user_can_choose_with_the_mouse_and_consent(sandbox, session, page):
    page.get_by_role("group", name="Your institution").get_by_label(
        "Sandcastle Savings"
    ).check()
    page.get_by_label("Paper Credit Card").check()
    page.get_by_role("button", name="Agree and connect").click()

    assert (
        "Your accounts are linked" == page.get_by_role("heading", level=1).inner_text()
    )
    assert [
        ("Sandcastle Savings", "credit_card"),
        ("Sandcastle Savings", "checking"),
    ] == linked(sandbox, session)


def test_a_user_can_choose_with_the_keyboard(sandbox, session, page):
    for key in ("Tab", "ArrowDown", "Tab", "Space", "Tab", "Space", "Enter"):
        page.keyboard.press(key)
    page.wait_for_selector("text=Your accounts are linked")

    assert [("Sandcastle Savings", "savings")] == linked(sandbox, session)


def test_an_incomplete_form_shows_an_alert_and_can_be_corrected(sandbox, session, page):
    page.get_by_label("Everyday Checking").uncheck()
    page.get_by_role("button", name="Agree and connect").click()
    assert "Choose at least one account." == page.get_by_role("alert").inner_text()

    page.get_by_label("Rainy Day Savings").check()
    page.get_by_role("button", name="Agree and connect").click()

    assert [("Example Bank", "savings")] == linked(sandbox, session)


def test_a_user_can_cancel(sandbox, session, page):
    page.get_by_role("button", name="Cancel").click()

    assert "Nothing was linked" == page.get_by_role("heading", level=1).inner_text()
    assert [] == linked(sandbox, session)


def test_the_page_fits_a_narrow_screen_in_light_and_dark_mode(page):
    page.set_viewport_size({"width": 320, "height": 640})
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        assert page.locator("main").bounding_box()["width"] <= 320
        assert (
            page.get_by_role("button", name="Agree and connect").bounding_box()["x"]
            >= 0
        )


def test_a_user_can_search_and_is_led_through_the_steps(sandbox, session, modern_page):
    page = modern_page
    assert not page.get_by_label("Everyday Checking").is_visible()
    page.get_by_label("Search institutions").fill("PAPER")
    assert not page.get_by_label("Example Bank").is_visible()
    page.get_by_label("Paper Moon Bank").check()
    page.get_by_role("button", name="Continue").click()
    assert page.get_by_label("Everyday Checking").is_checked()
    page.get_by_role("button", name="Back").click()
    page.get_by_label("Search institutions").press("Enter")
    page.get_by_label("Everyday Checking").uncheck()
    page.get_by_role("button", name="Agree and connect").click()
    assert "Choose at least one account." == page.get_by_role("alert").inner_text()
    page.get_by_label("Rainy Day Savings").check()
    page.get_by_role("button", name="Agree and connect").click()
    page.wait_for_selector("text=Your accounts are linked")

    assert [("Paper Moon Bank", "savings")] == linked(sandbox, session)


FRONT_END = """<!doctype html><title>Shop</title><h1>Shop</h1>
<script src="{url}/_sandbox/stripe.js"></script>
<script>
const stripe = Stripe("pk_test_1");
async function link(clientSecret) {{
  return stripe.collectFinancialConnectionsAccounts({{ clientSecret }});
}}
</script>"""


@pytest.fixture
def front_end(server, browser):
    """A front end on another origin, with the sandbox's stand-in for Stripe.js."""

    async def app(scope, receive, send):
        headers = [(b"content-type", b"text/html")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        body = FRONT_END.format(url=server.url).encode()
        await send({"type": "http.response.body", "body": body})

    async def nothing():
        pass

    with Server(app, nothing) as front_end:
        # Another host name, so the sandbox is another site.
        url = front_end.url.replace("127.0.0.1", "localhost")
        yield open_page(browser, url)[0]


def start_linking(front_end, secret):
    front_end.evaluate("secret => { window.result = link(secret) }", secret)
    return front_end.frame_locator("iframe")


def test_a_front_end_receives_the_linked_accounts(sandbox, session, front_end):
    frame = start_linking(front_end, session["client_secret"])
    frame.get_by_label("Sandcastle Savings").check()
    frame.get_by_role("button", name="Continue").click()
    frame.get_by_role("button", name="Agree and connect").click()
    frame.get_by_role("button", name="Done").click()

    result = front_end.evaluate("window.result")["financialConnectionsSession"]
    assert (session["id"], sandbox.accounts) == (
        result["id"],
        [account["id"] for account in result["accounts"]],
    )
    assert 0 == front_end.locator("dialog").count()


@pytest.mark.parametrize("by", ["button", "key in the page", "key in the frame"])
def test_a_front_end_receives_an_empty_session_after_a_cancellation(
    sandbox, session, front_end, by
):
    frame = start_linking(front_end, session["client_secret"])
    cancel = frame.get_by_role("button", name="Cancel")
    cancel.wait_for()
    match by:
        case "button":
            cancel.click()
        case "key in the page":
            front_end.locator("dialog").press("Escape")
        case _:
            frame.get_by_label("Search institutions").press("Escape")

    result = front_end.evaluate("window.result")["financialConnectionsSession"]
    assert (session["id"], []) == (result["id"], result["accounts"])
    assert [] == linked(sandbox, session)


def test_a_front_end_receives_an_error_for_a_used_session(sandbox, session, front_end):
    sandbox.complete(session["id"])
    start_linking(front_end, session["client_secret"])

    error = front_end.evaluate("window.result")["error"]
    assert f"The session {session['id']} has already been used." == error["message"]
