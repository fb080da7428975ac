"""Announced deactivations, account numbers, and accounts that are linked again."""

import pytest

from financial_connections.sandbox import NewAccount, Rules, Sandbox
from financial_connections.sandbox.clock import START
from tests.support.sandbox_calls import (
    ACCOUNTS,
    SESSIONS,
    account_of,
    event_names,
    get,
    post,
)

DAY = 86_400
UPDATED = "expected_deactivation_date_updated"
NUMBERS = "account_numbers_updated"
TYPES = "supported_payment_method_types_updated"


@pytest.fixture
def customer(sandbox):
    return sandbox.add_customer()


@pytest.fixture
def account(sandbox, customer):
    return sandbox.add_account(customer=customer, tokenized=True)


def new_session(sandbox, customer, **params):
    holder = {"type": "customer", "customer": customer}
    permissions = ["balances", "payment_method"]
    return post(
        sandbox,
        SESSIONS,
        {"account_holder": holder, "permissions": permissions, **params},
    ).json["id"]


def names_since(sandbox, count):
    prefix = "financial_connections.authorization"
    return [
        name.replace(prefix, "authorization") for name in event_names(sandbox)[count:]
    ]


def number_of(sandbox, account):
    return account_of(sandbox, account)["account_numbers"][-1]


def test_a_deactivation_is_announced_30_days_before(sandbox, account):
    assert {} == account_of(sandbox, account)["status_details"]

    sandbox.institution.schedule_deactivation(account, after=40 * DAY)

    expected = {
        "action": "relink_required",
        "cause": "access_expired",
        "expected_deactivation_date": START + 40 * DAY,
    }
    assert {"active": expected} == account_of(sandbox, account)["status_details"]
    assert [f"authorization.{UPDATED}", UPDATED] == names_since(sandbox, 1)
    sandbox.advance(10 * DAY)
    assert [
        "authorization.upcoming_deactivation",
        "upcoming_deactivation",
    ] == names_since(sandbox, 3)
    sandbox.advance(30 * DAY)
    assert ["deactivated"] == names_since(sandbox, 5)
    after = account_of(sandbox, account)
    assert ("inactive", {}) == (after["status"], after["status_details"])
    assert START + 40 * DAY == sandbox.events[-1]["created"]


def test_an_event_of_an_authorization_contains_it(sandbox, account):
    sandbox.institution.schedule_deactivation(
        account, after=DAY, action="none", cause="institution_requirement"
    )

    event = sandbox.events[1]
    authorization = event["data"]["object"]
    assert f"financial_connections.authorization.{UPDATED}" == event["type"]
    assert authorization.pop("id").startswith("fcauth_")
    assert {
        "object": "financial_connections.authorization",
        "institution_name": "Example Bank",
        "livemode": False,
        "status": "active",
        "status_details": {
            "active": {"action": "none", "expected_deactivation_date": START + DAY}
        },
    } == authorization
    types = [item["type"] for item in sandbox.notifications]
    assert not [name for name in types if "authorization" in name]


def test_a_deactivation_applies_to_the_accounts_of_one_login(sandbox, customer):
    same = [sandbox.add_account(customer=customer) for _ in range(2)]
    other_bank = sandbox.add_account(customer=customer, institution_name="Other Bank")
    other_holder = sandbox.add_account()
    disconnected = sandbox.add_account(customer=customer)
    sandbox.disconnect(disconnected)

    sandbox.institution.schedule_deactivation(same[0], after=60)
    sandbox.advance(60)

    statuses = {item: account_of(sandbox, item)["status"] for item in sandbox.accounts}
    assert statuses == {
        same[0]: "inactive",
        same[1]: "inactive",
        other_bank: "active",
        other_holder: "active",
        disconnected: "disconnected",
    }


def test_a_new_date_replaces_the_earlier_one(sandbox, account):
    sandbox.institution.schedule_deactivation(account, after=60)
    sandbox.institution.schedule_deactivation(account, after=120)

    sandbox.advance(60)
    assert "active" == account_of(sandbox, account)["status"]
    sandbox.advance(60)
    assert "inactive" == account_of(sandbox, account)["status"]
    assert 1 == event_names(sandbox).count("deactivated")
    with pytest.raises(ValueError, match="is inactive"):
        sandbox.institution.schedule_deactivation(account, after=1)
    with pytest.raises(LookupError):
        sandbox.institution.schedule_deactivation("fca_x", after=1)


def test_linking_again_withdraws_a_deactivation(sandbox, customer, account):
    sandbox.institution.schedule_deactivation(account, after=60)
    count = len(sandbox.events)

    linked = sandbox.complete(new_session(sandbox, customer), [account])

    assert [account] == linked == sandbox.accounts
    assert [f"authorization.{UPDATED}", UPDATED] == names_since(sandbox, count)
    sandbox.advance(60)
    after = account_of(sandbox, account)
    assert ("active", {}) == (after["status"], after["status_details"])


def test_linking_again_reactivates_an_account(sandbox, customer, account):
    sandbox.institution.schedule_deactivation(account, after=60)
    sandbox.advance(60)
    first = new_session(sandbox, customer)
    second = new_session(sandbox, customer, prefetch=["balances"])

    sandbox.complete(first, [account])
    sandbox.deactivate(account)
    sandbox.complete(second, [account, NewAccount()])

    after = account_of(sandbox, account)
    assert ("active", "pending") == (
        after["status"],
        after["balance_refresh"]["status"],
    )
    assert ["balances", "payment_method"] == after["permissions"]
    assert 2 == event_names(sandbox).count("reactivated")
    assert 2 == event_names(sandbox).count("created")
    assert [account] == get(sandbox, ACCOUNTS, {"session": first}).ids
    linked = get(sandbox, ACCOUNTS, {"session": second}).ids
    assert (2, True) == (len(linked), account in linked)


def test_only_its_holder_can_link_an_account_again(sandbox, customer, account):
    session = new_session(sandbox, sandbox.add_customer())
    own = new_session(sandbox, customer)

    with pytest.raises(LookupError, match="has no account"):
        sandbox.complete(session, [account])
    with pytest.raises(ValueError, match="only once"):
        sandbox.complete(own, [account, account])
    sandbox.disconnect(account)
    with pytest.raises(ValueError, match="permanently disconnected"):
        sandbox.complete(own, [account])


def test_account_numbers_require_the_permission(sandbox):
    with_permission = sandbox.add_account()
    credit = sandbox.add_account(category="credit")
    without = sandbox.add_account(permissions=["balances"])

    assert [
        {
            "expected_expiry_date": None,
            "identifier_type": "account_number",
            "status": "transactable",
            "supported_networks": ["ach"],
        }
    ] == account_of(sandbox, with_permission)["account_numbers"]
    assert [] == account_of(sandbox, credit)["account_numbers"]
    assert account_of(sandbox, without)["account_numbers"] is None


def test_a_tokenized_number_is_pending_at_first(sandbox, customer):
    [account] = sandbox.complete(
        new_session(sandbox, customer), [NewAccount(tokenized=True)]
    )
    assert "pending" == number_of(sandbox, account)["status"]
    sandbox.advance(5)
    assert "transactable" == number_of(sandbox, account)["status"]
    assert ["created", NUMBERS] == event_names(sandbox)


def test_polling_confirms_a_pending_number(sandbox, customer):
    [account] = sandbox.complete(
        new_session(sandbox, customer), [NewAccount(tokenized=True)]
    )
    replies = [get(sandbox, f"{ACCOUNTS}/{account}").json for _ in range(2)]

    assert ["pending", "transactable"] == [
        reply["account_numbers"][0]["status"] for reply in replies
    ]
    sandbox.advance(5)
    assert 1 == event_names(sandbox).count(NUMBERS)


def test_a_number_is_confirmed_while_its_account_is_inactive():
    sandbox = Sandbox(rules=Rules(refresh_polls=None))
    customer = sandbox.add_customer()
    [account] = sandbox.complete(
        new_session(sandbox, customer), [NewAccount(tokenized=True)]
    )
    get(sandbox, f"{ACCOUNTS}/{account}")
    sandbox.deactivate(account)
    assert "pending" == number_of(sandbox, account)["status"]
    sandbox.advance(5)

    assert "transactable" == number_of(sandbox, account)["status"]


@pytest.mark.parametrize("rule", ["gone", "kept"])
def test_nothing_happens_to_the_number_of_a_disconnected_account(rule):
    sandbox = Sandbox(rules=Rules(data_after_disconnect=rule))
    customer = sandbox.add_customer()
    [pending] = sandbox.complete(
        new_session(sandbox, customer), [NewAccount(tokenized=True)]
    )
    expiring = sandbox.add_account(tokenized=True)
    sandbox.institution.schedule_number_expiry(expiring, after=60 * DAY)
    for account in (pending, expiring):
        sandbox.disconnect(account)
    count = len(sandbox.events)

    sandbox.advance(60 * DAY)

    assert [] == sandbox.events[count:]


def test_a_tokenized_number_expires(sandbox, account):
    sandbox.institution.schedule_number_expiry(account, after=40 * DAY)
    assert START + 40 * DAY == number_of(sandbox, account)["expected_expiry_date"]
    assert [NUMBERS] == names_since(sandbox, 1)
    sandbox.advance(10 * DAY)
    assert ["upcoming_account_number_expiry"] == names_since(sandbox, 2)
    sandbox.advance(30 * DAY)

    after = account_of(sandbox, account)
    assert ("expired", []) == (
        after["account_numbers"][0]["status"],
        after["account_numbers"][0]["supported_networks"],
    )
    assert [] == after["supported_payment_method_types"]
    assert "active" == after["status"]
    assert [NUMBERS, TYPES] == names_since(sandbox, 3)


def test_a_later_expiry_replaces_an_earlier_one(sandbox, account):
    sandbox.institution.schedule_number_expiry(account, after=60)
    sandbox.institution.schedule_number_expiry(account, after=120)
    sandbox.advance(60)
    assert "transactable" == number_of(sandbox, account)["status"]
    sandbox.advance(60)
    assert "expired" == number_of(sandbox, account)["status"]
    assert 1 == event_names(sandbox).count(TYPES)


def test_a_permanent_number_is_deactivated_but_does_not_expire(sandbox):
    account = sandbox.add_account()
    with pytest.raises(ValueError, match="permanent account number"):
        sandbox.institution.schedule_number_expiry(account, after=1)

    sandbox.institution.deactivate_number(account)

    assert "deactivated" == number_of(sandbox, account)["status"]
    assert [NUMBERS, TYPES] == names_since(sandbox, 1)
    with pytest.raises(ValueError, match="no usable account number"):
        sandbox.institution.deactivate_number(account)


@pytest.mark.parametrize("advance", [0, 60])
def test_linking_again_replaces_an_expiring_or_expired_number(
    sandbox, customer, account, advance
):
    sandbox.institution.schedule_number_expiry(account, after=60)
    sandbox.advance(advance)

    sandbox.complete(new_session(sandbox, customer), [account])

    after = account_of(sandbox, account)
    statuses = [number["status"] for number in after["account_numbers"]]
    assert ["expired" if advance else "deactivated", "transactable"] == statuses
    assert ["us_bank_account"] == after["supported_payment_method_types"]
    sandbox.advance(1_000)
    assert after == account_of(sandbox, account)


def test_linking_again_can_grant_the_permission_for_account_numbers(sandbox, customer):
    account = sandbox.add_account(customer=customer, permissions=["balances"])

    sandbox.complete(new_session(sandbox, customer), [account])

    assert "transactable" == number_of(sandbox, account)["status"]
    assert ["created", NUMBERS] == event_names(sandbox)


def test_a_disconnected_account_has_no_account_numbers(sandbox, account):
    sandbox.disconnect(account)

    assert account_of(sandbox, account)["account_numbers"] is None
