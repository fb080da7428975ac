import json
from copy import deepcopy

import pytest

from codegen.diff import ADDITIVE, CALLERS, READERS, as_data, as_markdown, as_text, diff
from codegen.normalise import contract_of
from codegen.slicing import slice_of
from tests.codegen.tiny import WIDGETS, form, path_id, query, ref, spec, widget

SPIN = f"{WIDGETS}/{{widget}}/spin"
TEXT = {"type": "string"}


def contract(change=None):
    document = spec()
    if change:
        change(document)
    return contract_of(slice_of(document))


def fields_of_form(document):
    body = document["paths"][SPIN]["post"]["requestBody"]
    return body["content"]["application/x-www-form-urlencoded"]["schema"]


def parameters(document):
    return document["paths"][WIDGETS]["get"]["parameters"]


def lines(changes):
    return [(one.change, one.what, one.name, one.effect) for one in changes]


def test_a_contract_does_not_differ_from_itself():
    assert [] == diff(contract(), contract())


def rename(document):
    document["paths"][f"{WIDGETS}/{{widget}}/turn"] = document["paths"].pop(SPIN)


def add_operation(document):
    document["paths"][f"{WIDGETS}/{{widget}}/stop"] = {
        "post": {
            "parameters": [path_id("widget")],
            "requestBody": form("how", how={"type": "string", "enum": ["now", "soon"]}),
            "responses": deepcopy(document["paths"][SPIN]["post"]["responses"]),
        }
    }


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (
            add_operation,
            [("added", "operation", "stop_widget", ADDITIVE), ("added", "schema", "StopWidgetHow", ADDITIVE)],
        ),
        (lambda it: it["paths"].pop(WIDGETS), None),
        (lambda it: widget(it).update(size=TEXT), [("added", "field", "Widget.size", ADDITIVE)]),
        (lambda it: widget(it).pop("created"), [("removed", "field", "Widget.created", READERS)]),
        (
            lambda it: widget(it).update(title=widget(it).pop("label")),
            [("renamed", "field", "Widget.label", READERS)],
        ),
        (lambda it: widget(it).update(label={"type": "integer"}), [("changed", "field", "Widget.label", READERS)]),
        (lambda it: widget(it)["colour"]["enum"].append("green"), [("added", "value", "WidgetColour.green", ADDITIVE)]),
        (lambda it: widget(it)["colour"]["enum"].remove("red"), [("removed", "value", "WidgetColour.red", READERS)]),
        (
            lambda it: it["components"]["schemas"]["financial_connections.widget"]["required"].remove("colour"),
            [("changed", "field", "Widget.colour", READERS)],
        ),
        (
            lambda it: it["components"]["schemas"]["financial_connections.widget"]["required"].append("label"),
            [("changed", "field", "Widget.label", ADDITIVE)],
        ),
        (
            lambda it: parameters(it).append(query("size", TEXT)),
            [("added", "parameter", "list_widgets.size", ADDITIVE)],
        ),
        (
            lambda it: parameters(it).append(query("size", TEXT, required=True)),
            [("added", "parameter", "list_widgets.size", CALLERS)],
        ),
        (lambda it: parameters(it).pop(1), [("removed", "parameter", "list_widgets.limit", CALLERS)]),
        (
            lambda it: parameters(it)[1]["schema"].update(maximum=100),
            [("changed", "parameter", "list_widgets.limit", CALLERS)],
        ),
        (
            lambda it: parameters(it)[1].update(schema={"anyOf": [{"type": "integer"}, TEXT]}),
            [("changed", "parameter", "list_widgets.limit", ADDITIVE)],
        ),
        (
            lambda it: parameters(it)[3].update(required=False),
            [("changed", "parameter", "list_widgets.owner", ADDITIVE)],
        ),
        (
            lambda it: fields_of_form(it)["properties"]["ways"]["items"]["enum"].remove("left"),
            [("removed", "value", "SpinWidgetWay.left", CALLERS)],
        ),
        (
            lambda it: fields_of_form(it)["properties"]["until"]["properties"].update(laps={"type": "integer"}),
            [("added", "field", "SpinWidgetUntil.laps", ADDITIVE)],
        ),
        (
            lambda it: fields_of_form(it)["properties"]["until"].update(required=[]),
            [("changed", "field", "SpinWidgetUntil.marks", ADDITIVE)],
        ),
    ],
)
def test_each_change_says_whom_it_breaks(change, expected):
    changes = lines(diff(contract(), contract(change)))
    if expected is None:
        expected = [("removed", "operation", "list_widgets", CALLERS)]
        changes = [one for one in changes if one[1] == "operation"]
    assert expected == changes


def test_a_schema_under_a_new_name_is_one_line():
    new = contract()
    schemas = new["components"]["schemas"]
    schemas["Paint"] = schemas.pop("WidgetColour")
    schemas["Widget"]["properties"]["colour"] = ref("Paint")
    changes = diff(contract(), new)
    assert ("renamed", "schema", "WidgetColour", READERS) in lines(changes)
    assert [] == [one for one in changes if one.what == "value"]


def test_an_operation_under_a_new_name_is_one_line():
    new = contract()
    new["paths"][SPIN]["post"]["operationId"] = "turn_widget"
    assert [("renamed", "operation", "spin_widget", CALLERS)] == lines(diff(contract(), new))


def test_a_diff_can_be_read_by_people_changelogs_and_programs():
    changes = diff(contract(), contract(lambda it: widget(it).update(label={"type": "integer"}, size=TEXT)))
    assert "+ field Widget.size (additive)\n~ field Widget.label, type: str → int (breaking for readers)\n" == as_text(
        changes
    )
    assert "- Added field `Widget.size` (additive).\n" in as_markdown(changes)
    assert {"change": "added", "what": "field", "name": "Widget.size", "effect": "additive", "detail": ""} in as_data(
        changes
    )


def test_the_command_prints_a_diff(tree):
    old = tree.write("old.json", contract())
    new = tree.write("new.json", contract(lambda it: widget(it).update(size=TEXT)))
    assert "+ field Widget.size (additive)\n" == tree.run("diff", old, new).stdout
    assert "- Added field `Widget.size` (additive).\n" == tree.run("diff", old, new, "--markdown").stdout
    assert "Widget.size" == json.loads(tree.run("diff", old, new, "--json").stdout)[0]["name"]
    assert (0, "") == (tree.run("diff", old, old).returncode, tree.run("diff", old, old).stdout)


def test_a_diff_of_what_is_no_contract_gets_one_line(tree):
    bad = tree.write("bad.json", {"openapi": "3.0.0"})
    done = tree.run("diff", bad, bad)
    assert 1 == done.returncode
    assert "codegen: document: has no 'components'\n" == done.stderr
