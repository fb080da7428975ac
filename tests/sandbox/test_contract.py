"""The sandbox against the contract, and the scenarios against what they promise."""

import pytest
from openapi_schema_validator import OAS30Validator

from financial_connections.sandbox import SCENARIOS, Clock, Fault, Sandbox, Scenario
from financial_connections.sandbox.api.contract import load_contract
from financial_connections.sandbox.api.operations import HANDLERS
from financial_connections.sandbox.api.pagination import PageRequest
from tests.support.sandbox_calls import (
    ACCOUNTS,
    SESSIONS,
    TRANSACTIONS,
    get,
    open_sessions,
    post,
)

CONTRACT = load_contract()


def problems(value, schema):
    """What the contract has to say against an answer; unknown fields count too."""
    found = [
        error.message for error in OAS30Validator(with_nulls(schema)).iter_errors(value)
    ]
    return found + list(strangers(value, schema, ""))


def with_nulls(schema):
    """`nullable` beside `anyOf` means null too, whatever a strict reading of 3.0 makes
    of it.
    """
    if isinstance(schema, list):
        return [with_nulls(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    schema = {key: with_nulls(item) for key, item in schema.items()}
    if schema.get("nullable") and "anyOf" in schema:
        schema["anyOf"].append({"nullable": True, "enum": [None]})
    return schema


def strangers(value, schema, place):
    if isinstance(value, list):
        for item in value:
            yield from strangers(item, schema.get("items", {}), place)
    elif isinstance(value, dict) and "additionalProperties" not in schema:
        branches = schema.get("anyOf", [schema])
        known = {
            name: part
            for branch in branches
            for name, part in branch.get("properties", {}).items()
        }
        for name, item in value.items():
            if name not in known and not any(
                "additionalProperties" in branch for branch in branches
            ):
                yield f"{place}.{name} is unknown"
            yield from strangers(item, known.get(name, {}), f"{place}.{name}")


def tour():
    """An answer of every operation, by its name, expanded where it can be."""
    sandbox = Sandbox.demo()
    account, customer = sandbox.accounts[-1], sandbox.customers[0]
    path = f"{ACCOUNTS}/{account}"
    holder = {"type": "customer", "customer": customer}
    new = {
        "account_holder": holder,
        "permissions": ["balances", "transactions"],
        "prefetch": ["balances"],
        "filters": {"countries": ["US"]},
        "return_url": "https://example.com",
    }
    yield "create_session", post(sandbox, SESSIONS, new)
    [session] = open_sessions(sandbox)
    sandbox.complete(session.id)
    yield "retrieve_session", get(sandbox, f"{SESSIONS}/{session.id}")
    yield (
        "retrieve_session",
        get(
            sandbox,
            f"{SESSIONS}/{session.id}",
            "expand[]=accounts.data.account_holder.customer",
        ),
    )
    yield "list_accounts", get(sandbox, ACCOUNTS, "limit=100")
    yield (
        "list_accounts",
        get(
            sandbox,
            ACCOUNTS,
            "expand[]=data.ownership&expand[]=data.account_holder.customer",
        ),
    )
    yield "retrieve_account", get(sandbox, path, "expand[]=ownership")
    ownership = get(sandbox, path).json["ownership"]
    yield (
        "list_account_owners",
        get(sandbox, f"{path}/owners", {"ownership": ownership}),
    )
    yield (
        "refresh_account",
        post(
            sandbox,
            f"{path}/refresh",
            {"features": ["balance", "ownership", "transactions"]},
        ),
    )
    yield (
        "subscribe_account",
        post(sandbox, f"{path}/subscribe", {"features": ["transactions"]}),
    )
    sandbox.advance(10)
    yield "retrieve_account", get(sandbox, path)
    yield (
        "unsubscribe_account",
        post(sandbox, f"{path}/unsubscribe", {"features": ["transactions"]}),
    )
    listed = get(sandbox, TRANSACTIONS, {"account": account, "limit": 100})
    yield "list_transactions", listed
    yield "retrieve_transaction", get(sandbox, f"{TRANSACTIONS}/{listed.ids[0]}")
    yield "disconnect_account", post(sandbox, f"{path}/disconnect")


def test_every_operation_of_the_contract_is_there_and_no_other():
    assert 11 == len(HANDLERS)
    assert set(HANDLERS) == {operation.name for operation in CONTRACT.operations}


def test_every_answer_is_what_the_contract_promises():
    schemas = {operation.name: operation.result for operation in CONTRACT.operations}
    answers = list(tour())

    assert set(schemas) == {name for name, _ in answers}
    for name, reply in answers:
        assert (name, 200, []) == (
            name,
            reply.status,
            problems(reply.json, schemas[name]),
        )


def test_the_check_of_answers_finds_what_is_wrong():
    schema = next(
        operation.result
        for operation in CONTRACT.operations
        if operation.name == "retrieve_account"
    )
    right = dict(tour())["retrieve_account"].json

    assert problems({**right, "bogus": 1}, schema)
    assert problems({**right, "status": "bogus"}, schema)
    assert problems({**right, "balance": {**right["balance"], "bogus": 1}}, schema)
    assert problems(
        {key: value for key, value in right.items() if key != "created"}, schema
    )


@pytest.mark.parametrize("name", sorted(SCENARIOS))
def test_every_scenario_has_a_customer_and_takes_requests(name):
    scenario = SCENARIOS[name](3, Clock())

    assert scenario.customer in scenario.sandbox.customers
    assert 200 == get(scenario.sandbox, ACCOUNTS).status


def test_the_demo_has_something_of_everything():
    sandbox = Sandbox.demo()
    accounts = get(sandbox, ACCOUNTS, "limit=100").json["data"]
    checking = sandbox.accounts[-1]

    assert {"active", "inactive", "disconnected"} == {
        account["status"] for account in accounts
    }
    assert {"cash", "credit", "investment"} == {
        account["category"] for account in accounts
    }
    query = {"account": checking, "limit": 100}
    pages = [get(sandbox, TRANSACTIONS, query)]
    while pages[-1].json["has_more"]:
        pages.append(
            get(sandbox, TRANSACTIONS, {**query, "starting_after": pages[-1].ids[-1]})
        )
    assert 1250 == len({item for page in pages for item in page.ids})
    assert 13 == len(pages)
    balance = accounts[0]["balance"]["current"]

    post(
        sandbox,
        f"{ACCOUNTS}/{checking}/refresh",
        {"features": ["balance", "transactions"]},
    )
    sandbox.advance(5)

    assert balance != get(sandbox, f"{ACCOUNTS}/{checking}").json["balance"]["current"]
    newest = get(sandbox, TRANSACTIONS, query)
    assert pages[0].ids[0] == newest.ids[2]
    assert ["posted"] * 3 == [item["status"] for item in newest.json["data"][:3]]


def test_an_account_with_25000_transactions_is_walked_page_by_page():
    scenario = Scenario.many_transactions(25_000)
    seen, query = set(), {"account": scenario.account, "limit": 100}
    more = True
    while more:
        page = get(scenario.sandbox, TRANSACTIONS, query)
        seen.update(page.ids)
        more = page.json["has_more"]
        query["starting_after"] = page.ids[-1]

    assert 25_000 == len(seen)


def test_a_page_costs_what_it_holds_wherever_it_lies(monkeypatch):
    """The items that are looked at are those of the page and one more, at the start, in
    the middle, at the end.
    """
    account = Scenario.many_transactions(5_000).sandbox._state.platform.accounts
    log = next(iter(account)).transactions
    looked_at = []
    items = log._items

    class Counting(list):
        def __getitem__(self, position):
            looked_at.append(position)
            return items[position]

    monkeypatch.setattr(log, "_items", Counting(items))
    for cursor in (None, items[2_500].id, items[101].id):
        looked_at.clear()
        log.page(PageRequest(limit=100, starting_after=cursor))
        assert 101 == len(looked_at)


def test_a_refresh_that_fails():
    scenario = Scenario.failing_refresh("balance")
    path = f"{ACCOUNTS}/{scenario.account}"
    post(scenario.sandbox, f"{path}/refresh", {"features": ["balance", "transactions"]})
    scenario.sandbox.advance(5)
    account = get(scenario.sandbox, path).json

    assert ("failed", "succeeded") == (
        account["balance_refresh"]["status"],
        account["transaction_refresh"]["status"],
    )
    assert {"usd": 100_000} == account["balance"]["current"]


def test_an_account_that_goes_inactive():
    scenario = Scenario.going_inactive(after=60)
    statuses = []
    for _ in range(3):
        statuses.append(
            get(scenario.sandbox, f"{ACCOUNTS}/{scenario.account}").json["status"]
        )
        scenario.sandbox.advance(30)

    assert ["active", "active", "inactive"] == statuses


def test_a_bank_that_takes_30_seconds():
    scenario = Scenario.slow_institution(30)
    path = f"{ACCOUNTS}/{scenario.account}"
    post(scenario.sandbox, f"{path}/refresh", {"features": ["balance"]})
    statuses = []
    for _ in range(4):
        statuses.append(get(scenario.sandbox, path).json["balance_refresh"]["status"])
        scenario.sandbox.advance(10)

    assert ["pending", "pending", "pending", "succeeded"] == statuses


def test_a_sandbox_shows_its_key_and_no_more(sandbox):
    sandbox.add_account()
    sandbox.inject(Fault("reset"))

    assert "Sandbox(api_key='sk_test_sandbox', accounts=1)" == repr(sandbox)
