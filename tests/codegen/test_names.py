import pytest

from codegen.access import Node, SpecError
from codegen.contract.names import (
    Names,
    event_name,
    operation_name,
    parse_names,
    pascal,
    singular,
)


@pytest.fixture
def committed(names):
    return parse_names(Node(names))


@pytest.mark.parametrize(
    ("upstream", "ours"),
    [
        ("account", "StripeAccount"),
        ("api_errors", "ErrorDetail"),
        ("bank_connections_resource_accountholder", "AccountHolder"),
        ("bank_connections_resource_balance", "Balance"),
        ("bank_connections_resource_balance_api_resource_cash_balance", "CashBalance"),
        ("bank_connections_resource_balance_refresh", "BalanceRefresh"),
        ("bank_connections_resource_link_account_session_filters", "SessionFilters"),
        ("bank_connections_resource_link_account_session_limits", "SessionLimits"),
        (
            "bank_connections_resource_linked_account_status_details",
            "AccountStatusDetails",
        ),
        (
            "bank_connections_resource_transaction_resource_status_transitions",
            "StatusTransitions",
        ),
        ("bank_connections_resource_x_api_resource_limit", "Limit"),
        ("bank_connections_resource_x_resource_limit", "XLimit"),
        ("customer", "Customer"),
        ("error", "ErrorResponse"),
        ("financial_connections.account", "Account"),
        ("financial_connections.account_ownership", "AccountOwnership"),
        ("financial_connections.institution", "Institution"),
    ],
)
def test_upstream_schemas_get_our_names(committed, upstream, ours):
    assert {upstream: ours} == committed.schema_names([upstream])


def test_schemas_with_equal_short_names_get_long_names():
    names = Names().schema_names(
        f"bank_connections_resource_{owner}_api_resource_limit" for owner in "xy"
    )
    assert ["XLimit", "YLimit"] == list(names.values())


def test_a_new_schema_does_not_reuse_a_published_name(committed):
    new = "bank_connections_resource_new_api_resource_cash_balance"
    assert {new: "NewCashBalance"} == committed.schema_names([new])
    assert {"schemas": {new: "NewCashBalance"}} == committed.new


def test_a_published_name_is_kept_when_a_schema_with_the_same_short_name_appears():
    first, second = (
        f"bank_connections_resource_{owner}_api_resource_limit" for owner in "xy"
    )
    names = Names()
    assert {first: "Limit"} == names.schema_names([first])
    later = Names(**names.all())
    assert {first: "Limit", second: "YLimit"} == later.schema_names([first, second])
    assert {"schemas": {second: "YLimit"}} == later.new


def test_every_name_is_pinned_when_it_is_first_used():
    names = Names(inline={"Account.status": "Health"})
    assert "Health" == names.inline_name("Account.status", in_array=False)
    assert "AccountKind" == names.inline_name("Account.kinds", in_array=True)
    assert {"inline": {"Account.kinds": "AccountKind"}} == names.new
    assert {"Account.kinds": "AccountKind", "Account.status": "Health"} == names.all()[
        "inline"
    ]


def test_an_unknown_table_of_names_is_rejected():
    with pytest.raises(SpecError, match="models: there is no such table of names"):
        parse_names(Node({"models": {}}, document="names.yaml"))


@pytest.mark.parametrize(
    ("event", "name"),
    [
        ("financial_connections.account.created", "AccountCreated"),
        ("v1.financial_connections.account.created", "AccountCreatedNotification"),
        (
            "financial_connections.account.account_numbers_updated",
            "AccountNumbersUpdated",
        ),
        (
            "financial_connections.authorization.upcoming_deactivation",
            "AuthorizationUpcomingDeactivation",
        ),
    ],
)
def test_events_are_named_by_their_object_and_what_happened(event, name):
    assert name == event_name(event)


@pytest.mark.parametrize(
    ("method", "path", "is_list", "name"),
    [
        ("get", "accounts", True, "list_accounts"),
        ("get", "accounts/{account}", False, "retrieve_account"),
        ("post", "accounts/{account}/disconnect", False, "disconnect_account"),
        ("get", "accounts/{account}/owners", True, "list_account_owners"),
        ("post", "accounts/{account}/refresh", False, "refresh_account"),
        ("post", "sessions", False, "create_session"),
        ("get", "sessions/{session}", False, "retrieve_session"),
        ("get", "institutions", True, "list_institutions"),
        ("get", "settings", False, "retrieve_settings"),
        ("post", "accounts/{account}", False, "update_account"),
        ("delete", "accounts/{account}", False, "delete_account"),
        ("get", "accounts/{account}/owners/{owner}", False, "retrieve_account_owner"),
        ("post", "accounts/{account}/numbers", False, "create_account_number"),
    ],
)
def test_operations_are_named_by_verb_and_noun(method, path, is_list, name):
    assert name == operation_name(method, tuple(path.split("/")), is_list=is_list)


@pytest.mark.parametrize(
    ("key", "in_array", "name"),
    [
        ("Account.permissions", True, "Permission"),
        ("Account.status", False, "AccountStatus"),
        ("Account.new_kinds", True, "AccountNewKind"),
        ("create_session.bounds", False, "CreateSessionBounds"),
        ("refresh_account.features", True, "RefreshFeature"),
    ],
)
def test_inline_schemas_are_named_by_their_usage(committed, key, in_array, name):
    assert name == committed.inline_name(key, in_array=in_array)


@pytest.mark.parametrize(
    ("plural", "expected"),
    [
        ("accounts", "account"),
        ("status", "status"),
        ("countries", "country"),
        ("access", "access"),
    ],
)
def test_plural_nouns_become_singular(plural, expected):
    assert expected == singular(plural)


@pytest.mark.parametrize("text", ["", "...", "9lives"])
def test_a_text_that_cannot_become_a_class_name_is_rejected(text):
    with pytest.raises(SpecError, match="cannot be turned into a class name"):
        pascal(text)
