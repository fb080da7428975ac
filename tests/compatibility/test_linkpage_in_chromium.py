"""The link page in Chromium, with JavaScript disabled and no network access."""

import shutil

import pytest

from financial_connections.sandbox import Sandbox, serve
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
def page(sandbox, session):
    """Open the session's link page in the browser.

    `page.requested` lists the URLs that the browser has requested.
    """
    from playwright.sync_api import sync_playwright  # noqa: PLC0415 - installed with Chromium only

    with serve(sandbox) as server, sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=CHROMIUM, args=["--no-sandbox"]
        )
        page = browser.new_context(java_script_enabled=False).new_page()
        page.requested = []
        page.on("request", lambda request: page.requested.append(request.url))
        page.goto(f"{server.url}/_sandbox/link/{session['client_secret']}")
        yield page
        assert {f"{server.url}/_sandbox/link/{session['client_secret']}"} == set(
            page.requested
        )
        browser.close()


def linked(sandbox, session):
    accounts = get(sandbox, f"{SESSIONS}/{session['id']}").json["accounts"]["data"]
    return [
        (account["institution_name"], account["subcategory"]) for account in accounts
    ]


def test_a_user_can_choose_with_the_mouse_and_consent(sandbox, session, page):
    page.get_by_role("group", name="Your institution").get_by_label(
        "Sandcastle Savings"
    ).check()
    page.get_by_label("Everyday Checking").check()
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
    for key in ("Tab", "Space", "Tab", "Tab", "Space", "Tab", "Tab", "Tab", "Enter"):
        page.keyboard.press(key)
    page.wait_for_selector("text=Your accounts are linked")

    assert [("Example Bank", "savings")] == linked(sandbox, session)


def test_an_incomplete_form_shows_an_alert_and_can_be_corrected(sandbox, session, page):
    page.get_by_role("button", name="Agree and connect").click()
    assert "Choose an institution." == page.get_by_role("alert").inner_text()

    page.get_by_label("Example Bank").check()
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
