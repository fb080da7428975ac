import re

from openapi_spec_validator import OpenAPIV30SpecValidator

from codegen.access import Node
from codegen.contract.prose import merge_prose
from codegen.drift import find_drift
from codegen.writing import contract_text
from tests.codegen.conftest import ROOT

# Names published in 0.1, which must never disappear.
OPERATIONS = {
    "create_session",
    "disconnect_account",
    "list_account_owners",
    "list_accounts",
    "list_transactions",
    "refresh_account",
    "retrieve_account",
    "retrieve_session",
    "retrieve_transaction",
    "subscribe_account",
    "unsubscribe_account",
}
SCHEMAS = {
    "Account",
    "AccountCategory",
    "AccountExpand",
    "AccountHolder",
    "AccountHolderFilter",
    "AccountHolderType",
    "AccountList",
    "AccountOwner",
    "AccountOwnerList",
    "AccountOwnership",
    "AccountStatus",
    "AccountSubcategory",
    "Balance",
    "BalanceRefresh",
    "BalanceType",
    "CashBalance",
    "CreditBalance",
    "Customer",
    "ErrorDetail",
    "ErrorResponse",
    "ErrorType",
    "OwnershipRefresh",
    "PaymentMethodType",
    "Permission",
    "PrefetchedFeature",
    "RefreshFeature",
    "RefreshStatus",
    "Session",
    "SessionAccountFilters",
    "SessionAccountHolder",
    "SessionAccountHolderType",
    "SessionExpand",
    "SessionFilters",
    "SessionPermission",
    "SessionPrefetch",
    "StatusTransitions",
    "StripeAccount",
    "SubscribedFeature",
    "SubscriptionFeature",
    "TimestampRange",
    "Transaction",
    "TransactionList",
    "TransactionRefresh",
    "TransactionRefreshFilter",
    "TransactionStatus",
}


def operations(contract):
    return {
        operation["operationId"]: operation
        for item in contract["paths"].values()
        for operation in item.values()
    }


def test_the_contract_is_valid_openapi(contract):
    OpenAPIV30SpecValidator(contract).validate()


def test_the_contract_has_the_published_operations_with_one_tag_each(contract):
    assert OPERATIONS <= operations(contract).keys()
    assert {"accounts", "sessions", "transactions"} <= {
        tag for operation in operations(contract).values() for tag in operation["tags"]
    }
    assert {1} == {
        len(operation["tags"]) for operation in operations(contract).values()
    }


def test_the_contract_has_the_published_schemas(contract):
    assert SCHEMAS <= contract["components"]["schemas"].keys()


def test_every_reference_in_the_contract_resolves(contract):
    references = set(Node(contract).references())
    assert references
    schemas = contract["components"]["schemas"].keys()
    in_events = {event["object"] for event in contract["x-events"].values()}
    assert references | in_events | {"ErrorCode"} == schemas


def test_the_contract_has_all_descriptions_in_prose_yaml(contract, prose):
    merged, gaps = merge_prose(contract, prose)
    assert [] == gaps
    assert (
        contract_text(merged)
        == (ROOT / "openapi" / "financial_connections.yaml").read_text()
    )


def test_enum_values_that_callers_choose_are_described(contract):
    enums = {
        name: schema
        for name, schema in contract["components"]["schemas"].items()
        if "enum" in schema
    }
    assert enums
    assert {} == {
        name: enum
        for name, enum in enums.items()
        if set(enum["enum"]) != enum["x-enumDescriptions"].keys()
    }


def test_every_list_accepts_a_limit_from_1_to_100(contract):
    limits = [
        parameter["schema"]
        for operation in operations(contract).values()
        for parameter in operation["parameters"]
        if parameter["name"] == "limit"
    ]
    assert [
        {"type": "integer", "default": 10, "minimum": 1, "maximum": 100}
    ] * 4 == limits


def test_an_account_can_be_pending(contract):
    assert ["active", "disconnected", "inactive", "pending"] == contract["components"][
        "schemas"
    ]["AccountStatus"]["enum"]


def test_the_contract_lists_the_expandable_paths(contract):
    account = ["account_holder.account", "account_holder.customer", "ownership"]
    session = [*account[:2], *(f"accounts.data.{path}" for path in account)]
    assert account == contract["components"]["schemas"]["AccountExpand"]["enum"]
    assert session == contract["components"]["schemas"]["SessionExpand"]["enum"]


def test_every_timestamp_has_its_format(contract):
    timestamp_name = re.compile(r"(_at|_date|created|updated|as_of|gte?|lte?)$")
    others = {
        "SessionLimits.accounts",
        "SnapshotEvent.pending_webhooks",
        "Transaction.amount",
    }
    fields = [
        (f"{name}.{key}", field)
        for name, schema in contract["components"]["schemas"].items()
        for key, field in schema.get("properties", {}).items()
        if field.get("type") == "integer"
    ]
    assert fields
    assert others == {
        name for name, field in fields if field.get("format") != "unix-time"
    }
    assert others == {name for name, _ in fields if not timestamp_name.search(name)}


def test_drift_lists_every_difference():
    actual = {"same": b"1", "changed": b"1", "extra": b"1"}
    expected = {"same": b"1", "changed": b"2", "new": b"1"}
    assert [
        "changed: differs",
        "extra: unexpected file",
        "new: missing",
    ] == find_drift(actual, expected)
