"""Summaries of the access to accounts, and details of account numbers."""

import io

import pytest
from rich.console import Console

from financial_connections.cli import details, event_details, tables
from financial_connections.cli.access import access_to
from financial_connections.models import (
    Account,
    AccountNumberStatus,
    AccountStatus,
    Authorization,
    DeactivationCause,
    RelinkAction,
    Session,
)
from financial_connections.webhooks import AuthorizationUpcomingDeactivation

NOW = 1_700_000_000
DAY = 86_400
DEADLINE = NOW + 10 * DAY
ACTIONS = {
    "none": ("until", "ending"),
    None: ("until", "ending"),
    "relink_required": ("relink by", "relink"),
    "call_bank": ("call_bank by", "call_bank"),
}
CAUSES = {
    "access_expired": "when the granted access expires",
    "institution_requirement": "as the institution requires",
    "unspecified": "for an unknown reason",
    "brand_new": "brand_new",
    None: "",
}


def account(status="active", **active):
    return Account.from_dict(
        {
            "id": "fca_4b29411f15a1ca9e28469ee2",
            "status": status,
            "status_details": {"active": active or None},
        }
    )


def render(drawing, width=80):
    console = Console(file=io.StringIO(), width=width)
    console.print(drawing)
    return console.file.getvalue()


def lines_of(drawing):
    """Return the lines of an object, in order, each with its value."""
    lines = [line.partition("  ") for line in render(drawing, 160).splitlines()]
    return [(name, value.strip()) for name, _, value in lines]


def test_every_action_and_cause_of_the_contract_is_covered():
    assert set(RelinkAction) <= set(ACTIONS)
    assert set(DeactivationCause) <= set(CAUSES)


@pytest.mark.parametrize("action", ACTIONS)
@pytest.mark.parametrize("cause", CAUSES)
@pytest.mark.parametrize("status", ["active", "pending", None])
def test_access_that_will_end_is_described(status, action, cause):
    access = access_to(
        account(status, action=action, cause=cause, expected_deactivation_date=DEADLINE)
    )
    assert f"{ACTIONS[action][0]} 2023-11-24" == access.summary
    assert (DEADLINE, CAUSES[cause], "yellow") == (
        access.deadline,
        access.cause,
        access.style,
    )


@pytest.mark.parametrize("action", ACTIONS)
def test_access_that_ends_on_an_unknown_day_is_described(action):
    access = access_to(account(action=action, cause="unspecified"))
    assert ACTIONS[action][1] == access.summary


@pytest.mark.parametrize(
    ("status", "summary", "style"),
    [
        ("active", "fine", "green"),
        ("inactive", "relink: inactive", "red"),
        ("disconnected", "disconnected", "red"),
        ("pending", "pending", ""),
        ("brand_new", "brand_new", ""),
        (None, "", ""),
    ],
)
@pytest.mark.parametrize("details_of", [{}, {"status_details": None}])
def test_access_follows_the_status_of_other_accounts(
    status, summary, style, details_of
):
    access = access_to(Account.from_dict({"status": status, **details_of}))
    assert (summary, None, style) == (access.summary, access.deadline, access.style)


@pytest.mark.parametrize("status", ["inactive", "disconnected"])
def test_access_that_has_ended_has_no_deadline(status):
    access = access_to(account(status, action="none", expected_deactivation_date=NOW))
    assert access_to(account(status)) == access


def test_every_status_of_the_contract_has_a_summary():
    assert all(access_to(account(status)).summary for status in AccountStatus)


@pytest.mark.parametrize(
    ("status", "details_of", "summary"),
    [
        ("active", {}, "fine"),
        (
            "active",
            {"active": {"action": "none", "expected_deactivation_date": DEADLINE}},
            "until 2023-11-24",
        ),
        ("inactive", {"inactive": {"action": "relink_required"}}, "relink: inactive"),
        ("inactive", {"inactive": {"action": "none"}}, "inactive"),
        ("inactive", {}, "relink: inactive"),
    ],
)
def test_access_to_an_authorization_is_described(status, details_of, summary):
    authorization = {"status": status, "status_details": details_of}
    assert summary == access_to(Authorization.from_dict(authorization)).summary


@pytest.mark.parametrize("width", [40, 80, 120])
def test_a_list_shows_when_access_ends_and_what_to_do(width):
    deadline = {"expected_deactivation_date": DEADLINE}
    drawing = tables.accounts(
        [
            account("inactive"),
            account(action="none", **deadline),
            account(action="relink_required", **deadline),
        ],
        NOW,
    )
    lines = render(drawing, width).splitlines()
    assert width >= max(map(len, lines))
    assert [
        *("relink:", "inactive"),
        *("until", "2023-11-24"),
        *("relink", "by", "2023-11-24"),
    ] == [
        word
        for line in lines
        for word in line.split()
        if word in {"relink:", "relink", "by", "until", "inactive", "2023-11-24"}
    ]


@pytest.mark.parametrize(("width", "expected"), [(80, False), (120, True)])
def test_a_wide_list_shows_access_on_one_line(width, expected):
    ending = account(action="relink_required", expected_deactivation_date=DEADLINE)
    screen = render(tables.accounts([ending], NOW), width)
    assert expected == ("relink by 2023-11-24" in screen)


def test_an_account_shows_why_its_access_ends():
    ending = account(
        action="relink_required",
        cause="institution_requirement",
        expected_deactivation_date=DEADLINE,
    )
    assert (
        "access",
        "relink by 2023-11-24, in 1 week, as the institution requires",
    ) in lines_of(details.account(ending, NOW))


def test_an_account_shows_its_account_numbers_in_order():
    numbers = [
        {
            "expected_expiry_date": None,
            "identifier_type": "account_number",
            "status": "pending",
            "supported_networks": [],
        },
        {
            "expected_expiry_date": NOW + DAY,
            "identifier_type": "tokenized_account_number",
            "status": "transactable",
            "supported_networks": ["ach", "rtp"],
        },
        {
            "expected_expiry_date": NOW - DAY,
            "identifier_type": "brand_new",
            "status": "expired",
            "supported_networks": ["ach"],
        },
    ]
    lines = lines_of(
        details.account(Account.from_dict({"account_numbers": numbers}), NOW)
    )
    assert [
        "account_number, pending",
        "tokenized_account_number, transactable, ach, rtp, expiry 2023-11-15, in 1 day",
        "brand_new, expired, ach, expiry 2023-11-13, 1 day ago",
    ] == [value for name, value in lines if name == "account number"]


def test_every_status_of_an_account_number_but_pending_has_a_colour():
    styles = {
        status: str(tables.status(status).style) for status in AccountNumberStatus
    }
    assert {
        "deactivated": "red",
        "expired": "red",
        "pending": "yellow",
        "transactable": "green",
    } == styles


def test_an_account_held_by_a_customer_account_shows_its_holder():
    held = Account.from_dict(
        {"account_holder": {"type": "customer", "customer_account": "acct_1"}}
    )
    assert ("holder", "acct_1") in lines_of(details.account(held, NOW))


def test_a_session_shows_its_restrictions_and_the_id_of_its_bank_token():
    session = Session.from_dict(
        {
            "filters": {
                "account_subcategories": ["checking", "savings"],
                "country": "US",
                "require_payment_method_support": "at_least_one",
            },
            "limits": {"accounts": 2},
            "manual_entry": {"mode": "automatic"},
            "bank_account_token": {"id": "btok_1", "bank_account": {"last4": "6789"}},
        }
    )
    lines = lines_of(details.session(session, NOW, show_client_secret=True))
    assert {
        ("country", "US"),
        ("subcategories", "checking, savings"),
        ("payment support", "at_least_one"),
        ("max accounts", "2"),
        ("manual entry", "automatic"),
        ("bank token", "btok_1"),
    } <= set(lines)
    assert not [value for _, value in lines if "6789" in value]


def test_an_event_shows_when_access_to_its_authorization_ends():
    deadline = {"action": "relink_required", "expected_deactivation_date": DEADLINE}
    authorization = {
        "id": "fcauth_1",
        "institution_name": "Example Bank",
        "status": "active",
        "status_details": {"active": deadline},
    }
    event = AuthorizationUpcomingDeactivation.from_dict(
        {
            "type": "financial_connections.authorization.upcoming_deactivation",
            "data": {"object": authorization},
        }
    )
    lines = lines_of(event_details.event(event, NOW))
    assert {
        ("authorization", "fcauth_1"),
        ("institution", "Example Bank"),
        ("access", "relink by 2023-11-24, in 1 week"),
    } <= set(lines)
