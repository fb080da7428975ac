import json

import pytest

from codegen.diff.changes import as_markdown, as_text
from codegen.diff.compare import CALLERS, READERS, diff
from tests.codegen.test_diff import (
    SPIN,
    TEXT,
    contract,
    fields_of_form,
    lines,
    parameters,
)
from tests.support.tiny_spec import WIDGETS, ref, widget


def move_operation(document):
    document["paths"][f"{WIDGETS}/{{widget}}/turn"] = document["paths"].pop(SPIN)


def rename_everywhere(document, old, new):
    text = json.dumps(document).replace(f'{old}"', f'{new}"')
    document.clear()
    document.update(json.loads(text))


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (
            move_operation,
            [
                ("renamed", "operation", "spin_widget", CALLERS),
                ("renamed", "schema", "SpinWidgetUntil", CALLERS),
                ("renamed", "schema", "SpinWidgetWay", CALLERS),
            ],
        ),
        (
            lambda it: rename_everywhere(
                it, "bank_connections_resource_maker", "bank_connections_resource_brand"
            ),
            [("renamed", "schema", "Maker", READERS)],
        ),
        (
            lambda it: widget(it).update(paint=widget(it).pop("colour")),
            [
                # Under its new name, the field is no longer required.
                ("changed", "field", "Widget.colour", READERS),
                ("renamed", "field", "Widget.colour", READERS),
                ("renamed", "schema", "WidgetColour", READERS),
            ],
        ),
        (
            lambda it: parameters(it)[1].update(name="count"),
            [("renamed", "parameter", "list_widgets.limit", CALLERS)],
        ),
        (
            lambda it: fields_of_form(it)["properties"].update(
                till=fields_of_form(it)["properties"].pop("until")
            ),
            [
                ("renamed", "parameter", "spin_widget.until", CALLERS),
                ("renamed", "schema", "SpinWidgetUntil", CALLERS),
            ],
        ),
    ],
)
def test_a_rename_and_each_of_its_consequences_are_one_line(change, expected):
    assert sorted(expected) == sorted(lines(diff(contract(), contract(change))))


def test_ambiguous_renames_are_listed_as_removed_and_added():
    new = contract(
        lambda it: widget(it).update(title=widget(it).pop("label"), subtitle=TEXT)
    )
    assert {"added", "removed"} == {
        change for change, *_ in lines(diff(contract(), new))
    }


def test_a_renamed_schema_is_one_line():
    new = contract()
    schemas = new["components"]["schemas"]
    schemas["Paint"] = schemas.pop("WidgetColour")
    schemas["Widget"]["properties"]["colour"] = ref("Paint")
    changes = diff(contract(), new)
    assert ("renamed", "schema", "WidgetColour", READERS) in lines(changes)
    assert [] == [change for change in changes if change.what == "value"]


def test_a_renamed_operation_is_one_line():
    new = contract()
    new["paths"][SPIN]["post"]["operationId"] = "turn_widget"
    assert [("renamed", "operation", "spin_widget", CALLERS)] == lines(
        diff(contract(), new)
    )


def test_a_rename_has_its_own_wording():
    new = contract(lambda it: widget(it).update(title=widget(it).pop("label")))
    changes = diff(contract(), new)
    assert (
        "> field Widget.label, name: Widget.label → Widget.title "
        "(breaking for readers)\n" == as_text(changes)
    )
    assert (
        "- Renamed field `Widget.label` to `Widget.title` (*breaking for readers*).\n"
        == as_markdown(changes)
    )
