"""The facade has a method for every operation, with all of its parameters."""

import ast
import inspect
from pathlib import Path

from financial_connections import API_VERSION, AsyncClient, accounts, models, params
from financial_connections._generated import models as generated
from financial_connections._refresh import operations as refresh_operations
from tests.support.contract import read_contract

CONTRACT = read_contract()
FACADE = {
    "list_accounts": "accounts.list",
    "list_events": "events.list",
    "retrieve_event": "events.retrieve",
    "retrieve_account": "accounts.retrieve",
    "disconnect_account": "accounts.disconnect",
    "list_account_owners": "accounts.list_owners",
    "refresh_account": "accounts.refresh",
    "subscribe_account": "accounts.subscribe",
    "unsubscribe_account": "accounts.unsubscribe",
    "create_session": "sessions.create",
    "retrieve_session": "sessions.retrieve",
    "list_transactions": "transactions.list",
    "retrieve_transaction": "transactions.retrieve",
}
# The parameters of the facade that are not in the contract.
ADDED = {"options"}
ADDED_TO = {"list_events": {"after"}}


def operations():
    by_id = {
        operation["operationId"]: operation
        for path in CONTRACT["paths"].values()
        for operation in path.values()
    }
    assert by_id
    return by_id


def parameters_of(operation):
    names = {parameter["name"] for parameter in operation.get("parameters", [])}
    forms = operation.get("requestBody", {}).get("content", {}).values()
    for form in forms:
        schema = form["schema"]
        if "$ref" in schema:
            schema = CONTRACT["components"]["schemas"][
                schema["$ref"].rpartition("/")[2]
            ]
        names |= set(schema["properties"])
    return names


def test_every_operation_has_a_facade_method():
    assert set(operations()) == set(FACADE)


def test_every_parameter_of_an_operation_is_in_its_method():
    client = AsyncClient("sk_test_1")
    for operation_id, operation in operations().items():
        resource, _, call = FACADE[operation_id].partition(".")
        signature = inspect.signature(getattr(getattr(client, resource), call))
        added = ADDED | ADDED_TO.get(operation_id, set())
        assert parameters_of(operation) | added == set(signature.parameters), (
            operation_id
        )


def test_only_ids_are_positional():
    client = AsyncClient("sk_test_1")
    for operation_id, operation in operations().items():
        resource, _, call = FACADE[operation_id].partition(".")
        parameters = inspect.signature(
            getattr(getattr(client, resource), call)
        ).parameters.values()
        in_path = [
            p["name"] for p in operation.get("parameters", []) if p["in"] == "path"
        ]
        assert in_path == [
            p.name for p in parameters if p.kind is not p.KEYWORD_ONLY
        ], operation_id
        assert "options" == [p.name for p in parameters][-1], operation_id


def test_overloads_differ_from_their_method_only_in_expand_and_result():
    overloads = {}
    for module in (accounts, refresh_operations):
        tree = ast.parse(Path(module.__file__).read_text())
        (facade,) = [node for node in tree.body if isinstance(node, ast.ClassDef)]
        for method in facade.body:
            if isinstance(method, ast.FunctionDef | ast.AsyncFunctionDef):
                arguments = arguments_without_expand(method)
                overloads.setdefault(method.name, []).append(arguments)
    names = ("refresh_many", "refresh_and_wait", "wait_for_refresh")
    assert dict.fromkeys(names, 4) == {
        name: len(signatures) for name, signatures in overloads.items()
    }
    for name, (first, *others) in overloads.items():
        assert [first] * len(others) == others, name


def arguments_without_expand(method):
    arguments, keywords = method.args.args, method.args.kwonlyargs
    pairs = zip(keywords, method.args.kw_defaults, strict=True)
    return [ast.unparse(argument) for argument in arguments] + [
        (ast.unparse(argument), ast.unparse(default) if default else "")
        for argument, default in pairs
        if argument.arg != "expand"
    ]


def test_every_generated_type_is_public_exactly_once():
    public = (set(models.__all__) - {"Model", "OpenEnum"}) | set(params.__all__)
    assert set(generated.__all__) == public
    assert not set(models.__all__) & set(params.__all__)


def test_the_api_version_matches_the_contract():
    assert CONTRACT["info"]["version"] == API_VERSION
