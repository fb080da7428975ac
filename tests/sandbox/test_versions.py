"""Shapes of older API versions."""

import json
import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from financial_connections import API_VERSION
from financial_connections.sandbox import NewAccount, Sandbox
from financial_connections.sandbox.api.contract import load_contract
from financial_connections.sandbox.api.versions import (
    DIFFERENCES,
    VERSIONS,
    parameters_at,
)
from financial_connections.sandbox.webhooks import pending_deliveries
from tests.support.random_scenario import RandomScenario
from tests.support.sandbox_calls import (
    ACCOUNTS,
    SESSIONS,
    TRANSACTIONS,
    encode,
    get,
    post,
)

OPERATIONS = {operation.name: operation for operation in load_contract().operations}


def new_session(sandbox, version, **params):
    holder = {"type": "customer", "customer": sandbox.add_customer()}
    permissions = ["balances", "ownership", "payment_method", "transactions"]
    return post(
        sandbox,
        SESSIONS,
        {"account_holder": holder, "permissions": permissions, **params},
        stripe_version=version,
    )


@pytest.fixture
def session(sandbox):
    """Return the ID of a completed session that has every field."""
    filters = {
        "account_subcategories": ["checking", "savings"],
        "country": "US",
        "require_payment_method_support": "at_least_one",
    }
    reply = new_session(
        sandbox,
        API_VERSION,
        filters=filters,
        limits={"accounts": 2},
        manual_entry={"mode": "automatic"},
    )
    [account] = sandbox.complete(reply.json["id"], [NewAccount(tokenized=True)])
    sandbox.institution.schedule_deactivation(account, after=1_000)
    return reply.json["id"]


def test_versions_are_in_order_and_end_with_the_contracts():
    assert sorted(VERSIONS) == list(VERSIONS)
    assert VERSIONS[-1] <= API_VERSION
    for difference in DIFFERENCES:
        assert difference.since in VERSIONS
        assert difference.until in {None, *VERSIONS}


@pytest.mark.parametrize("version", VERSIONS)
def test_every_published_version_is_accepted_and_echoed(sandbox, version):
    reply = get(sandbox, ACCOUNTS, stripe_version=version)

    assert (200, version) == (reply.status, reply.headers["Stripe-Version"])


@pytest.mark.parametrize(
    ("path", "since"),
    [
        ("accounts.data.ownership_refresh.next_refresh_available_at", "2024-04-10"),
        ("filters.account_subcategories", "2024-06-20"),
        ("accounts.data.account_numbers", "2025-11-17.clover"),
        ("accounts.data.status_details", "2026-06-24.dahlia"),
        ("filters.require_payment_method_support", "2026-07-29.dahlia"),
        ("limits", "2026-07-29.dahlia"),
        ("manual_entry", "2026-07-29.dahlia"),
        ("filters.country", "2026-08-26.dahlia"),
    ],
)
def test_a_field_is_present_since_the_version_that_added_it(
    sandbox, session, path, since
):
    before = VERSIONS[VERSIONS.index(since) - 1]
    account = sandbox.accounts[0]
    post(sandbox, f"{ACCOUNTS}/{account}/refresh", {"features": ["ownership"]})

    for version, expected in ((before, False), (since, True), (API_VERSION, True)):
        value = get(sandbox, f"{SESSIONS}/{session}", stripe_version=version).json
        *parents, name = path.split(".")
        for parent in parents:
            value = value[parent]
            value = value[0] if isinstance(value, list) else value
        assert expected == (name in value)


def test_countries_became_optional_and_then_one_country(sandbox):
    def status(version, filters):
        return new_session(sandbox, version, filters=filters)

    for version in ("2023-10-16", "2024-04-10", "2026-08-26.dahlia"):
        several = status(version, {"countries": ["US", "CA"]})
        assert {"countries": ["US", "CA"]}.items() <= several.json["filters"].items()
        unknown = status(version, {"country": "US"})
        assert ("parameter_unknown", "filters[country]") == (
            unknown.error["code"],
            unknown.error["param"],
        )
    for version in ("2026-09-30.endive", API_VERSION):
        unknown = status(version, {"countries": ["US"]})
        assert ("parameter_unknown", "filters[countries]") == (
            unknown.error["code"],
            unknown.error["param"],
        )
        assert {"country": "US"} == status(version, {"country": "US"}).json["filters"]


def test_countries_are_required_in_filters_of_the_oldest_version_only():
    def required(version):
        operation = OPERATIONS["create_session"]
        schema = parameters_at(version, operation.name, operation.parameters)
        return schema["properties"]["filters"].get("required", [])

    assert ["countries"] == required("2023-10-16")
    assert [] == required("2024-04-10")
    assert [] == required(API_VERSION)


def test_a_session_of_one_version_is_read_in_another(sandbox):
    one = new_session(sandbox, "2024-06-20", filters={"countries": ["CA"]}).json
    two = new_session(sandbox, "2024-06-20", filters={"countries": ["CA", "US"]}).json

    def filters(session, version):
        path = f"{SESSIONS}/{session['id']}"
        return get(sandbox, path, stripe_version=version).json["filters"]

    assert {"countries": ["CA"]} == filters(one, "2023-10-16")
    assert {"country": "CA"} == filters(one, API_VERSION)
    assert {"country": None} == filters(two, API_VERSION)
    assert {"countries": ["CA"], "country": "CA"} == filters(one, "2026-08-26.dahlia")


@pytest.mark.parametrize(
    ("path", "version"),
    [
        ("filters[account_subcategories][]=checking", "2024-04-10"),
        ("limits[accounts]=1", "2026-06-24.dahlia"),
        ("manual_entry[mode]=automatic", "2026-06-24.dahlia"),
        ("account_holder[customer_account]=acct_1", "2025-11-17.clover"),
    ],
)
def test_a_parameter_is_unknown_before_the_version_that_added_it(
    sandbox, path, version
):
    form = "account_holder[type]=customer&permissions[]=balances&" + path

    reply = post(sandbox, SESSIONS, form, stripe_version=version)

    assert (400, "parameter_unknown") == (reply.status, reply.error["code"])
    assert reply.error["param"] in path
    newest = post(sandbox, SESSIONS, form, stripe_version=API_VERSION)
    assert "parameter_unknown" != newest.json.get("error", {}).get("code")


def test_a_filter_by_customer_account_is_unknown_in_an_older_version(sandbox):
    query = "account_holder[customer_account]=acct_1"

    older = get(sandbox, ACCOUNTS, query, stripe_version="2025-11-17.clover")
    newer = get(sandbox, ACCOUNTS, query, stripe_version="2025-12-15.clover")

    assert "parameter_unknown" == older.error["code"]
    assert "resource_missing" == newer.error["code"]


def test_account_numbers_are_neither_pending_nor_expired_in_older_versions(sandbox):
    session = new_session(sandbox, API_VERSION).json["id"]
    [account] = sandbox.complete(session, [NewAccount(tokenized=True)])

    def statuses(version):
        reply = get(sandbox, ACCOUNTS, stripe_version=version)
        numbers = reply.json["data"][0]["account_numbers"]
        return [number["status"] for number in numbers]

    older = "2026-08-26.dahlia"
    assert ([], ["pending"]) == (statuses(older), statuses(API_VERSION))
    sandbox.advance(5)
    assert ["transactable"] == statuses(older) == statuses(API_VERSION)
    sandbox.institution.schedule_number_expiry(account, after=1)
    sandbox.advance(1)
    assert (["deactivated"], ["expired"]) == (statuses(older), statuses(API_VERSION))


def test_an_event_has_the_shape_of_its_endpoints_version(sandbox, session):
    random = sandbox._state.ids.stream("x")
    older = sandbox.add_webhook("http://127.0.0.1:9/a", api_version="2023-10-16")
    newer = sandbox.add_webhook("http://127.0.0.1:9/b")
    sandbox.deactivate(sandbox.accounts[0])

    pending = sandbox.delivery._take_pending()

    events = {item.webhook: json.loads(item.body) for item in pending}
    bodies = {webhook: event["data"]["object"] for webhook, event in events.items()}
    assert "2023-10-16" == events[older]["api_version"]
    assert "status_details" not in bodies[older]
    assert {} == bodies[newer]["status_details"]
    assert [] == pending_deliveries(older, [], random)
    assert sandbox.events[-1]["data"]["object"] == bodies[newer]


def values_for(schema):
    """Return a strategy for values of a parameter, few of them valid."""
    text = st.text(max_size=8)
    if "anyOf" in schema:
        return st.one_of([text, *map(values_for, schema["anyOf"])])
    if schema["type"] == "object":
        members = {
            name: values_for(part) for name, part in schema["properties"].items()
        }
        return st.one_of(st.fixed_dictionaries({}, optional=members), text)
    if schema["type"] == "array":
        return st.one_of(st.lists(values_for(schema["items"]), max_size=3), text)
    if "enum" in schema:
        return st.one_of(st.sampled_from(schema["enum"]), text)
    if schema["type"] == "integer":
        return st.one_of(st.integers(), text)
    known = ["cus_1", "acct_1", "US", "data.ownership", "account_holder.customer"]
    return st.one_of(st.sampled_from(known), text)


@pytest.mark.parametrize("name", sorted(OPERATIONS))
@given(data=st.data())
def test_no_parameter_of_any_version_causes_a_server_error(name, data):
    operation = OPERATIONS[name]
    version = data.draw(st.sampled_from(VERSIONS))
    schema = parameters_at(version, name, operation.parameters)
    params = data.draw(values_for(schema))
    sandbox = Sandbox()
    customer = sandbox.add_customer("cus_1")
    account = sandbox.add_account(customer=customer, owners=1, transactions=1)
    session = new_session(sandbox, API_VERSION).json["id"]
    known = {"{account}": account, "{session}": session}
    path = "/" + "/".join(known.get(part, part) for part in operation.path)
    send = post if operation.method == "POST" else get
    form = encode(params) if isinstance(params, dict) else params.encode().hex()

    reply = send(sandbox, path, form, stripe_version=version)

    assert reply.status in {200, 400, 404}
    assert reply.status == 200 or "invalid_request_error" == reply.error["type"]


def published(version):
    folder = os.environ.get("FC_SPECS")
    if folder is None:
        pytest.skip("FC_SPECS is not set to a folder with Stripe's specifications")
    return json.loads((Path(folder) / "full" / f"{version}.json").read_bytes())


def check(value, schema, document, location=""):
    """Check that every field of a response is in the published schema."""
    while "$ref" in schema:
        schema = document["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
    if value is None:
        assert schema.get("nullable"), location
    elif "anyOf" in schema:
        kind = isinstance(value, str)
        branches = [
            branch
            for branch in schema["anyOf"]
            if (branch.get("type") == "string") is kind
        ]
        check(value, branches[0], document, location)
    elif isinstance(value, dict):
        properties = schema.get("properties", {})
        assert set(schema.get("required", ())) <= set(value), location
        for name, item in value.items():
            part = properties.get(name) or schema.get("additionalProperties")
            assert part, f"{location}.{name} is unknown"
            check(item, part, document, f"{location}.{name}")
    elif isinstance(value, list):
        for item in value:
            check(item, schema["items"], document, location)
    elif "enum" in schema:
        assert value in schema["enum"], location


@pytest.mark.parametrize("seed", range(4))
def test_responses_match_the_specification_that_stripe_published(seed):
    version = "2024-04-10"
    document = published(version)
    scenario = RandomScenario(seed)
    sandbox, account = scenario.sandbox, scenario.account
    for _ in scenario.run():
        pass
    session = new_session(sandbox, version, filters={"countries": ["US"]}).json["id"]
    paths = {
        ACCOUNTS: [""],
        f"{ACCOUNTS}/{{account}}": sandbox.accounts,
        f"{SESSIONS}/{{session}}": [session, *sandbox._state.platform.sessions],
        TRANSACTIONS: [""],
    }
    for template, ids in paths.items():
        responses = document["paths"][template]["get"]["responses"]
        schema = responses["200"]["content"]["application/json"]["schema"]
        query = {"account": account} if template == TRANSACTIONS else {}
        for item in ids:
            path = template.partition("{")[0] + item
            reply = get(sandbox, path, query, stripe_version=version)
            if reply.status == 200:
                check(reply.json, schema, document, template)
    newest = get(sandbox, f"{ACCOUNTS}/{account}").json
    with pytest.raises(AssertionError, match="account_numbers is unknown"):
        check(newest, {"$ref": "/financial_connections.account"}, document)


def test_parameters_match_the_specification_that_stripe_published():
    document = published("2024-04-10")
    schema = document["paths"][SESSIONS]["post"]["requestBody"]["content"]
    schema = schema["application/x-www-form-urlencoded"]["schema"]
    operation = OPERATIONS["create_session"]

    own = parameters_at("2024-04-10", operation.name, operation.parameters)

    for name in ("account_holder", "filters"):
        expected = schema["properties"][name]
        assert set(expected["properties"]) == set(own["properties"][name]["properties"])
        assert expected.get("required", []) == own["properties"][name]["required"]
    assert set(schema["properties"]) == set(own["properties"])
