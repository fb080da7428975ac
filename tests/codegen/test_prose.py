import pytest

from codegen.access import SpecError
from codegen.contract.normalise import contract_of
from codegen.contract.prose import described
from codegen.contract.slicing import slice_of
from tests.support.tiny_spec import WIDGETS, spec


@pytest.fixture
def bare():
    return contract_of(slice_of(spec()))


def test_words_land_where_they_belong(bare):
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
    contract, _ = described(bare, prose)
    listing = contract["paths"][WIDGETS]["get"]
    spinning = contract["paths"][f"{WIDGETS}/{{widget}}/spin"]["post"]
    fields = spinning["requestBody"]["content"]["application/x-www-form-urlencoded"][
        "schema"
    ]["properties"]
    assert "About." == contract["info"]["description"]
    assert "List." == listing["summary"]
    assert "A page." == listing["responses"]["200"]["description"]
    assert "Here." == listing["parameters"][0]["description"]
    assert "Everywhere." == fields["expand"]["description"]
    assert {"red": "Like blood."} == contract["components"]["schemas"]["WidgetColour"][
        "x-enumDescriptions"
    ]


def test_what_has_no_words_is_named(bare):
    _, gaps = described(bare, {"info": "About."})
    assert "no prose for operations.spin_widget.summary" in gaps
    assert "no prose for operations.spin_widget.parameters.ways" in gaps
    assert "no prose for schemas.Widget.description" in gaps
    assert "no prose for schemas.Widget.fields.colour" in gaps
    assert "no prose for tags.widgets" in gaps
    assert "no prose for info" not in gaps


def test_words_for_nothing_are_named(bare):
    _, gaps = described(
        bare,
        {
            "schemas": {"Widget": {"fields": {"weight": "Heavy."}}},
            "parameters": {"page": "Which."},
        },
    )
    assert "prose for nothing: schemas" in gaps
    assert "prose for nothing: parameters" in gaps


def test_words_for_nothing_are_named_by_their_highest_dead_place(bare):
    fields = {"id": "Here.", "weight": "Heavy.", "height": "High."}
    prose = {
        "schemas": {
            "Widget": {"description": "A.", "fields": fields},
            "Gone": {"description": "B.", "fields": {"x": "C."}},
        }
    }
    _, gaps = described(bare, prose)
    expected = [
        f"schemas.{place}"
        for place in ("Gone", "Widget.fields.height", "Widget.fields.weight")
    ]
    assert expected == [
        line.removeprefix("prose for nothing: ")
        for line in gaps
        if line.startswith("prose for")
    ]


def test_describing_again_replaces_every_word(bare):
    once, _ = described(
        bare,
        {
            "info": "Old.",
            "schemas": {"Widget": {"description": "Old.", "fields": {"id": "Old."}}},
        },
    )
    assert described(bare, {"info": "New."}) == described(once, {"info": "New."})


def test_prose_that_is_no_text_is_refused(bare):
    with pytest.raises(
        SpecError,
        match=r"prose\.yaml: schemas\.Widget: should be a mapping, is a number",
    ):
        described(bare, {"schemas": {"Widget": 7}})
