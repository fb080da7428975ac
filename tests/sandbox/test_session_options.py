"""Filters, limits and manual entry of sessions."""

import pytest

from financial_connections.sandbox import NewAccount
from tests.support.sandbox_calls import ACCOUNTS, SESSIONS, event_names, get, post

CREDIT_CARD = NewAccount(category="credit", subcategory="credit_card")
SAVINGS = NewAccount(subcategory="savings")


@pytest.fixture
def create(sandbox):
    holder = {"type": "customer", "customer": sandbox.add_customer()}

    def create(**params):
        return post(
            sandbox,
            SESSIONS,
            {"account_holder": holder, "permissions": ["balances"], **params},
        )

    return create


def retrieve(sandbox, session):
    return get(sandbox, f"{SESSIONS}/{session['id']}").json


def test_a_session_shows_only_the_options_of_its_request(sandbox, create):
    plain = create().json
    session = create(
        filters={
            "account_subcategories": ["checking", "mortgage"],
            "country": "CA",
            "require_payment_method_support": "none",
        },
        limits={"accounts": 3},
        manual_entry={"mode": "disabled"},
    ).json

    assert not {"filters", "limits", "manual_entry", "bank_account_token"} & set(plain)
    assert {
        "account_subcategories": ["checking", "mortgage"],
        "country": "CA",
        "require_payment_method_support": "none",
    } == session["filters"]
    assert ({"accounts": 3}, {"mode": "disabled"}) == (
        session["limits"],
        session["manual_entry"],
    )
    assert session == retrieve(sandbox, session)


@pytest.mark.parametrize(
    ("params", "param"),
    [
        ({"limits": {"accounts": 0}}, "limits[accounts]"),
        ({"limits": {"accounts": -1}}, "limits[accounts]"),
        ({"limits": {"accounts": "many"}}, "limits[accounts]"),
        ({"limits": "1"}, "limits"),
        ({"manual_entry": {"mode": ""}}, "manual_entry[mode]"),
        ({"manual_entry": {"mode": "always"}}, "manual_entry[mode]"),
        ({"filters": {"country": ""}}, "filters[country]"),
        ({"filters": {"country": ["US"]}}, "filters[country]"),
        (
            {"filters": {"account_subcategories": ["other"]}},
            "filters[account_subcategories][0]",
        ),
        (
            {"filters": {"require_payment_method_support": "some"}},
            "filters[require_payment_method_support]",
        ),
    ],
)
def test_an_invalid_option_is_rejected_by_name(create, params, param):
    reply = create(**params)

    assert (400, param) == (reply.status, reply.error["param"])


def test_an_empty_limit_allows_any_number_of_accounts(sandbox, create):
    session = create(limits={"accounts": ""}).json

    assert "limits" not in session
    assert 11 == len(sandbox.complete(session["id"], [NewAccount()] * 11))


def test_a_limit_of_accounts_is_enforced(sandbox, create):
    session = create(limits={"accounts": 2}).json

    with pytest.raises(ValueError, match="at most 2 accounts"):
        sandbox.complete(session["id"], [NewAccount()] * 3)
    assert [] == sandbox.accounts
    assert 2 == len(sandbox.complete(session["id"], [NewAccount()] * 2))


def test_only_accounts_of_the_requested_subcategories_are_linked(sandbox, create):
    filters = {"account_subcategories": ["savings", "credit_card"]}
    first, second = (create(filters=filters).json["id"] for _ in range(2))

    with pytest.raises(ValueError, match="checking account does not match"):
        sandbox.complete(first, [SAVINGS, NewAccount()])
    assert 2 == len(sandbox.complete(first, [SAVINGS, CREDIT_CARD]))
    sandbox.complete(second)
    assert "savings" == get(sandbox, ACCOUNTS).json["data"][0]["subcategory"]


def test_a_session_whose_filters_allow_no_account_cannot_be_completed(sandbox, create):
    filters = {
        "account_subcategories": ["mortgage"],
        "require_payment_method_support": "all",
    }
    session = create(filters=filters).json["id"]

    with pytest.raises(ValueError, match="does not match the filters"):
        sandbox.complete(session)


@pytest.mark.parametrize(
    ("requirement", "accounts", "problem"),
    [
        ("all", [NewAccount(), CREDIT_CARD], "credit card account does not match"),
        ("all", [NewAccount(), SAVINGS], None),
        ("at_least_one", [CREDIT_CARD], "at least one account that supports payments"),
        ("at_least_one", [CREDIT_CARD, SAVINGS], None),
        ("none", [CREDIT_CARD], None),
    ],
)
def test_support_for_payments_is_required_when_a_session_is_completed(
    sandbox, create, requirement, accounts, problem
):
    filters = {"require_payment_method_support": requirement}
    session = create(filters=filters).json["id"]

    if problem is None:
        assert len(accounts) == len(sandbox.complete(session, accounts))
    else:
        with pytest.raises(ValueError, match=problem):
            sandbox.complete(session, accounts)
        assert [] == sandbox.accounts


def test_required_account_numbers_are_retrieved_before_completion(sandbox, create):
    filters = {"require_payment_method_support": "all"}
    session = create(filters=filters).json["id"]

    sandbox.complete(session, [NewAccount(tokenized=True)])

    [number] = get(sandbox, ACCOUNTS).json["data"][0]["account_numbers"]
    assert ("tokenized_account_number", "transactable") == (
        number["identifier_type"],
        number["status"],
    )


def test_a_bank_account_is_entered_manually(sandbox, create):
    session = create(manual_entry={"mode": "automatic"}).json

    token = sandbox.enter_bank_account(
        session["client_secret"], account_number="99998888"
    )

    done = retrieve(sandbox, session)
    assert [] == done["accounts"]["data"] == sandbox.accounts == event_names(sandbox)
    assert (token, "token", False) == tuple(
        done["bank_account_token"][name] for name in ("id", "object", "used")
    )
    assert token.startswith("btok_")
    assert "8888" == done["bank_account_token"]["bank_account"]["last4"]
    assert "99998888" not in str(done)
    with pytest.raises(ValueError, match="is completed"):
        sandbox.complete(session["id"])


@pytest.mark.parametrize("options", [{}, {"manual_entry": {"mode": "disabled"}}])
def test_manual_entry_must_be_automatic(sandbox, create, options):
    session = create(**options).json["id"]

    with pytest.raises(ValueError, match="does not allow manual entry"):
        sandbox.enter_bank_account(session)


@pytest.mark.parametrize(
    ("routing_number", "account_number", "problem"),
    [
        ("1100000", "000123456789", "nine digits"),
        ("110000000", "123", "4 to 17 digits"),
        ("110000000", "12345x", "4 to 17 digits"),
        ("\u0661" * 9, "000123456789", "nine digits"),
    ],
)
def test_the_numbers_of_a_bank_account_are_checked(
    sandbox, create, routing_number, account_number, problem
):
    session = create(manual_entry={"mode": "automatic"}).json["id"]

    with pytest.raises(ValueError, match=problem) as raised:
        sandbox.enter_bank_account(
            session, routing_number=routing_number, account_number=account_number
        )
    assert account_number not in str(raised.value)


def test_a_customer_can_be_represented_by_an_account(sandbox):
    customer = sandbox.add_customer_account()
    other = sandbox.add_account()
    holder = {"type": "customer", "customer_account": customer}

    session = post(
        sandbox, SESSIONS, {"account_holder": holder, "permissions": ["balances"]}
    ).json
    [account] = sandbox.complete(session["id"])
    direct = sandbox.add_account(customer=customer)

    assert holder == session["account_holder"]
    assert holder == get(sandbox, f"{ACCOUNTS}/{account}").json["account_holder"]
    query = {"account_holder": {"customer_account": customer}}
    assert [direct, account] == get(sandbox, ACCOUNTS, query).ids
    assert other in get(sandbox, ACCOUNTS).ids


@pytest.mark.parametrize(
    ("holder", "code", "param"),
    [
        (
            {"type": "customer", "customer_account": "acct_x"},
            "resource_missing",
            "account_holder[customer_account]",
        ),
        (
            {"type": "customer", "customer": "cus_1", "customer_account": "acct_x"},
            None,
            "account_holder[customer]",
        ),
        (
            {"type": "account", "customer_account": "acct_x"},
            "parameter_missing",
            "account_holder[account]",
        ),
    ],
)
def test_a_customer_account_must_exist_and_be_the_only_holder(
    sandbox, holder, code, param
):
    reply = post(
        sandbox, SESSIONS, {"account_holder": holder, "permissions": ["balances"]}
    )

    assert (400, code, param) == (
        reply.status,
        reply.error.get("code"),
        reply.error["param"],
    )


@pytest.mark.parametrize("other", ["account", "customer"])
def test_filters_by_account_holder_are_mutually_exclusive(sandbox, other):
    reply = get(
        sandbox, ACCOUNTS, {"account_holder": {"customer_account": "a", other: "b"}}
    )

    assert (400, f"account_holder[{other}]") == (reply.status, reply.error["param"])
    reply = get(
        sandbox,
        ACCOUNTS,
        {"account_holder": {"customer_account": "a"}, "session": "fcsess_1"},
    )
    assert (400, "account_holder[customer_account]") == (
        reply.status,
        reply.error["param"],
    )
