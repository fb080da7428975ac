import pytest

from codegen.access import SpecError
from codegen.contract.normalise import normalise
from codegen.contract.prose import merge_prose
from codegen.contract.slicing import slice_document
from tests.support.tiny_spec import WIDGETS, spec


@pytest.fixture
def bare():
    return normalise(slice_document(spec()))


def test_descriptions_are_merged_into_the_contract(bare):
    prose = {
        "info": "About.",
        "parameters": {"expand": "Everywhere."},
        "operations": {
            "list_widgets": {
                "summary": "List.",
                "returns": "A page.",
                "parameters": {"expand": "Here."},
            }
        },
        "schemas": {
            "WidgetColour": {
                "description": "Colours.",
                "values": {"red": "Like blood."},
            }
        },
    }
    contract, _ = merge_prose(bare, prose)
    listing = contract["paths"][WIDGETS]["get"]
    spinning = contract["paths"][f"{WIDGETS}/{{widget}}/spin"]["post"]
    fields = spinning["requestBody"]["content"]["application/x-www-form-urlencoded"][
        "schema"
    ]["properties"]
    assert "About." == contract["info"]["description"]
    assert "List." == listing["summary"]
    assert "A page." == listing["responses"]["200"]["description"]
    descriptions = {
        parameter["name"]: parameter.get("description")
        for parameter in listing["parameters"]
    }
    assert "Here." == descriptions["expand"]
    assert "Everywhere." == fields["expand"]["description"]
    assert {"red": "Like blood."} == contract["components"]["schemas"]["WidgetColour"][
        "x-enumDescriptions"
    ]


def test_missing_descriptions_are_listed(bare):
    _, gaps = merge_prose(bare, {"info": "About."})
    assert "missing description: operations.spin_widget.summary" in gaps
    assert "missing description: operations.spin_widget.parameters.ways" in gaps
    assert "missing description: schemas.Widget.description" in gaps
    assert "missing description: schemas.Widget.fields.colour" in gaps
    assert "missing description: tags.widgets" in gaps
    assert "missing description: info" not in gaps


def test_unused_descriptions_are_listed(bare):
    _, gaps = merge_prose(
        bare,
        {
            "schemas": {"Widget": {"fields": {"weight": "Heavy."}}},
            "parameters": {"page": "Which."},
        },
    )
    assert "unused description: schemas" in gaps
    assert "unused description: parameters" in gaps


def test_unused_descriptions_are_listed_by_their_topmost_path(bare):
    fields = {"id": "Here.", "weight": "Heavy.", "height": "High."}
    prose = {
        "schemas": {
            "Widget": {"description": "A.", "fields": fields},
            "Gone": {"description": "B.", "fields": {"x": "C."}},
        }
    }
    _, gaps = merge_prose(bare, prose)
    expected = [
        f"schemas.{path}"
        for path in ("Gone", "Widget.fields.height", "Widget.fields.weight")
    ]
    assert expected == [
        line.removeprefix("unused description: ")
        for line in gaps
        if line.startswith("unused")
    ]


def test_merging_again_replaces_every_description(bare):
    once, _ = merge_prose(
        bare,
        {
            "info": "Old.",
            "schemas": {"Widget": {"description": "Old.", "fields": {"id": "Old."}}},
        },
    )
    assert merge_prose(bare, {"info": "New."}) == merge_prose(once, {"info": "New."})


def test_prose_that_is_not_a_string_is_rejected(bare):
    with pytest.raises(
        SpecError,
        match=r"prose\.yaml: schemas\.Widget: expected a mapping, got a number",
    ):
        merge_prose(bare, {"schemas": {"Widget": 7}})
