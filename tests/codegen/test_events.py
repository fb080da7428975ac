"""The classes of webhook events."""

import ast
import importlib
import pickle
import typing

import attrs
import pytest

from codegen.access import SpecError
from codegen.contract.names import EVENTS as EVENTS_BY_HAND
from codegen.contract.normalise import normalise
from codegen.contract.slicing import slice_document
from codegen.python.operations import PAGE_PARAMETERS
from codegen.python.parse import parse_contract
from codegen.python.render import render
from codegen.reading import parse
from financial_connections import webhooks
from financial_connections._decoding import REQUIRED
from tests.codegen.conftest import ROOT
from tests.codegen.test_render import package
from tests.support.tiny_spec import PAGE, path_id, query, ref, responses, spec

SPUN = "financial_connections.widget.spun"
THIN = "v1.financial_connections.widget.spun"
EVENTS = {
    THIN: {
        "class": "WidgetSpunNotification",
        "kind": "thin",
        "object": "Widget",
        "description": 'A widget "was" spun.',
    },
    SPUN: {"class": "WidgetSpun", "kind": "snapshot", "object": "Widget"},
    "financial_connections.maker.moved": {
        "class": "MakerMoved",
        "kind": "snapshot",
        "object": "Maker",
        "description": "A maker moved.\n\nIt moves often.",
    },
}


def contract(events):
    document = normalise(slice_document(spec()))
    return document | {"x-events": events}


@pytest.fixture(scope="module")
def committed():
    path = ROOT / "openapi" / "financial_connections.yaml"
    return parse(path.read_bytes(), "contract")


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("events") / "package"
    render(contract(EVENTS), folder)
    return folder


@pytest.fixture(scope="module")
def events(folder):
    package(folder, "eventful_package")
    return importlib.import_module("eventful_package.events")


def test_each_type_has_a_class(events):
    names = {
        event_type: cls.__name__ for event_type, cls in events.EVENT_CLASSES.items()
    }
    assert {name: entry["class"] for name, entry in EVENTS.items()} == names
    assert sorted(EVENTS) == list(names)


def test_a_class_is_described_by_the_contract(events):
    assert 'A widget "was" spun.' == events.WidgetSpunNotification.__doc__
    assert f"`{SPUN}`." == events.WidgetSpun.__doc__
    assert "A maker moved.\n\n" in events.MakerMoved.__doc__


def test_all_lists_the_classes_and_their_bases(events):
    expected = [
        "MakerEvent",
        "MakerEventData",
        "MakerMoved",
        "WidgetEvent",
        "WidgetEventData",
        "WidgetNotification",
        "WidgetSpun",
        "WidgetSpunNotification",
    ]
    assert expected == events.__all__


def test_a_snapshot_contains_the_object_and_a_thin_event_refers_to_it(events):
    widget = {"id": "wdg_1", "object": "financial_connections.widget", "colour": "red"}
    event = events.WidgetSpun.from_dict({"id": "evt_1", "data": {"object": widget}})
    assert "red" == event.data.object.colour
    thin = events.WidgetSpunNotification.from_dict({"related_object": {"id": "wdg_1"}})
    assert "wdg_1" == event.object_id == thin.object_id


def test_only_objects_that_the_api_can_retrieve_can_be_fetched(events):
    assert hasattr(events.WidgetEvent, "fetch")
    assert hasattr(events.WidgetNotification, "fetch")
    assert not hasattr(events.MakerEvent, "fetch")


def test_fetch_has_the_arguments_and_errors_of_the_operation(folder):
    tree = ast.parse((folder / "events.py").read_text())
    methods = [
        node
        for node in ast.walk(tree)
        if isinstance(node, ast.AsyncFunctionDef) and not node.decorator_list
    ]
    assert 2 == len(methods)
    for method in methods:
        assert ["self", "client"] == [arg.arg for arg in method.args.args]
        assert ["expand", "options"] == [arg.arg for arg in method.args.kwonlyargs]
        assert "InvalidArgumentError: " in ast.get_docstring(method)


def test_a_contract_without_events_has_an_empty_module(tmp_path):
    document = contract({})
    del document["x-events"]
    render(document, tmp_path / "package")
    package(tmp_path / "package", "eventless_package", tmp_path)
    module = importlib.import_module("eventless_package.events")
    assert ({}, []) == (dict(module.EVENT_CLASSES), module.__all__)


def test_pickles_of_real_events_name_the_public_module():
    from financial_connections.webhooks import AccountCreated  # noqa: PLC0415

    event = AccountCreated.from_dict({"id": "evt_1"})
    content = pickle.dumps(event)
    assert b"_generated" not in content
    assert b"financial_connections.webhooks" in content
    assert event == pickle.loads(content)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"class": "Widget"}, "another class is already called 'Widget'"),
        ({"class": "MakerMoved"}, "another class is already called 'MakerMoved'"),
        ({"class": "WidgetEventData"}, "already called 'WidgetEventData'"),
        ({"class": "not a name"}, "class: 'not a name' is not a valid class name"),
        ({"class": "None"}, "class: 'None' is not a valid class name"),
        ({"class": "Event"}, "class: 'Event' is not a valid class name"),
        ({"class": None}, "class: expected a string, got null"),
        ({"kind": "fat"}, "kind: 'fat' is neither snapshot nor thin"),
        ({"kind": []}, "kind: .* is neither snapshot nor thin"),
        ({"object": "Gadget"}, "object: there is no model called 'Gadget'"),
        ({"object": "WidgetColour"}, "object: there is no model called 'WidgetColour'"),
    ],
)
def test_an_invalid_event_type_is_rejected(tmp_path, changes, message):
    events = EVENTS | {SPUN: EVENTS[SPUN] | changes}
    with pytest.raises(SpecError, match=rf"^x-events\..*{message}$"):
        render(contract(events), tmp_path / "package")


def test_event_types_are_sorted():
    parsed = parse_contract(contract(EVENTS))
    assert sorted(EVENTS) == list(parsed.events)


def test_classes_written_by_hand_have_the_fields_of_the_contract(committed):
    schemas = committed["components"]["schemas"]
    classes = {
        "EventRequest": webhooks.EventRequest,
        "SnapshotEvent": webhooks.UnknownEvent,
        "UnknownEventData": webhooks.UnknownEventData,
    }
    assert set(EVENTS_BY_HAND.values()) == classes.keys()
    for name, cls in classes.items():
        fields = {field.name: field.default is REQUIRED for field in attrs.fields(cls)}
        required = schemas[name].get("required", [])
        expected = {field: field in required for field in schemas[name]["properties"]}
        assert expected == fields, name


def test_lists_of_events_contain_the_class_written_by_hand(tmp_path):
    document = spec()
    event = {
        "type": "object",
        "required": ["id"],
        "properties": {"id": {"type": "string"}},
        "x-resourceId": "event",
    }
    page = {**PAGE, "properties": {**PAGE["properties"]}}
    page["properties"]["data"] = {"type": "array", "items": ref("event")}
    document["components"]["schemas"]["event"] = event
    parameters = [query(name, {"type": "string"}) for name in PAGE_PARAMETERS]
    document["paths"] |= {
        "/v1/events": {"get": {"parameters": parameters, "responses": responses(page)}},
        "/v1/events/{id}": {
            "get": {
                "parameters": [path_id("id")],
                "responses": responses(ref("event")),
            }
        },
    }
    render(normalise(slice_document(document)), tmp_path / "package")
    module = package(tmp_path / "package", "listing_package")
    hints = typing.get_type_hints(module.models.SnapshotEventList)
    assert list[webhooks.SnapshotEvent] == hints["data"]
    assert {"list_events", "retrieve_event"} <= set(module.api.__all__)
    assert not hasattr(module.models, "SnapshotEvent")
