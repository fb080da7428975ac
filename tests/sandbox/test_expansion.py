"""Expansion of IDs, and errors for paths that cannot be expanded."""

import pytest

from tests.support.sandbox_calls import ACCOUNTS, SESSIONS, TRANSACTIONS, get, post


@pytest.fixture
def account(sandbox):
    customer = sandbox.add_customer(email="ada@example.com")
    return sandbox.add_account(customer=customer, owners=2, transactions=1)


def expanding(*paths):
    return {"expand": list(paths)}


def test_expanding_an_account_changes_only_the_expanded_fields(sandbox, account):
    plain = get(sandbox, f"{ACCOUNTS}/{account}").json
    full = get(
        sandbox,
        f"{ACCOUNTS}/{account}",
        expanding("ownership", "account_holder.customer"),
    ).json

    assert plain["ownership"] == full["ownership"]["id"]
    assert 2 == len(full["ownership"]["owners"]["data"])
    assert "ada@example.com" == full["account_holder"]["customer"]["email"]
    full["ownership"] = full["ownership"]["id"]
    full["account_holder"]["customer"] = full["account_holder"]["customer"]["id"]
    assert plain == full


def test_a_connected_account_that_is_a_holder_is_expanded(sandbox):
    merchant = sandbox.add_connected_account()
    account = sandbox.add_account(customer=merchant)

    shape = get(
        sandbox, f"{ACCOUNTS}/{account}", expanding("account_holder.account")
    ).json

    assert ("account", merchant) == tuple(
        shape["account_holder"]["account"][name] for name in ("object", "id")
    )


def test_paths_in_a_list_must_start_with_data(sandbox, account):
    wrong = get(sandbox, ACCOUNTS, expanding("ownership"))
    right = get(sandbox, ACCOUNTS, expanding("data.ownership"))

    assert 400 == wrong.status
    expected = (
        "This property cannot be expanded (ownership)."
        " You may want to try expanding 'data.ownership' instead."
    )
    assert expected == wrong.error["message"]
    assert account == right.json["data"][0]["id"]
    assert isinstance(right.json["data"][0]["ownership"], dict)


def test_fields_of_a_sessions_accounts_can_be_expanded(sandbox):
    customer = sandbox.add_customer()
    holder = {"type": "customer", "customer": customer}
    session = post(
        sandbox, SESSIONS, {"account_holder": holder, "permissions": ["ownership"]}
    ).json["id"]
    sandbox.complete(session)
    paths = expanding(
        "account_holder.customer", "accounts.data.account_holder.customer"
    )

    shape = get(sandbox, f"{SESSIONS}/{session}", paths).json

    assert customer == shape["account_holder"]["customer"]["id"]
    assert customer == shape["accounts"]["data"][0]["account_holder"]["customer"]["id"]


@pytest.mark.parametrize(
    ("path", "expand", "message"),
    [
        (ACCOUNTS, "data.status", "This property cannot be expanded (data.status)."),
        (ACCOUNTS, "data.balance", "This property cannot be expanded (data.balance)."),
        (ACCOUNTS, "data", "This property cannot be expanded (data)."),
        (
            ACCOUNTS,
            "data.bogus",
            "This property cannot be expanded because it doesn't exist: data.bogus.",
        ),
        (
            TRANSACTIONS,
            "data.account",
            "This property cannot be expanded (data.account).",
        ),
        (
            "{account}",
            "account_holder",
            "This property cannot be expanded (account_holder).",
        ),
        (
            "{account}",
            "bogus",
            "This property cannot be expanded because it doesn't exist: bogus.",
        ),
        (
            "{account}",
            "ownership.x",
            "This property cannot be expanded because it doesn't exist: ownership.x.",
        ),
    ],
)
def test_an_unexpandable_path_is_rejected_without_code_or_param(
    sandbox, account, path, expand, message
):
    url = path if path.startswith("/") else f"{ACCOUNTS}/{account}"
    params = {"account": account} if path == TRANSACTIONS else {}

    reply = get(sandbox, url, {**params, **expanding(expand)})

    assert (400, message) == (reply.status, reply.error["message"])
    assert {"message", "request_log_url", "type"} == set(reply.error)


def test_four_levels_are_allowed_and_five_are_rejected(sandbox, account):
    four = get(
        sandbox, ACCOUNTS, expanding("data.account_holder.customer.default_source")
    )
    five = get(
        sandbox,
        ACCOUNTS,
        expanding("data.account_holder.customer.default_source.customer"),
    )

    assert four.json["data"][0]["account_holder"]["customer"]["default_source"] is None
    assert (400, "property_expansion_max_depth") == (five.status, five.error["code"])
    assert (
        "You cannot expand more than 4 levels of a property." == five.error["message"]
    )


def test_expanding_null_returns_null(sandbox):
    account = sandbox.add_account()

    assert (
        get(sandbox, f"{ACCOUNTS}/{account}", expanding("ownership")).json["ownership"]
        is None
    )


def test_the_response_to_a_post_can_be_expanded(sandbox, account):
    reply = post(
        sandbox,
        f"{ACCOUNTS}/{account}/refresh",
        {"features": ["balance"], **expanding("ownership")},
    )

    assert isinstance(reply.json["ownership"], dict)


def test_a_request_with_a_rejected_expansion_is_not_executed(sandbox, account):
    reply = post(
        sandbox,
        f"{ACCOUNTS}/{account}/refresh",
        {"features": ["balance"], **expanding("bogus")},
    )

    assert 400 == reply.status
    assert get(sandbox, f"{ACCOUNTS}/{account}").json["balance_refresh"] is None


def test_duplicate_paths_and_inline_lists_have_no_effect(sandbox, account):
    once = get(sandbox, f"{ACCOUNTS}/{account}", expanding("ownership")).json

    assert (
        once
        == get(
            sandbox, f"{ACCOUNTS}/{account}", expanding("ownership", "ownership")
        ).json
    )
    assert (
        once
        == get(sandbox, f"{ACCOUNTS}/{account}", expanding("ownership.owners")).json
    )
