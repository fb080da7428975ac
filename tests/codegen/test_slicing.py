import pytest

from codegen.access import SpecError
from codegen.contract.slicing import slice_document
from tests.support.tiny_spec import WIDGETS, form, ref, responses, spec, widget

EVENT_PATHS = ["/v1/events", "/v1/events/{id}"]


def test_a_slice_keeps_only_financial_connections_paths():
    assert [WIDGETS, f"{WIDGETS}/{{widget}}", f"{WIDGETS}/{{widget}}/spin"] == list(
        slice_document(spec())["paths"]
    )


def test_resources_of_other_products_become_stubs():
    schemas = slice_document(spec())["components"]["schemas"]
    assert {"type": "object", "x-resourceId": "customer", "x-stub": True} == schemas[
        "customer"
    ]
    assert "far_away" not in schemas
    assert "charge" not in schemas


def test_a_slice_keeps_dangling_references_for_overlays_to_repair():
    document = spec()
    widget(document)["label"] = ref("nowhere")
    assert "nowhere" not in slice_document(document)["components"]["schemas"]


def test_a_slice_keeps_resources_that_no_path_uses():
    document = spec()
    schemas = document["components"]["schemas"]
    schemas["financial_connections.gadget"] = {"properties": {"cog": ref("cog")}}
    schemas["cog"] = {"type": "object"}
    sliced = slice_document(document)["components"]["schemas"]
    assert (
        schemas["financial_connections.gadget"]
        == (sliced["financial_connections.gadget"])
    )
    assert "cog" in sliced


def test_a_slice_lists_event_types_and_error_codes():
    document = spec()
    snapshot = "financial_connections.widget.spun"
    thin = "v1.financial_connections.widget.spun"
    events = {"type": "array", "items": {"enum": ["*", "charge.failed", snapshot]}}
    document["paths"]["/v1/webhook_endpoints/{webhook_endpoint}"] = {
        "post": {"requestBody": form(enabled_events=events)}
    }
    document["components"]["schemas"]["event"] = {"x-stripeEvent": {"type": thin}}
    document["components"]["schemas"]["api_errors"]["properties"]["code"] = {
        "type": "string",
        "enum": ["rate_limit", "financial_connections_widget_stuck"],
    }
    document["x-error-codes"] = ["financial_connections_widget_gone"]
    sliced = slice_document(document)
    assert [snapshot] == sliced["x-webhook-events"]
    assert [thin] == sliced["x-thin-events"]
    assert [
        "financial_connections_widget_gone",
        "financial_connections_widget_stuck",
    ] == sliced["x-error-codes"]
    assert sliced == slice_document(sliced)


def test_a_slice_keeps_the_paths_and_the_schema_of_events():
    document = spec()
    for path in (*EVENT_PATHS, "/v1/events_of_others"):
        document["paths"][path] = {"get": {"responses": responses(ref("event"))}}
    event = {
        "type": "object",
        "properties": {"id": {"type": "string"}, "data": ref("event_data")},
        "x-resourceId": "event",
    }
    document["components"]["schemas"] |= {"event": event, "event_data": {}}
    sliced = slice_document(document)
    assert EVENT_PATHS == [path for path in sliced["paths"] if "events" in path]
    assert event == sliced["components"]["schemas"]["event"]
    assert "event_data" in sliced["components"]["schemas"]


def test_paths_of_events_alone_are_not_enough():
    paths = {path: {"get": {"responses": responses({})}} for path in EVENT_PATHS}
    with pytest.raises(SpecError, match="no path starts with"):
        slice_document(spec() | {"paths": paths})


def test_slicing_does_not_modify_the_document():
    document = spec()
    slice_document(document)
    assert spec() == document


def test_slicing_a_slice_changes_nothing():
    sliced = slice_document(spec())
    assert sliced == slice_document(sliced)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda it: it.update(openapi="2.0"), "openapi: not an OpenAPI 3 document"),
        (lambda it: it.pop("openapi"), "openapi: not an OpenAPI 3 document"),
        (lambda it: it.update(openapi=3.0), "openapi: expected a string, got a number"),
        (
            lambda it: it["info"].update(version="latest"),
            "info.version: 'latest' is not a Stripe API version",
        ),
        (lambda it: it.pop("info"), "document: missing key 'info'"),
        (
            lambda it: it.update(paths=[]),
            "paths: expected a mapping, got a list",
        ),
        (
            lambda it: it.update(paths={"/v1/charges": {}}),
            "paths: no path starts with /v1/financial_connections/",
        ),
        (lambda it: it.pop("components"), "document: missing key 'components'"),
        (
            lambda it: widget(it).update(label={"$ref": "other.yaml#/x"}),
            "label: $ref 'other.yaml#/x' does not point into",
        ),
        (
            lambda it: it["components"]["schemas"].update(api_errors=7),
            "components.schemas.api_errors: expected a mapping",
        ),
    ],
)
def test_an_invalid_document_is_rejected_with_its_location(change, message):
    document = spec()
    change(document)
    with pytest.raises(SpecError, match=message.replace("$", r"\$")):
        slice_document(document)


def test_a_document_that_is_not_a_mapping_is_rejected():
    with pytest.raises(SpecError, match="document: expected a mapping, got a list"):
        slice_document([])
