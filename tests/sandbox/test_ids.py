"""Ids, and what follows from a seed."""

import pytest

from financial_connections.sandbox import Clock, NewAccount, Sandbox
from tests.support.sandbox_calls import ACCOUNTS, SESSIONS, TRANSACTIONS, get, post


def story(seed):
    """Everything a short life of a sandbox answers."""
    sandbox = Sandbox.demo(seed)
    account = sandbox.accounts[-1]
    replies = [
        get(sandbox, ACCOUNTS, "limit=100&expand[]=data.ownership"),
        post(
            sandbox,
            f"{ACCOUNTS}/{account}/refresh",
            {"features": ["balance", "transactions"]},
        ),
        get(sandbox, f"{ACCOUNTS}/{account}"),
        get(sandbox, f"{ACCOUNTS}/{account}"),
        get(sandbox, TRANSACTIONS, {"account": account}),
    ]
    return (
        [reply.body for reply in replies],
        [reply.headers for reply in replies],
        sandbox.events,
    )


def test_the_same_seed_gives_the_same_ids_and_data():
    assert story(7) == story(7)
    assert story(7) != story(8)


def test_ids_of_accounts_do_not_depend_on_the_requests_between():
    quiet, busy = Sandbox(3), Sandbox(3)
    for _ in range(5):
        get(busy, ACCOUNTS)

    assert quiet.add_account() == busy.add_account()


def test_ids_have_the_prefixes_of_their_kind(sandbox):
    customer = sandbox.add_customer()
    params = {
        "account_holder": {"type": "customer", "customer": customer},
        "permissions": ["ownership"],
    }
    session = post(sandbox, SESSIONS, params).json
    account = sandbox.add_account(customer=customer, owners=1, transactions=1)
    expanded = get(sandbox, f"{ACCOUNTS}/{account}", "expand[]=ownership").json

    assert customer.startswith("cus_")
    assert sandbox.add_connected_account().startswith("acct_")
    assert session["id"].startswith("fcsess_")
    assert session["client_secret"].startswith(f"{session['id']}_secret_")
    assert account.startswith("fca_")
    assert expanded["ownership"]["id"].startswith("fcaowns_")
    assert expanded["ownership"]["owners"]["data"][0]["id"].startswith("fcaown_")
    assert expanded["transaction_refresh"]["id"].startswith("fctxnref_")
    assert get(sandbox, TRANSACTIONS, {"account": account}).ids[0].startswith("fctxn_")


@pytest.mark.parametrize(
    ("path", "noun", "param"),
    [
        (ACCOUNTS, "account", "account"),
        (SESSIONS, "session", "session"),
        (TRANSACTIONS, "transaction", "transaction"),
    ],
)
def test_an_unknown_id_is_404_and_named(sandbox, path, noun, param):
    reply = get(sandbox, f"{path}/x_1")

    assert 404 == reply.status
    assert "resource_missing" == reply.error["code"]
    assert "invalid_request_error" == reply.error["type"]
    assert f"No such financial connections {noun}: 'x_1'" == reply.error["message"]
    assert param == reply.error["param"]


@pytest.mark.parametrize(
    ("category", "subcategories"),
    [
        ("cash", ["checking", "savings", "other"]),
        ("credit", ["credit_card", "mortgage", "line_of_credit", "other"]),
        ("investment", ["other"]),
        ("other", ["other"]),
    ],
)
def test_a_category_has_its_subcategories_and_its_kind_of_balance(
    sandbox, category, subcategories
):
    kind = "credit" if category == "credit" else "cash"
    for subcategory in subcategories:
        account = sandbox.add_account(
            category=category, subcategory=subcategory, balance=-500
        )
        shape = get(sandbox, f"{ACCOUNTS}/{account}").json
        assert (category, subcategory) == (shape["category"], shape["subcategory"])
        assert {"as_of", "current", "type", kind} == set(shape["balance"])
        assert {"usd": -500} == shape["balance"]["current"]


@pytest.mark.parametrize(
    "wrong",
    [
        {"category": "gold"},
        {"category": "cash", "subcategory": "mortgage"},
        {"permissions": ["balance"]},
    ],
)
def test_an_account_that_cannot_exist_is_refused(sandbox, wrong):
    with pytest.raises(ValueError, match="not "):
        sandbox.add_account(**wrong)
    with pytest.raises(ValueError, match="not "):
        NewAccount(**wrong)


def test_a_customer_id_may_be_chosen_once(sandbox):
    assert "cus_mine" == sandbox.add_customer("cus_mine")
    for wrong, message in (("cus_mine", "already"), ("acct_mine", "starts with cus_")):
        with pytest.raises(ValueError, match=message):
            sandbox.add_customer(wrong)


def test_what_does_not_exist_cannot_be_changed(sandbox):
    for change in (
        lambda: sandbox.add_account(customer="cus_x"),
        lambda: sandbox.add_account(stripe_account="acct_x"),
        lambda: sandbox.post("fctxn_x"),
        lambda: sandbox.complete("fcsess_x"),
        lambda: sandbox.deactivate("fca_x"),
    ):
        with pytest.raises(LookupError, match="no "):
            change()


def test_a_frozen_clock_stands_still_and_a_ticking_one_does_not():
    frozen, ticking = Clock(100), Clock(100, ticking=True)
    frozen.advance(5)
    ticking.advance(5)

    assert 105 == frozen.now() == frozen.now()
    assert 105 < ticking.now() < ticking.now()
    with pytest.raises(ValueError, match="backwards"):
        frozen.advance(-1)
