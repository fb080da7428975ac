"""The link page, which works without scripts, and its messages to a front end."""

import json
from html.parser import HTMLParser
from urllib.parse import quote, urljoin

import httpx
import pytest

from financial_connections.sandbox.http.app import application
from tests.support.sandbox_calls import (
    ACCOUNTS,
    FORM,
    SESSIONS,
    get,
    open_sessions,
    post,
)

pytestmark = pytest.mark.anyio

LINK = "/_sandbox/link/"


class Page(HTMLParser):
    """The tags and text of a page."""

    def __init__(self, html):
        super().__init__()
        self.tags, self.texts, self.labelled, self._open = [], [], 0, []
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        self.labelled += tag == "input" and "label" in self._open
        if tag not in {"input", "meta", "link"}:
            self._open.append(tag)

    def handle_endtag(self, tag):
        assert tag == self._open.pop()

    def handle_data(self, data):
        self.texts.append(data)

    def all(self, tag):
        return [attrs for name, attrs in self.tags if name == tag]

    @property
    def text(self):
        return " ".join(" ".join(self.texts).split())

    @property
    def is_closed(self):
        return not self._open


@pytest.fixture
def customer(sandbox):
    return sandbox.add_customer()


@pytest.fixture
def browse(sandbox):
    client = httpx.AsyncClient(
        transport=httpx.ASGITransport(application(sandbox)), base_url="http://sandbox"
    )

    async def browse(method, path, form=""):
        reply = await client.request(
            method, path, content=form, headers={"Content-Type": FORM}
        )
        return reply, Page(reply.text)

    return browse


def new_session(sandbox, customer, **params):
    holder = {"type": "customer", "customer": customer}
    return post(
        sandbox,
        SESSIONS,
        {"account_holder": holder, "permissions": ["balances", "ownership"], **params},
    ).json


async def test_a_user_can_choose_accounts_and_consent(sandbox, customer, browse):
    session = new_session(
        sandbox, customer, return_url="https://example.com/back?a=1&b=2"
    )
    form = (
        "institution=Sandcastle+Savings&accounts[]=savings&accounts%5B%5D=credit_card"
        "&decision=connect"
    )

    _, before = await browse("GET", LINK + session["client_secret"])
    reply, after = await browse("POST", LINK + session["client_secret"], form)

    assert "Link your accounts" in before.text
    assert "the names and addresses of the account's owners" in before.text
    assert (200, True) == (reply.status_code, "Your accounts are linked" in after.text)
    assert {"href": "https://example.com/back?a=1&b=2"} in after.all("a")
    accounts = get(sandbox, f"{SESSIONS}/{session['id']}").json["accounts"]["data"]
    assert [
        ("credit_card", "Sandcastle Savings"),
        ("savings", "Sandcastle Savings"),
    ] == [(account["subcategory"], account["institution_name"]) for account in accounts]
    assert ["balances", "ownership"] == accounts[0]["permissions"]


async def test_a_user_can_cancel(sandbox, customer, browse):
    session = new_session(sandbox, customer)

    _, page = await browse("POST", LINK + session["client_secret"], "decision=cancel")

    assert "Nothing was linked" in page.text
    assert [] == sandbox.accounts
    assert [] == open_sessions(sandbox)


@pytest.mark.parametrize(
    ("form", "problem"),
    [
        ("decision=connect", "Choose an institution."),
        (
            "decision=connect&institution=Bank+of+Nobody&accounts[]=savings",
            "Choose an institution.",
        ),
        ("decision=connect&institution=Example+Bank", "Choose at least one account."),
        (
            "decision=connect&institution=Example+Bank&accounts[]=gold",
            "Choose at least one account.",
        ),
        ("accounts=1&accounts[]=2", "two incompatible forms"),
    ],
)
async def test_an_incomplete_form_shows_an_alert(
    sandbox, customer, browse, form, problem
):
    session = new_session(sandbox, customer)

    reply, page = await browse("POST", LINK + session["client_secret"], form)

    assert 400 == reply.status_code
    assert {"role": "alert"} in page.all("p")
    assert problem in page.text
    assert 1 == len(open_sessions(sandbox))


async def test_earlier_choices_stay_selected(sandbox, customer, browse):
    session = new_session(sandbox, customer)

    _, institution = await browse(
        "POST",
        LINK + session["client_secret"],
        "decision=connect&institution=Example+Bank",
    )
    _, account = await browse(
        "POST", LINK + session["client_secret"], "decision=connect&accounts[]=savings"
    )

    for page, value in ((institution, "Example Bank"), (account, "savings")):
        assert [value] == [
            item["value"] for item in page.all("input") if "checked" in item
        ]


async def test_a_session_cannot_be_completed_after_it_was_cancelled(
    sandbox, customer, browse
):
    session = new_session(sandbox, customer)
    await browse("POST", LINK + session["client_secret"], "decision=cancel")

    again, page = await browse(
        "POST", LINK + session["client_secret"], "decision=connect"
    )
    shown_again, _ = await browse("GET", LINK + session["client_secret"])

    assert (409, 200) == (again.status_code, shown_again.status_code)
    assert "Nothing was linked" in page.text


@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_a_session_is_found_only_by_its_secret(sandbox, customer, browse, method):
    session = new_session(sandbox, customer)
    for wrong in (session["id"], "x"):
        reply, page = await browse(method, LINK + wrong, "decision=cancel")
        assert 404 == reply.status_code
        assert "Session not found" in page.text


async def test_only_institutions_in_the_requested_country_are_offered(
    sandbox, customer, browse
):
    def offered(page):
        return [item["value"] for item in page.all("input") if item["type"] == "radio"]

    canadian = new_session(sandbox, customer, filters={"country": "CA"})
    nowhere = new_session(sandbox, customer, filters={"country": "ZZ"})

    _, page = await browse("GET", LINK + canadian["client_secret"])
    assert ["Nowhere Provincial Bank"] == offered(page)
    _, page = await browse("GET", LINK + nowhere["client_secret"])
    assert [] == offered(page)
    assert "No institution is available in the requested country." in page.text


async def test_the_index_links_to_every_open_session(sandbox, customer, browse):
    _, empty = await browse("GET", "/_sandbox/link")
    sessions = [new_session(sandbox, customer) for _ in range(2)]
    reply, page = await browse("GET", "/_sandbox/link")
    links = [urljoin(str(reply.url), item["href"]) for item in page.all("a")]

    assert "There are no open sessions." in empty.text
    assert [
        f"http://sandbox{LINK}{session['client_secret']}" for session in sessions
    ] == links


async def test_every_page_is_well_formed_and_loads_only_its_own_files(
    sandbox, customer, browse
):
    session = new_session(sandbox, customer, return_url="https://example.com")
    pages = [
        await browse("GET", "/_sandbox/link"),
        await browse("GET", LINK + session["client_secret"]),
        await browse("GET", LINK + "x"),
        await browse("POST", LINK + session["client_secret"], "decision=cancel"),
    ]

    for reply, page in pages:
        assert page.is_closed
        assert [{"lang": "en"}] == page.all("html")
        assert (
            1 == len(page.all("title")) == len(page.all("h1")) == len(page.all("main"))
        )
        assert [] == page.all("img") + page.all("iframe") + page.all("style")
        assert [{"src": "/_sandbox/link.js", "defer": None}] == page.all("script")
        assert ["data:,", "/_sandbox/link.css"] == [
            attrs["href"] for attrs in page.all("link")
        ]
        assert not any(
            name == "style" or name.startswith("on")
            for _, attrs in page.tags
            for name in attrs
        )
        assert reply.headers["Content-Security-Policy"].startswith("default-src 'none'")
        assert reply.headers["Content-Security-Policy"].endswith("ancestors 'none'")
        assert "no-referrer" == reply.headers["Referrer-Policy"]


async def test_every_choice_has_a_label_and_every_group_a_legend(
    sandbox, customer, browse
):
    _, page = await browse(
        "GET", LINK + new_session(sandbox, customer)["client_secret"]
    )

    assert 14 == len(page.all("input")) == page.labelled
    assert 2 == len(page.all("fieldset")) == len(page.all("legend"))
    assert ["connect", "cancel"] == [button["value"] for button in page.all("button")]


@pytest.mark.parametrize(
    "url", ["javascript:alert(1)", 'https://x"><script>alert(1)</script>']
)
async def test_a_return_url_cannot_run_a_script(sandbox, customer, browse, url):
    session = new_session(sandbox, customer, return_url=url)

    _, page = await browse("POST", LINK + session["client_secret"], "decision=cancel")

    assert page.is_closed
    assert 1 == len(page.all("script"))
    assert not any(item["href"].startswith("javascript") for item in page.all("a"))
    assert not any(
        "javascript" in attrs["content"]
        for attrs in page.all("meta")
        if "content" in attrs
    )


async def test_a_connected_accounts_session_links_accounts_to_it(sandbox, browse):
    merchant = sandbox.add_connected_account()
    customer = sandbox.add_customer(stripe_account=merchant)
    holder = {"type": "customer", "customer": customer}
    params = {"account_holder": holder, "permissions": ["balances"]}
    session = post(sandbox, SESSIONS, params, stripe_account=merchant).json

    form = "institution=Example+Bank&accounts[]=checking&decision=connect"
    await browse("POST", LINK + session["client_secret"], form)

    assert [] == sandbox.accounts
    assert 1 == len(get(sandbox, ACCOUNTS, stripe_account=merchant).ids)


def values(page, kind):
    return [item["value"] for item in page.all("input") if item.get("type") == kind]


@pytest.mark.parametrize(
    ("filters", "offered"),
    [
        ({"account_subcategories": ["savings", "mortgage"]}, ["savings", "mortgage"]),
        ({"require_payment_method_support": "all"}, ["checking", "savings"]),
    ],
)
async def test_only_accounts_that_match_the_filters_are_offered(
    sandbox, customer, browse, filters, offered
):
    session = new_session(sandbox, customer, filters=filters)
    form = "institution=Example+Bank&accounts[]=credit_card&decision=connect"

    _, page = await browse("GET", LINK + session["client_secret"])
    reply, rejected = await browse("POST", LINK + session["client_secret"], form)

    assert offered == values(page, "checkbox")
    assert 400 == reply.status_code
    assert "Choose at least one account." in rejected.text


@pytest.mark.parametrize(
    ("params", "problem"),
    [
        ({"limits": {"accounts": 1}}, "Choose at most 1 account."),
        (
            {"filters": {"require_payment_method_support": "at_least_one"}},
            "Choose at least one account that supports payments.",
        ),
    ],
)
async def test_limits_and_requirements_are_reported(
    sandbox, customer, browse, params, problem
):
    session = new_session(sandbox, customer, **params)
    form = (
        "institution=Example+Bank&accounts[]=credit_card&accounts[]=mortgage"
        "&decision=connect"
    )

    reply, page = await browse("POST", LINK + session["client_secret"], form)

    assert (400, []) == (reply.status_code, sandbox.accounts)
    assert problem in page.text


async def test_an_account_is_linked_again(sandbox, customer, browse):
    account = sandbox.add_account(customer=customer, last4="0042")
    sandbox.add_account(customer=customer)
    sandbox.add_account()
    sandbox.deactivate(account)
    session = new_session(sandbox, customer)
    chosen = f"accounts[]={account}&decision=connect"

    _, page = await browse("GET", LINK + session["client_secret"])
    reply, rejected = await browse(
        "POST",
        LINK + session["client_secret"],
        f"institution=Sandcastle+Savings&{chosen}",
    )
    await browse(
        "POST", LINK + session["client_secret"], f"institution=Example+Bank&{chosen}"
    )

    assert "Example Bank, ending in 0042 (link again)" in page.text
    assert [account] == [item for item in values(page, "checkbox") if "fca_" in item]
    assert 400 == reply.status_code
    assert "Choose Example Bank to link Sample Checking Account again." in rejected.text
    assert "active" == get(sandbox, f"{ACCOUNTS}/{account}").json["status"]
    assert 3 == len(sandbox.accounts)


async def test_a_bank_account_is_entered_if_the_session_allows_it(
    sandbox, customer, browse
):
    session = new_session(sandbox, customer, manual_entry={"mode": "automatic"})
    form = "decision=enter&routing_number=110000000&account_number="

    _, page = await browse("GET", LINK + session["client_secret"])
    reply, rejected = await browse("POST", LINK + session["client_secret"], form + "1")
    _, done = await browse(
        "POST", LINK + session["client_secret"], form + "000123456789"
    )

    assert 16 == len(page.all("input")) == page.labelled
    assert 3 == len(page.all("fieldset")) == len(page.all("legend"))
    assert 400 == reply.status_code
    assert "The account number must have 4 to 17 digits." in rejected.text
    assert "The account ending in 6789 can be used for payments." in done.text
    assert done.is_closed
    token = get(sandbox, f"{SESSIONS}/{session['id']}").json["bank_account_token"]
    assert "6789" == token["bank_account"]["last4"]


async def test_no_bank_account_can_be_entered_by_default(sandbox, customer, browse):
    session = new_session(sandbox, customer)
    form = "decision=enter&routing_number=110000000&account_number=000123456789"

    reply, page = await browse("POST", LINK + session["client_secret"], form)

    assert 400 == reply.status_code
    assert "Choose an institution." in page.text
    assert "Routing number" not in page.text


async def test_a_valid_choice_is_preselected(sandbox, customer, browse):
    account = sandbox.add_account(
        customer=customer, institution_name="Paper Moon Bank", last4="0042"
    )
    new = new_session(sandbox, customer)
    _, page = await browse("GET", LINK + new["client_secret"])
    sandbox.deactivate(account)
    _, again = await browse("GET", LINK + new["client_secret"])

    assert ["Example Bank", "checking"] == checked(page)
    assert ["Paper Moon Bank", account] == checked(again)


def checked(page):
    return [item["value"] for item in page.all("input") if "checked" in item]


@pytest.mark.parametrize("decision", ["connect", "cancel"])
async def test_the_page_returns_to_the_return_url(sandbox, customer, browse, decision):
    session = new_session(sandbox, customer, return_url="https://example.com/?a=1&b=2")
    form = f"institution=Example+Bank&accounts[]=savings&decision={decision}"

    _, page = await browse("POST", LINK + session["client_secret"], form)

    assert {
        "http-equiv": "refresh",
        "content": "2;url=https://example.com/?a=1&b=2",
    } in page.all("meta")


FRONT_END = "http://localhost:3000"


def result(page):
    [body] = page.all("body")
    assert FRONT_END == body["data-origin"]
    return json.loads(body["data-result"])


async def test_the_result_for_a_front_end_is_that_of_stripe_js(
    sandbox, customer, browse
):
    linked, cancelled = (
        new_session(sandbox, customer, return_url="https://example.com")
        for _ in range(2)
    )
    path = f"{LINK}{{}}?origin={FRONT_END}"
    form = "institution=Example+Bank&accounts[]=savings&decision=connect"

    _, done = await browse("POST", path.format(linked["client_secret"]), form)
    _, ended = await browse(
        "POST", path.format(cancelled["client_secret"]), "decision=cancel"
    )
    _, used = await browse("GET", path.format(linked["client_secret"]))
    _, unknown = await browse("GET", path.format("x"))

    session = result(done)["financialConnectionsSession"]
    assert (linked["id"], [sandbox.accounts[0]]) == (
        session["id"],
        [account["id"] for account in session["accounts"]],
    )
    assert [] == result(ended)["financialConnectionsSession"]["accounts"]
    assert "already been used" in result(used)["error"]["message"]
    assert "resource_missing" == result(unknown)["error"]["code"]
    # Stripe.js does not use `return_url` in a browser.
    assert not any("http-equiv" in attrs for attrs in done.all("meta"))


@pytest.mark.parametrize(
    ("origin", "allowed"),
    [
        (FRONT_END, FRONT_END),
        ("http://127.0.0.1:8000", "http://127.0.0.1:8000"),
        ("http://sandbox:8000", "http://sandbox:8000"),
        ("http://evil.example", "'none'"),
        ("http://localhost.evil.example", "'none'"),
        ("http://localhost:1; script-src *", "'none'"),
        ("http://localhost:1 http://evil.example", "'none'"),
        ("*", "'none'"),
        ("null", "'none'"),
    ],
)
async def test_only_a_front_end_on_this_machine_may_frame_the_page(
    sandbox, customer, browse, origin, allowed
):
    secret = new_session(sandbox, customer)["client_secret"]
    reply, page = await browse("GET", f"{LINK}{secret}?origin={quote(origin)}")

    policy = reply.headers["Content-Security-Policy"]
    assert policy.endswith(f"frame-ancestors {allowed}")
    [body] = page.all("body")
    assert (allowed != "'none'") == ("data-origin" in body)


@pytest.mark.parametrize("name", ["stripe.js", "link.js", "link.css"])
async def test_the_scripts_and_the_style_are_served(browse, name):
    reply, _ = await browse("GET", f"/_sandbox/{name}")
    kind = "text/css" if name == "link.css" else "text/javascript"
    assert (200, f"{kind}; charset=utf-8") == (
        reply.status_code,
        reply.headers["Content-Type"],
    )
