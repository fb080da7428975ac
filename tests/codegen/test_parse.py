import pytest

from codegen.access import Node, SpecError
from codegen.contract.normalise import normalise
from codegen.contract.slicing import slice_document
from codegen.python.annotations import argument_type, response_type
from codegen.python.classes import RESERVED_ATTRIBUTES
from codegen.python.parse import parse_contract
from codegen.python.schema import parse_schema, parse_schemas
from financial_connections._decoding.model import Model
from tests.support.tiny_spec import WIDGETS, ref, spec

THING = {"type": "object", "properties": {"id": {"type": "string"}}}
SCHEMAS = {
    "A": THING,
    "B": THING,
    "Enum": {"type": "string", "enum": ["x"]},
    "Alias": {"type": "array", "items": ref("Enum")},
}
KINDS = parse_schemas(Node(SCHEMAS))
TEXT = {"type": "string"}
FREE = {"type": "object", "additionalProperties": True}
MAP = {"type": "object", "additionalProperties": {"type": "integer"}}


def parsed(schema):
    return parse_schema(Node(schema, "here"))


@pytest.mark.parametrize(
    ("schema", "hint"),
    [
        (TEXT, "str"),
        ({"type": "integer", "format": "unix-time"}, "int"),
        ({"type": "number"}, "float"),
        ({"type": "boolean"}, "bool"),
        ({}, "Any"),
        (FREE, "dict[str, Any]"),
        (MAP, "dict[str, int]"),
        (ref("A"), "A"),
        (ref("Enum"), "Enum"),
        (ref("Alias"), "list[Enum]"),
        ({"allOf": [ref("A")], "nullable": True}, "A"),
        ({"type": "array", "items": ref("A")}, "list[A]"),
        ({"anyOf": [TEXT, ref("A")]}, "str | A"),
        ({"anyOf": [TEXT, ref("Enum")]}, "str"),
        ({"anyOf": [{"type": "integer"}, {"type": "number"}]}, "float"),
        ({"anyOf": [TEXT, {"type": "boolean"}, MAP]}, "str | bool | dict[str, int]"),
        ({"anyOf": [ref("A"), FREE]}, "Any"),
        ({"anyOf": [FREE, MAP]}, "dict[str, Any]"),
        (
            {
                "anyOf": [
                    {"type": "array", "items": TEXT},
                    {"type": "array", "items": ref("A")},
                ]
            },
            "list[Any]",
        ),
    ],
)
def test_a_response_type_can_be_decoded(schema, hint):
    assert hint == response_type(parsed(schema), KINDS)


def test_a_union_of_two_models_is_rejected():
    with pytest.raises(SpecError, match="here: a union of A and B cannot be decoded"):
        response_type(parsed({"anyOf": [ref("A"), ref("B")]}), KINDS)


@pytest.mark.parametrize(
    ("schema", "hint"),
    [
        (TEXT, "str"),
        ({"type": "integer"}, "int"),
        ({"type": "integer", "format": "unix-time"}, "int | datetime"),
        ({"type": "array", "items": ref("Enum")}, "Sequence[Enum]"),
        (FREE, "Mapping[str, object]"),
        (
            {"anyOf": [ref("A"), {"type": "integer", "format": "unix-time"}]},
            "A | int | datetime",
        ),
    ],
)
def test_an_argument_type_accepts_everything_that_can_be_sent(schema, hint):
    assert hint == argument_type(parsed(schema), KINDS)


def contract():
    return normalise(slice_document(spec()))


def fields(name):
    schema = parse_contract(contract()).classes[name]
    return {field.name: field for field in schema.fields}


def test_a_repr_shows_only_ids_enums_flags_timestamps_and_models():
    shown = [name for name, field in fields("Widget").items() if not field.hidden]
    assert ["id", "object", "colour", "created", "maker", "owner", "parts"] == shown


def test_request_schemas_become_typed_dictionaries_and_literals():
    classes = parse_contract(contract()).classes
    kinds = {name: schema.kind for name, schema in classes.items()}
    assert "dict" == kinds["SpinWidgetUntil"] == kinds["TimestampRange"]
    assert "literal" == kinds["SpinWidgetWay"] == kinds["WidgetExpand"]
    assert "enum" == kinds["WidgetColour"]
    assert "model" == kinds["Widget"]


def test_an_operation_lists_its_arrays_and_required_keys():
    operation = parse_contract(contract()).operations["spin_widget"]
    assert ("expand", "until[marks]", "ways") == operation.arrays
    assert ("until[marks]", "ways") == operation.required_keys
    assert ["ways", "expand", "until"] == [
        argument.wire for argument in operation.arguments
    ]
    assert f"{WIDGETS}/{{widget}}/spin" == operation.path
    assert [("widget", "widget")] == [(id_.wire, id_.name) for id_ in operation.ids]


def put_field(name, schema=TEXT):
    def change(it):
        it["components"]["schemas"]["Widget"]["properties"][name] = schema

    return change


@pytest.mark.parametrize(
    "name",
    [
        "class",
        "_raw",
        "__class__",
        "to_dict",
        "extra",
        "request_id",
        "a-b",
        "1st",
        "",
        "str",
        "field",
        "Maker",
    ],
)
def test_a_field_that_cannot_be_an_attribute_is_only_in_extra(name):
    document = contract()
    put_field(name)(document)
    widget = parse_contract(document).classes["Widget"]
    assert name not in {field.name for field in widget.fields}


def test_fields_cannot_shadow_attributes_of_model():
    own = {name for name in dir(Model) if not name.startswith("_")}
    assert own
    assert set() == own - RESERVED_ATTRIBUTES


def rename_parameter(name):
    def change(it):
        it["paths"][WIDGETS]["get"]["parameters"][0]["name"] = name

    return change


def add_component(name, schema):
    def change(it):
        it["components"]["schemas"][name] = schema

    return change


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            put_field("x", ref("Nope")),
            r"properties\.x: \$ref to 'Nope', which does not exist",
        ),
        (
            put_field("x", THING),
            r"properties\.x: an object with properties must be a named schema",
        ),
        (
            put_field("x", {"type": "text"}),
            r"properties\.x\.type: 'text' is not a type",
        ),
        (
            put_field("x", {"type": "string", "maxLength": "9"}),
            r"properties\.x\.maxLength: invalid value '9'",
        ),
        (put_field("x", 7), r"properties\.x: expected a mapping, got a number"),
        (
            put_field("x", ref("WidgetList")),
            "contains itself; models must be acyclic",
        ),
        (
            put_field("x", ref("SpinWidgetWay")),
            "SpinWidgetWay: is used in a request and in a response",
        ),
        (add_component("bad_name", THING), "'bad_name' is not a valid class name"),
        (add_component("Model", THING), "'Model' is not a valid class name"),
        (add_component("Odd", 7), "components.schemas.Odd: expected a mapping"),
        (
            add_component("Odd", {"type": "string", "enum": ["a-b", "a_b"]}),
            "'a-b' and 'a_b' would both be called A_B",
        ),
        (rename_parameter("a b"), "'a b' is not a valid parameter name"),
        (rename_parameter("limit"), "two parameters have the same name"),
        (
            lambda it: it["info"].update(version="x\r\ny"),
            r"info\.version: .* is not a Stripe API version",
        ),
        (
            lambda it: it["paths"][WIDGETS].update(trace={}),
            "trace: this method is not supported",
        ),
        (
            lambda it: it["paths"][WIDGETS]["get"].update(operationId="class"),
            "'class' is not a valid module name",
        ),
        (
            lambda it: it["paths"][WIDGETS]["get"].update(operationId="spin_widget"),
            "is already called 'spin_widget'",
        ),
        (
            lambda it: it["paths"][WIDGETS]["get"].update(tags=[]),
            "tags: an operation must have exactly one tag",
        ),
        (
            lambda it: it["paths"][WIDGETS]["get"]["responses"].pop("200"),
            "missing key '200'",
        ),
    ],
)
def test_an_invalid_contract_is_rejected_with_its_location(change, message):
    document = contract()
    change(document)
    with pytest.raises(SpecError, match=message):
        parse_contract(document)


@pytest.mark.parametrize("name", ["from", "options", "sender"])
def test_a_reserved_parameter_name_gets_an_underscore(name):
    document = contract()
    rename_parameter(name)(document)
    operation = parse_contract(document).operations["list_widgets"]
    (argument,) = [
        argument for argument in operation.arguments if argument.wire == name
    ]
    assert f"{name}_" == argument.name


@pytest.mark.parametrize("description", [None, 7, ["text"]])
def test_a_description_that_is_not_a_string_is_ignored(description):
    document = contract()
    put_field("x", {"type": "string", "description": description})(document)
    widget = parse_contract(document).classes["Widget"]
    (field,) = [field for field in widget.fields if field.name == "x"]
    assert "" == field.doc
