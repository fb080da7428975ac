"""Responses compared with the contract, and predefined scenarios."""

import pytest

from financial_connections.sandbox import SCENARIOS, Clock, Fault, Sandbox, Scenario
from financial_connections.sandbox.api.contract import CREATE_CUSTOMER, load_contract
from financial_connections.sandbox.api.operations import HANDLERS
from financial_connections.sandbox.api.pagination import PageRequest
from tests.support.contract import violations
from tests.support.sandbox_calls import (
    ACCOUNTS,
    CUSTOMERS,
    EVENTS,
    SESSIONS,
    TRANSACTIONS,
    get,
    open_sessions,
    post,
)

CONTRACT = load_contract()


def responses():
    """Yield every operation's name with a response, some with expanded fields."""
    sandbox = Sandbox.demo()
    account, customer = sandbox.accounts[-1], sandbox.customers[0]
    path = f"{ACCOUNTS}/{account}"
    holder = {"type": "customer", "customer": customer}
    new = {
        "account_holder": holder,
        "permissions": ["balances", "transactions"],
        "prefetch": ["balances"],
        "filters": {"country": "US"},
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
    events = get(sandbox, EVENTS, {"limit": 100})
    yield "list_events", events
    yield "retrieve_event", get(sandbox, f"{EVENTS}/{events.ids[0]}")


def test_every_operation_of_the_contract_has_a_handler():
    assert 14 == len(HANDLERS)
    assert set(HANDLERS) == {operation.name for operation in CONTRACT.operations}


def test_every_response_matches_the_contract():
    schemas = {
        operation.name: operation.result
        for operation in CONTRACT.operations
        if operation != CREATE_CUSTOMER
    }
    replies = list(responses())

    assert set(schemas) == {name for name, _ in replies}
    for name, reply in replies:
        assert (name, 200, []) == (
            name,
            reply.status,
            violations(reply.json, schemas[name]),
        )


def test_violations_of_the_contract_are_detected():
    schema = next(
        operation.result
        for operation in CONTRACT.operations
        if operation.name == "retrieve_account"
    )
    valid = dict(responses())["retrieve_account"].json

    assert violations({**valid, "bogus": 1}, schema)
    assert violations({**valid, "status": "bogus"}, schema)
    assert violations({**valid, "balance": {**valid["balance"], "bogus": 1}}, schema)
    assert violations(
        {key: value for key, value in valid.items() if key != "created"}, schema
    )


@pytest.mark.parametrize("name", sorted(SCENARIOS))
def test_every_scenario_has_a_customer_and_accepts_requests(name):
    scenario = SCENARIOS[name](3, Clock())

    assert scenario.customer in scenario.sandbox.customers
    assert 200 == get(scenario.sandbox, ACCOUNTS).status


def test_the_demo_has_accounts_with_every_status_and_several_categories():
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


def test_an_account_with_25000_transactions_is_listed_page_by_page():
    scenario = Scenario.many_transactions(25_000)
    seen, query = set(), {"account": scenario.account, "limit": 100}
    more = True
    while more:
        page = get(scenario.sandbox, TRANSACTIONS, query)
        seen.update(page.ids)
        more = page.json["has_more"]
        query["starting_after"] = page.ids[-1]

    assert 25_000 == len(seen)


def test_the_cost_of_a_page_does_not_depend_on_its_position(monkeypatch):
    """Wherever the page is, only its items and one more are read."""
    account = Scenario.many_transactions(5_000).sandbox._state.platform.accounts
    transactions = next(iter(account)).transactions
    read_positions = []
    items = transactions._items

    class Counting(list):
        def __getitem__(self, position):
            read_positions.append(position)
            return items[position]

    monkeypatch.setattr(transactions, "_items", Counting(items))
    for cursor in (None, items[2_500].id, items[101].id):
        read_positions.clear()
        transactions.page(PageRequest(limit=100, starting_after=cursor))
        assert 101 == len(read_positions)


def test_refreshes_fail_in_the_failing_refresh_scenario():
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


def test_the_account_becomes_inactive_in_the_going_inactive_scenario():
    scenario = Scenario.going_inactive(after=60)
    statuses = []
    for _ in range(3):
        statuses.append(
            get(scenario.sandbox, f"{ACCOUNTS}/{scenario.account}").json["status"]
        )
        scenario.sandbox.advance(30)

    assert ["active", "active", "inactive"] == statuses


def test_access_ends_in_the_upcoming_deactivation_scenario():
    scenario = Scenario.upcoming_deactivation(after=60)

    def states():
        account = get(scenario.sandbox, f"{ACCOUNTS}/{scenario.account}").json
        [number] = account["account_numbers"]
        return (
            account["status"],
            "active" in account["status_details"],
            number["status"],
        )

    before = states()
    scenario.sandbox.advance(60)
    after = states()

    assert ("active", True, "transactable") == before
    assert ("inactive", False, "expired") == after


def test_stripes_limits_apply_in_the_rate_limited_scenario():
    scenario = Scenario.rate_limited()
    statuses = [get(scenario.sandbox, ACCOUNTS).status for _ in range(26)]

    assert [200] * 25 + [429] == statuses


def test_refreshes_take_30_seconds_in_the_slow_institution_scenario():
    scenario = Scenario.slow_institution(30)
    path = f"{ACCOUNTS}/{scenario.account}"
    post(scenario.sandbox, f"{path}/refresh", {"features": ["balance"]})
    statuses = []
    for _ in range(4):
        statuses.append(get(scenario.sandbox, path).json["balance_refresh"]["status"])
        scenario.sandbox.advance(10)

    assert ["pending", "pending", "pending", "succeeded"] == statuses


def test_the_repr_shows_the_key_and_the_number_of_accounts(sandbox):
    sandbox.add_account()
    sandbox.inject(Fault("reset"))

    assert "Sandbox(api_key='sk_test_sandbox', accounts=1)" == repr(sandbox)


def test_a_customer_can_be_created_as_in_stripes_api():
    sandbox = Sandbox(seed=1)
    created = post(sandbox, CUSTOMERS, {"email": "ada@example.com", "name": "Ada"})
    assert ("customer", "ada@example.com", "Ada", False) == tuple(
        created.json[name] for name in ("object", "email", "name", "livemode")
    )
    assert [created.json["id"]] == sandbox.customers
    refused = post(sandbox, CUSTOMERS, {"phone": "1"})
    assert (400, "parameter_unknown") == (refused.status, refused.json["error"]["code"])
