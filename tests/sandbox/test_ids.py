"""IDs, seeded data, and the clock."""

import pytest

from financial_connections.sandbox import Clock, NewAccount, Sandbox
from tests.support.sandbox_calls import ACCOUNTS, SESSIONS, TRANSACTIONS, get, post


def replies_and_events(seed):
    """Send a few requests to a new sandbox, and return the responses and events."""
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


def test_the_same_seed_produces_the_same_ids_and_data():
    assert replies_and_events(7) == replies_and_events(7)
    assert replies_and_events(7) != replies_and_events(8)


def test_account_ids_do_not_depend_on_earlier_requests():
    idle, busy = Sandbox(3), Sandbox(3)
    for _ in range(5):
        get(busy, ACCOUNTS)

    assert idle.add_account() == busy.add_account()


def test_ids_start_with_the_prefix_for_their_type(sandbox):
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
def test_an_unknown_id_results_in_a_404_that_names_it(sandbox, path, noun, param):
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
def test_a_category_determines_subcategories_and_balance_type(
    sandbox, category, subcategories
):
    balance_type = "credit" if category == "credit" else "cash"
    for subcategory in subcategories:
        account = sandbox.add_account(
            category=category, subcategory=subcategory, balance=-500
        )
        rendered = get(sandbox, f"{ACCOUNTS}/{account}").json
        assert (category, subcategory) == (
            rendered["category"],
            rendered["subcategory"],
        )
        assert {"as_of", "current", "type", balance_type} == set(rendered["balance"])
        assert {"usd": -500} == rendered["balance"]["current"]


@pytest.mark.parametrize(
    "arguments",
    [
        {"category": "gold"},
        {"category": "cash", "subcategory": "mortgage"},
        {"permissions": ["balance"]},
    ],
)
def test_an_invalid_new_account_is_rejected(sandbox, arguments):
    with pytest.raises(ValueError, match="not "):
        sandbox.add_account(**arguments)
    with pytest.raises(ValueError, match="not "):
        NewAccount(**arguments)


def test_a_customer_id_can_be_chosen_but_not_reused(sandbox):
    assert "cus_mine" == sandbox.add_customer("cus_mine")
    for customer, message in (
        ("cus_mine", "already"),
        ("acct_mine", "must start with cus_"),
    ):
        with pytest.raises(ValueError, match=message):
            sandbox.add_customer(customer)


def test_an_unknown_object_raises_lookup_error(sandbox):
    for change in (
        lambda: sandbox.add_account(customer="cus_x"),
        lambda: sandbox.add_account(stripe_account="acct_x"),
        lambda: sandbox.post("fctxn_x"),
        lambda: sandbox.complete("fcsess_x"),
        lambda: sandbox.deactivate("fca_x"),
    ):
        with pytest.raises(LookupError, match="no "):
            change()


def test_a_ticking_clock_moves_but_a_frozen_one_does_not():
    frozen, ticking = Clock(100), Clock(100, ticking=True)
    frozen.advance(5)
    ticking.advance(5)

    assert 105 == frozen.now() == frozen.now()
    assert 105 < ticking.now() < ticking.now()
    with pytest.raises(ValueError, match="backwards"):
        frozen.advance(-1)
