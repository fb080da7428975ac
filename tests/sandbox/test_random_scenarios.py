"""Long random scenarios, in which everything that is sent matches the contract."""

import pytest

from financial_connections.sandbox.api.contract import load_contract
from tests.support.contract import read_contract, violations
from tests.support.random_scenario import RandomScenario

SCHEMAS = {operation.name: operation.result for operation in load_contract().operations}


@pytest.fixture(scope="module")
def components():
    """Return the schemas of objects and errors, without their references resolved."""
    document = read_contract()

    def resolve(schema):
        if isinstance(schema, list):
            return [resolve(item) for item in schema]
        if not isinstance(schema, dict):
            return schema
        if "$ref" in schema:
            name = schema["$ref"].rpartition("/")[2]
            return resolve(document["components"]["schemas"][name])
        schema = {key: resolve(item) for key, item in schema.items()}
        for part in schema.pop("allOf", ()):
            schema = {**part, **schema}
        return schema

    names = ("Account", "Authorization", "ErrorResponse")
    return document["x-events"], {name: resolve({"$ref": name}) for name in names}


@pytest.mark.parametrize("seed", range(12))
def test_everything_that_is_sent_matches_the_contract(components, seed):
    event_types, schemas = components
    scenario = RandomScenario(seed)

    for name, reply in scenario.run():
        assert reply.status in {200, 400, 403, 404}
        schema = SCHEMAS[name] if reply.status == 200 else schemas["ErrorResponse"]
        assert [] == violations(reply.json, schema)

    for event in scenario.sandbox.events:
        schema = schemas[event_types[event["type"]]["object"]]
        assert [] == violations(event["data"]["object"], schema)
    for notification in scenario.sandbox.notifications:
        assert "thin" == event_types[notification["type"]]["kind"]


def test_the_scenarios_contain_every_snapshot_event(components):
    event_types, _ = components
    seen = set()
    for seed in range(12):
        scenario = RandomScenario(seed)
        for _ in scenario.run():
            pass
        seen |= {event["type"] for event in scenario.sandbox.events}

    assert {
        name for name, event in event_types.items() if event["kind"] == "snapshot"
    } == seen
