"""Users of the web application, who reach only their own accounts."""

import pytest

from examples.web import users
from examples.web.settings import STRIPE_JS, Settings, SettingsError
from tests.support import web
from tests.support.web import link, overview, running, sign_up

KEY = "k" * 32
ADA = users.User("u1", "ada@example.com", "cus_1")
ENVIRONMENT = {
    "STRIPE_WEBHOOK_SECRET": "whsec_1,whsec_2",
    "STRIPE_PUBLISHABLE_KEY": "pk_test_1",
    "SESSION_SECRET": KEY,
}


@pytest.fixture
async def open_browser(database_url, sandbox):
    async with running(web.new_settings(database_url), sandbox) as open_browser:
        yield open_browser


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/api/overview"),
        ("POST", "/api/sessions"),
        ("POST", "/api/links"),
        ("POST", "/api/accounts/fca_1/refresh"),
        ("POST", "/api/accounts/fca_1/disconnect"),
    ],
)
async def test_a_visitor_must_log_in(open_browser, method, path):
    async with open_browser() as visitor:
        json = {"session": "fcsess_1"} if path == "/api/links" else None
        for cookie in ("", "x", "u1.9999999999.0", f"{users.cookie_for(ADA, KEY)}"):
            visitor.cookies.set(users.COOKIE, cookie)
            response = await visitor.request(method, path, json=json)
            assert 401 == response.status_code


async def test_no_operation_takes_a_customer(open_browser):
    operations = [
        operation
        for methods in open_browser.app.openapi()["paths"].values()
        for operation in methods.values()
    ]
    names = {
        parameter["name"]
        for operation in operations
        for parameter in operation.get("parameters", ())
    }
    assert {"account"} == names


async def test_users_cannot_reach_the_accounts_of_others(open_browser, sandbox):
    async with open_browser() as ada, open_browser() as ben:
        await sign_up(ada)
        await sign_up(ben, "ben@example.com")
        [account] = await link(ada, sandbox)
        for action in ("refresh", "disconnect"):
            response = await ben.post(f"/api/accounts/{account}/{action}")
            assert 404 == response.status_code
        session = next(iter(sandbox._state.platform.sessions))
        response = await ben.post("/api/links", json={"session": session})
        assert 404 == response.status_code
        assert [] == (await overview(ben))["accounts"]
        assert "active" == (await overview(ada))["accounts"][0]["status"]


async def test_a_user_can_log_out_and_in_again(open_browser, sandbox):
    async with open_browser() as browser:
        response = await sign_up(browser)
        cookie = response.headers["Set-Cookie"]
        for attribute in ("HttpOnly", "SameSite=lax", "Secure", "Max-Age=604800"):
            assert attribute in cookie
        await browser.post("/api/logout")
        assert 401 == (await browser.get("/api/overview")).status_code
        right = {"email": "ADA@example.com", "password": web.PASSWORD}
        for wrong in ({"password": "wrong horse"}, {"email": "eve@example.com"}):
            response = await browser.post("/api/login", json=right | wrong)
            assert (401, "wrong email address or password") == (
                response.status_code,
                response.json()["detail"],
            )
        assert 200 == (await browser.post("/api/login", json=right)).status_code
        assert "ada@example.com" == (await overview(browser))["email"]
    assert 1 == len(sandbox.customers)


async def test_an_email_address_can_be_used_only_once(open_browser, sandbox):
    async with open_browser() as browser:
        await sign_up(browser)
        again = {"email": "Ada@Example.com", "password": web.PASSWORD}
        assert 409 == (await browser.post("/api/users", json=again)).status_code
    assert 1 == len(sandbox.customers)


@pytest.mark.parametrize(
    "entry", [{"email": "ada"}, {"password": "short"}, {"password": "p" * 201}]
)
async def test_unusable_credentials_are_rejected(open_browser, entry):
    credentials = {"email": "ada@example.com", "password": web.PASSWORD} | entry
    async with open_browser() as browser:
        assert 422 == (await browser.post("/api/users", json=credentials)).status_code


def test_a_cookie_names_its_user_until_it_expires():
    cookie = users.cookie_for(ADA, KEY, now=1_000)
    end = 1_000 + users.LIFETIME
    assert "u1" == users.user_in_cookie(cookie, KEY, now=end - 1)
    assert users.user_in_cookie(cookie, KEY, now=end) is None
    assert users.user_in_cookie(cookie, "other" * 8, now=1_000) is None
    assert users.user_in_cookie(cookie.replace("u1", "u2"), KEY, now=1_000) is None
    assert users.user_in_cookie(f"{cookie}é", KEY, now=1_000) is None


def test_passwords_are_salted():
    stored = [users.hash_password(web.PASSWORD) for _ in range(2)]
    assert stored[0] != stored[1]
    assert all(users.is_password(web.PASSWORD, value) for value in stored)
    assert not users.is_password("wrong horse", stored[0])


def test_settings_come_from_the_environment():
    stripe = Settings.from_environment(ENVIRONMENT)
    sandbox = Settings.from_environment(
        ENVIRONMENT | {"STRIPE_BASE_URL": "http://127.0.0.1:12111/"}
    )
    container = Settings.from_environment(
        ENVIRONMENT
        | {"STRIPE_BASE_URL": "http://sandbox:1", "STRIPE_JS_URL": "http://x/s.js"}
    )
    assert ["whsec_1", "whsec_2"] == stripe.webhook_secrets
    assert [
        STRIPE_JS,
        "http://127.0.0.1:12111/_sandbox/stripe.js",
        "http://x/s.js",
    ] == [settings.stripe_js for settings in (stripe, sandbox, container)]
    assert "whsec" not in repr(stripe)
    assert KEY not in repr(stripe)


@pytest.mark.parametrize("name", ENVIRONMENT)
def test_a_missing_setting_is_named(name):
    with pytest.raises(SettingsError, match=f"{name} is not set"):
        Settings.from_environment(ENVIRONMENT | {name: ""})


def test_a_short_session_secret_is_rejected():
    with pytest.raises(SettingsError, match="shorter than 32 characters"):
        Settings.from_environment(ENVIRONMENT | {"SESSION_SECRET": "short"})


async def test_the_page_may_load_only_its_own_files_and_stripe_js(open_browser):
    async with open_browser() as visitor:
        response = await visitor.get("/")
    policy = response.headers["Content-Security-Policy"]
    assert "script-src 'self' https://js.stripe.com;" in policy
    assert "frame-ancestors 'none'" in policy
    assert f'<script src="{STRIPE_JS}" defer></script>' in response.text
    assert 'data-publishable-key="pk_test_1"' in response.text
