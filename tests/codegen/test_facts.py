import pytest

from codegen.access import SpecError
from codegen.contract.normalise import contract_of
from codegen.contract.slicing import slice_of
from codegen.python.annotations import answer_hint, argument_hint
from codegen.python.classes import TAKEN
from codegen.python.ir import facts_of
from financial_connections._decoding.model import Model
from tests.support.tiny_spec import WIDGETS, ref, spec

THING = {"type": "object", "properties": {"id": {"type": "string"}}}
KINDS = {
    "A": THING,
    "B": THING,
    "Enum": {"type": "string", "enum": ["x"]},
    "Alias": {"type": "array", "items": ref("Enum")},
}
TEXT = {"type": "string"}
FREE = {"type": "object", "additionalProperties": True}
MAP = {"type": "object", "additionalProperties": {"type": "integer"}}


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
def test_an_answer_has_a_type_that_can_be_decoded(schema, hint):
    assert hint == answer_hint(schema, KINDS, "here")


def test_a_union_of_two_models_is_refused():
    with pytest.raises(SpecError, match="here: a union of A and B cannot be decoded"):
        answer_hint({"anyOf": [ref("A"), ref("B")]}, KINDS, "here")


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
def test_an_argument_takes_whatever_can_be_sent(schema, hint):
    assert hint == argument_hint(schema, KINDS, "here")


def contract():
    return contract_of(slice_of(spec()))


def fields(name):
    return {one["name"]: one for one in facts_of(contract())["classes"][name]["fields"]}


def test_a_repr_shows_ids_enums_flags_moments_and_models_only():
    shown = [name for name, one in fields("Widget").items() if not one["hidden"]]
    assert ["id", "object", "colour", "created", "maker", "owner", "parts"] == shown


def test_what_requests_are_made_of_is_no_model():
    classes = facts_of(contract())["classes"]
    kinds = {name: one["kind"] for name, one in classes.items()}
    assert "dict" == kinds["SpinWidgetUntil"] == kinds["TimestampRange"]
    assert "literal" == kinds["SpinWidgetWay"] == kinds["WidgetExpand"]
    assert "enum" == kinds["WidgetColour"]
    assert "model" == kinds["Widget"]


def test_a_call_knows_its_arrays_and_what_it_requires():
    call = facts_of(contract())["calls"]["spin_widget"]
    assert ["expand", "until[marks]", "ways"] == call["arrays"]
    assert ["until[marks]", "ways"] == call["required"]
    assert ["ways", "expand", "until"] == [one["wire"] for one in call["arguments"]]
    assert f"{WIDGETS}/{{widget}}/spin" == call["path"]
    assert [("widget", "widget")] == call["ids"]


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
def test_a_field_that_cannot_be_an_attribute_is_left_to_extra(name):
    whole = contract()
    put_field(name)(whole)
    assert name not in {
        one["name"] for one in facts_of(whole)["classes"]["Widget"]["fields"]
    }


def test_no_field_can_hide_what_every_model_has():
    own = {name for name in dir(Model) if not name.startswith("_")}
    assert own
    assert set() == own - TAKEN


def rename_parameter(name):
    def change(it):
        it["paths"][WIDGETS]["get"]["parameters"][0]["name"] = name

    return change


def add_component(name, schema):
    def change(it):
        it["components"]["schemas"][name] = schema

    return change


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (
            put_field("x", ref("Nope")),
            r"properties\.x: \$ref to 'Nope', which is not there",
        ),
        (
            put_field("x", THING),
            r"properties\.x: an object with properties needs a name",
        ),
        (put_field("x", {"type": "text"}), r"properties\.x\.type: 'text' is no type"),
        (
            put_field("x", {"type": "string", "maxLength": "9"}),
            r"properties\.x\.maxLength: '9' makes no sense here",
        ),
        (put_field("x", 7), r"properties\.x: should be a mapping, is a number"),
        (
            put_field("x", ref("WidgetList")),
            "contains itself; models have to be acyclic",
        ),
        (
            put_field("x", ref("SpinWidgetWay")),
            "SpinWidgetWay: is part of a request and of an answer",
        ),
        (add_component("bad_name", THING), "'bad_name' cannot be the name of a class"),
        (add_component("Model", THING), "'Model' cannot be the name of a class"),
        (add_component("Odd", 7), "components.schemas.Odd: should be a mapping"),
        (
            add_component("Odd", {"type": "string", "enum": ["a-b", "a_b"]}),
            "'a-b' and 'a_b' would both be called A_B",
        ),
        (rename_parameter("a b"), "'a b' cannot be the name of a parameter"),
        (rename_parameter("limit"), "two parameters would have one name"),
        (
            lambda it: it["info"].update(version="x\r\ny"),
            r"info\.version: .* is no Stripe API version",
        ),
        (
            lambda it: it["paths"][WIDGETS].update(trace={}),
            "trace: this method is not understood",
        ),
        (
            lambda it: it["paths"][WIDGETS]["get"].update(operationId="class"),
            "'class' cannot be the name of a module",
        ),
        (
            lambda it: it["paths"][WIDGETS]["get"].update(operationId="spin_widget"),
            "is called 'spin_widget' already",
        ),
        (
            lambda it: it["paths"][WIDGETS]["get"].update(tags=[]),
            "tags: an operation has one tag",
        ),
        (
            lambda it: it["paths"][WIDGETS]["get"]["responses"].pop("200"),
            "has no '200'",
        ),
    ],
)
def test_a_contract_that_makes_no_sense_is_refused_with_its_place(change, words):
    whole = contract()
    change(whole)
    with pytest.raises(SpecError, match=words):
        facts_of(whole)


@pytest.mark.parametrize("name", ["from", "options", "sender"])
def test_a_parameter_that_would_clash_gets_an_underscore(name):
    whole = contract()
    rename_parameter(name)(whole)
    (one,) = [
        one
        for one in facts_of(whole)["calls"]["list_widgets"]["arguments"]
        if one["wire"] == name
    ]
    assert f"{name}_" == one["name"]
