import pytest

from codegen.access import SpecError
from codegen.contract.names import (
    inline_name,
    operation_name,
    pascal,
    schema_names,
    singular,
)


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
def test_upstream_schemas_get_our_names(upstream, ours):
    assert {upstream: ours} == schema_names([upstream])


def test_schemas_with_equal_short_names_get_long_names():
    names = schema_names(
        f"bank_connections_resource_{owner}_api_resource_limit" for owner in "xy"
    )
    assert ["XLimit", "YLimit"] == list(names.values())


def test_a_new_schema_does_not_reuse_a_published_name():
    names = schema_names(["bank_connections_resource_new_api_resource_cash_balance"])
    assert ["NewCashBalance"] == list(names.values())


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
        ("create_session.limits", False, "CreateSessionLimits"),
        ("refresh_account.features", True, "RefreshFeature"),
    ],
)
def test_inline_schemas_are_named_by_their_usage(key, in_array, name):
    assert name == inline_name(key, in_array=in_array)


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
