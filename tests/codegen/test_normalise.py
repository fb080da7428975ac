import json

import pytest
from openapi_spec_validator import OpenAPIV30SpecValidator

from codegen.access import Node, SpecError
from codegen.contract.names import Names
from codegen.contract.normalise import normalise
from codegen.contract.slicing import slice_document
from codegen.reading import sort_keys
from tests.support.tiny_spec import (
    WIDGETS,
    form,
    path_id,
    query,
    ref,
    responses,
    spec,
    widget,
)


def normalised(change=None, names=None):
    document = spec()
    if change:
        change(document)
    return normalise(slice_document(document), names)


def schemas(change=None, names=None):
    return normalised(change, names)["components"]["schemas"]


def test_the_contract_of_a_tiny_spec_is_valid_openapi():
    OpenAPIV30SpecValidator(normalised()).validate()


def test_every_reference_resolves():
    contract = normalised()
    references = set(Node(contract).references())
    assert references
    assert references <= contract["components"]["schemas"].keys()


def test_upstream_descriptions_are_dropped():
    text = json.dumps(normalised())
    assert "as upstream describes it" not in text
    assert "Unique." not in text
    assert "WidgetPage" not in text


def test_a_get_operation_has_no_body():
    assert "requestBody" not in normalised()["paths"][WIDGETS]["get"]


def test_operations_have_our_names_and_one_tag():
    operations = [
        operation
        for item in normalised()["paths"].values()
        for operation in item.values()
    ]
    assert ["list_widgets", "retrieve_widget", "spin_widget"] == [
        operation["operationId"] for operation in operations
    ]
    assert [["widgets"]] * 3 == [operation["tags"] for operation in operations]


def test_enums_and_objects_become_components():
    named = schemas()
    assert {"type": "string", "enum": ["blue", "red"]} == named["WidgetColour"]
    assert {"type": "string", "enum": ["axle", "wheel"]} == named["WidgetPart"]
    assert {"type": "string", "enum": ["left", "right"]} == named["SpinWidgetWay"]
    assert ["marks"] == named["SpinWidgetUntil"]["required"]


def test_the_object_field_becomes_a_constant():
    assert {"type": "string", "x-const": "financial_connections.widget"} == schemas()[
        "Widget"
    ]["properties"]["object"]


def test_a_page_is_named_after_its_items_and_its_url_has_no_pattern():
    page = schemas()["WidgetList"]
    assert ref("Widget") == page["properties"]["data"]["items"]
    assert {"type": "string"} == page["properties"]["url"]


def test_pages_of_the_same_items_share_a_schema():
    def nest(document):
        page = spec()["paths"][WIDGETS]["get"]["responses"]["200"]["content"][
            "application/json"
        ]["schema"]
        page["properties"]["url"].pop("pattern")
        maker = document["components"]["schemas"]["bank_connections_resource_maker"]
        maker["properties"]["friends"] = page
        page["properties"]["data"]["items"] = ref("friend")
        document["components"]["schemas"]["friend"] = {
            "type": "object",
            "properties": {"id": {"type": "string"}},
        }
        document["components"]["schemas"]["financial_connections.widget"]["properties"][
            "friends"
        ] = page

    named = schemas(nest)
    assert [{"allOf": [ref("FriendList")]}] * 2 == [
        named[name]["properties"]["friends"] for name in ("Maker", "Widget")
    ]


def test_a_customer_is_opaque_even_if_it_may_be_deleted():
    named = schemas()
    assert {
        "anyOf": [{"type": "string"}, ref("Customer")],
        "x-expandable": True,
    } == named["Widget"]["properties"]["owner"]
    assert {"id": {"type": "string"}, "object": {"type": "string"}} == named[
        "Customer"
    ]["properties"]
    assert named["Customer"]["additionalProperties"] is True


def test_resources_of_other_products_become_objects_with_unknown_fields():
    anything = {"type": "object", "additionalProperties": True}
    assert anything == schemas()["Widget"]["properties"]["paid_with"]


def test_maps_are_kept():
    amounts = schemas()["Widget"]["properties"]["amounts"]
    assert {
        "type": "object",
        "additionalProperties": {"type": "integer"},
        "nullable": True,
    } == amounts


def test_a_range_and_its_alternative_are_timestamps():
    parameters = {
        parameter["name"]: parameter
        for parameter in listing(normalised())["parameters"]
    }
    timestamp = {"type": "integer", "format": "unix-time"}
    assert {"anyOf": [ref("TimestampRange"), timestamp]} == parameters["made"]["schema"]
    assert {"gt": timestamp} == schemas()["TimestampRange"]["properties"]


def test_expand_accepts_the_expandable_paths():
    assert {"type": "string", "enum": ["owner"], "x-open": True} == schemas()[
        "WidgetExpand"
    ]
    parameters = {
        parameter["name"]: parameter
        for parameter in listing(normalised())["parameters"]
    }
    assert {"type": "string", "maxLength": 5000} == parameters["expand"]["schema"][
        "items"
    ]


def test_expandable_paths_go_through_objects_and_lists():
    def nest(document):
        maker = document["components"]["schemas"]["bank_connections_resource_maker"][
            "properties"
        ]
        maker["boss"] = {
            "anyOf": [{"type": "string"}, ref("customer")],
            "x-expansionResources": {},
        }
        widget(document)["makers"] = {
            "type": "array",
            "items": ref("bank_connections_resource_maker"),
        }

    assert ["maker.boss", "makers.boss", "owner"] == schemas(nest)["WidgetExpand"][
        "enum"
    ]


def test_null_in_openapi_31_style_is_recognised():
    def change(document):
        widget(document)["label"] = {"type": ["string", "null"]}
        widget(document)["mixed"] = {"type": ["string", "integer"]}

    fields = schemas(change)["Widget"]["properties"]
    assert {"type": "string", "nullable": True} == fields["label"]
    assert {"anyOf": [{"type": "string"}, {"type": "integer"}]} == fields["mixed"]


def test_an_enum_of_only_the_empty_string_becomes_a_string():
    def change(document):
        widget(document)["label"] = {
            "anyOf": [{"type": "string"}, {"type": "string", "enum": [""]}]
        }

    assert {"type": "string"} == schemas(change)["Widget"]["properties"]["label"]


def test_an_empty_form_is_dropped():
    def change(document):
        document["paths"][f"{WIDGETS}/{{widget}}/spin"]["post"]["requestBody"] = form()

    assert (
        "requestBody"
        not in normalised(change)["paths"][f"{WIDGETS}/{{widget}}/spin"]["post"]
    )


def test_the_order_of_upstream_keys_does_not_matter():
    def reverse_keys(node):
        if isinstance(node, dict):
            return {key: reverse_keys(node[key]) for key in reversed(node)}
        if isinstance(node, list):
            return [reverse_keys(element) for element in node]
        return node

    actual = normalise(sort_keys(slice_document(reverse_keys(spec())), "document"))
    expected = normalise(sort_keys(slice_document(spec()), "document"))
    assert json.dumps(expected) == json.dumps(actual)


def post(document):
    return document["paths"][f"{WIDGETS}/{{widget}}/spin"]["post"]


def listing(document):
    return document["paths"][WIDGETS]["get"]


def clash(document):
    document["components"]["schemas"]["bank_connections_resource_widget_colour"] = {
        "type": "object",
        "properties": {"id": {"type": "string"}},
    }
    widget(document)["shade"] = ref("bank_connections_resource_widget_colour")


def circle(document):
    maker = document["components"]["schemas"]["bank_connections_resource_maker"][
        "properties"
    ]
    maker["works"] = {"type": "array", "items": ref("financial_connections.widget")}


def twin(document):
    document["paths"][f"{WIDGETS}/{{other}}"] = {
        "get": {
            "parameters": [path_id("other")],
            "responses": responses(ref("financial_connections.widget")),
        }
    }


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            lambda it: widget(it).update(label=ref("nowhere")),
            r"properties\.label: \$ref to 'nowhere', which does not exist",
        ),
        (
            lambda it: it["components"]["schemas"].pop("error"),
            r"\$ref to 'error', which does not exist",
        ),
        (
            lambda it: widget(it).update(label=7),
            r"properties\.label: expected a mapping, got a number",
        ),
        (
            lambda it: widget(it).update(label={"type": "text"}),
            r"properties\.label\.type: 'text' is not a type",
        ),
        (
            lambda it: widget(it).update(label={"type": 7}),
            r"properties\.label\.type: expected a list, got a number",
        ),
        (
            lambda it: widget(it)["colour"].update(enum="red"),
            r"properties\.colour\.enum: expected a list, got a string",
        ),
        (
            lambda it: widget(it)["colour"].update(enum=[{}]),
            r"properties\.colour\.enum\[0\]: expected a string",
        ),
        (
            lambda it: widget(it)["label"].update(maxLength="x"),
            r"properties\.label\.maxLength: invalid value 'x'",
        ),
        (
            lambda it: widget(it)["maker"].update(anyOf={}),
            r"properties\.maker\.anyOf: expected a list, got a mapping",
        ),
        (
            lambda it: widget(it).update(x={"allOf": [{}, {}]}),
            r"properties\.x\.allOf: combinations of schemas",
        ),
        (
            lambda it: widget(it)["parts"].update(items=[]),
            r"properties\.parts\.items: expected a mapping, got a list",
        ),
        (
            lambda it: listing(it).update(parameters={}),
            r"get\.parameters: expected a list, got a mapping",
        ),
        (
            lambda it: listing(it)["parameters"].append(7),
            r"parameters\[6\]: expected a mapping, got a number",
        ),
        (
            lambda it: listing(it)["parameters"].append({"in": "header", "name": "x"}),
            "parameters in 'header' are not supported",
        ),
        (lambda it: listing(it).pop("responses"), r"get: missing key 'responses'"),
        (
            lambda it: listing(it)["responses"].pop("200"),
            r"get\.responses: missing key '200'",
        ),
        (
            lambda it: listing(it).update(responses=responses({"type": "string"})),
            "the response is not an object",
        ),
        (
            lambda it: post(it).update(
                requestBody={"content": {"application/json": {}}}
            ),
            "missing key 'application/x-www-form",
        ),
        (
            lambda it: post(it).update(requestBody=7),
            r"requestBody: expected a mapping, got a number",
        ),
        (clash, "another schema is already called 'WidgetColour'"),
        (circle, "'financial_connections.widget' contains itself"),
        (twin, "is already called 'retrieve_widget'"),
    ],
)
def test_an_invalid_upstream_is_rejected_with_its_location(change, message):
    with pytest.raises(SpecError, match=message):
        normalised(change)


def subscribe(document):
    for verb, values in (("subscribe", ["a", "b"]), ("unsubscribe", ["b", "c"])):
        features = {"type": "array", "items": {"type": "string", "enum": values}}
        document["paths"][f"/v1/financial_connections/accounts/{{account}}/{verb}"] = {
            "post": {
                "parameters": [path_id("account")],
                "requestBody": form(features=features),
                "responses": responses(ref("financial_connections.widget")),
            }
        }


def test_enums_with_a_shared_name_are_merged():
    shared = "SubscriptionFeature"
    names = Names(
        inline={
            "subscribe_account.features": shared,
            "unsubscribe_account.features": shared,
        }
    )
    assert ["a", "b", "c"] == schemas(subscribe, names)[shared]["enum"]


def test_a_new_enum_is_not_merged_into_one_whose_name_is_pinned():
    names = Names(
        inline={"subscribe_account.features": "UnsubscribeAccountFeature"},
    )
    with pytest.raises(SpecError, match="already called 'UnsubscribeAccountFeature'"):
        schemas(subscribe, names)


def test_a_clearable_parameter_also_accepts_the_empty_string():
    def change(document):
        spin = document["paths"][f"{WIDGETS}/{{widget}}/spin"]["post"]
        content = spin["requestBody"]["content"]["application/x-www-form-urlencoded"]
        content["schema"]["properties"]["turns"] = {
            "anyOf": [{"type": "integer"}, {"type": "string", "enum": [""]}]
        }

    spin = normalised(change)["paths"][f"{WIDGETS}/{{widget}}/spin"]["post"]
    content = spin["requestBody"]["content"]["application/x-www-form-urlencoded"]
    assert {
        "anyOf": [{"type": "integer"}, {"type": "string", "enum": [""]}]
    } == content["schema"]["properties"]["turns"]


def test_a_resource_that_no_path_uses_is_in_the_contract():
    def change(document):
        document["components"]["schemas"]["financial_connections.gadget"] = {
            "type": "object",
            "x-resourceId": "financial_connections.gadget",
            "properties": {"maker": ref("bank_connections_resource_maker")},
        }

    assert {"type": "object", "properties": {"maker": {"allOf": [ref("Maker")]}}} == (
        schemas(change)["Gadget"]
    )


def test_event_types_have_a_class_a_kind_and_an_object():
    def change(document):
        document["x-webhook-events"] = ["financial_connections.widget.spun"]
        document["x-thin-events"] = ["v1.financial_connections.widget.spun"]

    assert {
        "financial_connections.widget.spun": {
            "class": "WidgetSpun",
            "kind": "snapshot",
            "object": "Widget",
        },
        "v1.financial_connections.widget.spun": {
            "class": "WidgetSpunNotification",
            "kind": "thin",
            "object": "Widget",
        },
    } == normalised(change)["x-events"]


@pytest.mark.parametrize(
    ("event", "message"),
    [
        ("financial_connections.gadget.spun", "no schema is called"),
        ("financial_connections.widget.part.spun", "not an event about a resource"),
    ],
)
def test_an_event_that_cannot_have_a_class_is_rejected(event, message):
    with pytest.raises(SpecError, match=message):
        normalised(lambda it: it.update({"x-webhook-events": [event]}))


def test_error_codes_become_an_enum():
    codes = ["financial_connections_widget_stuck"]
    assert {"type": "string", "enum": codes} == (
        schemas(lambda it: it.update({"x-error-codes": codes}))["ErrorCode"]
    )


def test_parameters_of_a_path_item_apply_to_its_operations():
    def change(document):
        document["paths"][WIDGETS]["parameters"] = [query("shared", {"type": "string"})]

    names = [
        parameter["name"] for parameter in listing(normalised(change))["parameters"]
    ]
    assert "shared" in names
