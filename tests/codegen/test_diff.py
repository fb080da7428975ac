import json
from copy import deepcopy

import pytest

from codegen.access import Node
from codegen.contract.names import parse_names
from codegen.contract.normalise import normalise
from codegen.contract.slicing import slice_document
from codegen.diff.changes import as_data, as_markdown, as_text
from codegen.diff.compare import ADDITIVE, CALLERS, READERS, diff
from tests.support.tiny_spec import WIDGETS, form, path_id, query, spec, widget

SPIN = f"{WIDGETS}/{{widget}}/spin"
TEXT = {"type": "string"}


def contract(change=None, names=None):
    document = spec()
    if change:
        change(document)
    return normalise(slice_document(document), names)


def fields_of_form(document):
    body = document["paths"][SPIN]["post"]["requestBody"]
    return body["content"]["application/x-www-form-urlencoded"]["schema"]


def parameters(document):
    return document["paths"][WIDGETS]["get"]["parameters"]


def lines(changes):
    return [
        (change.change, change.what, change.name, change.effect) for change in changes
    ]


def test_a_contract_does_not_differ_from_itself():
    assert [] == diff(contract(), contract())


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
            [
                ("added", "operation", "stop_widget", ADDITIVE),
                ("added", "schema", "StopWidgetHow", ADDITIVE),
            ],
        ),
        (lambda it: it["paths"].pop(WIDGETS), None),
        (
            lambda it: widget(it).update(size=TEXT),
            [("added", "field", "Widget.size", ADDITIVE)],
        ),
        (
            lambda it: widget(it).pop("created"),
            [("removed", "field", "Widget.created", READERS)],
        ),
        (
            lambda it: widget(it).update(title=widget(it).pop("label")),
            [("renamed", "field", "Widget.label", READERS)],
        ),
        (
            lambda it: widget(it).update(label={"type": "integer"}),
            [("changed", "field", "Widget.label", READERS)],
        ),
        (
            lambda it: widget(it)["colour"]["enum"].append("green"),
            [("added", "value", "WidgetColour.green", ADDITIVE)],
        ),
        (
            lambda it: widget(it)["colour"]["enum"].remove("red"),
            [("removed", "value", "WidgetColour.red", READERS)],
        ),
        (
            lambda it: it["components"]["schemas"]["financial_connections.widget"][
                "required"
            ].remove("colour"),
            [("changed", "field", "Widget.colour", READERS)],
        ),
        (
            lambda it: it["components"]["schemas"]["financial_connections.widget"][
                "required"
            ].append("label"),
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
        (
            lambda it: parameters(it).pop(1),
            [("removed", "parameter", "list_widgets.limit", CALLERS)],
        ),
        (
            lambda it: parameters(it)[1]["schema"].update(maximum=100),
            [("changed", "parameter", "list_widgets.limit", CALLERS)],
        ),
        (
            lambda it: parameters(it)[1].update(
                schema={"anyOf": [{"type": "integer"}, TEXT]}
            ),
            [("changed", "parameter", "list_widgets.limit", ADDITIVE)],
        ),
        (
            lambda it: parameters(it)[3].update(required=False),
            [("changed", "parameter", "list_widgets.owner", ADDITIVE)],
        ),
        (
            lambda it: fields_of_form(it)["properties"]["ways"]["items"]["enum"].remove(
                "left"
            ),
            [("removed", "value", "SpinWidgetWay.left", CALLERS)],
        ),
        (
            lambda it: fields_of_form(it)["properties"]["until"]["properties"].update(
                laps={"type": "integer"}
            ),
            [("added", "field", "SpinWidgetUntil.laps", ADDITIVE)],
        ),
        (
            lambda it: fields_of_form(it)["properties"]["until"].update(required=[]),
            [("changed", "field", "SpinWidgetUntil.marks", ADDITIVE)],
        ),
    ],
)
def test_a_change_lists_whom_it_breaks(change, expected):
    changes = lines(diff(contract(), contract(change)))
    if expected is None:
        expected = [("removed", "operation", "list_widgets", CALLERS)]
        changes = [line for line in changes if line[1] == "operation"]
    assert expected == changes


def change_field(name, **facts):
    return lambda it: widget(it)[name].update(facts)


def change_until(**facts):
    return lambda it: fields_of_form(it)["properties"]["until"]["properties"][
        "marks"
    ].update(facts)


@pytest.mark.parametrize(
    ("was", "now", "effect"),
    [
        ({}, {"nullable": True}, READERS),
        ({"nullable": True}, {}, ADDITIVE),
        ({}, {"format": "decimal"}, READERS),
        ({"format": "decimal"}, {}, READERS),
        ({}, {"maxLength": 10}, None),
    ],
)
def test_weaker_guarantees_in_a_response_break_readers(was, now, effect):
    old, new = (
        contract(change_field("label", **was)),
        contract(change_field("label", **now)),
    )
    expected = [("changed", "field", "Widget.label", effect)] if effect else []
    assert expected == lines(diff(old, new))


@pytest.mark.parametrize(
    ("was", "now", "effect"),
    [
        ({"maxItems": 5}, {"maxItems": 9}, ADDITIVE),
        ({"maxItems": 5}, {"maxItems": 3}, CALLERS),
        ({"maxItems": 5}, {}, ADDITIVE),
        ({}, {"maxItems": 5}, CALLERS),
        ({"minItems": 2}, {"minItems": 1}, ADDITIVE),
        ({"minItems": 2}, {"minItems": 3}, CALLERS),
        ({"pattern": "a"}, {"pattern": "b"}, CALLERS),
        ({"default": 1}, {}, CALLERS),
        ({"default": 1}, {"default": 2}, CALLERS),
    ],
)
def test_a_limit_breaks_callers_unless_it_is_looser(was, now, effect):
    old, new = contract(change_until(**was)), contract(change_until(**now))
    assert [("changed", "field", "SpinWidgetUntil.marks", effect)] == lines(
        diff(old, new)
    )


def test_a_changed_object_constant_breaks_readers():
    new = contract(change_field("object", enum=["financial_connections.gadget"]))
    assert [("changed", "field", "Widget.object", READERS)] == lines(
        diff(contract(), new)
    )


def test_a_field_that_cannot_be_an_attribute_is_listed():
    new = contract(lambda it: widget(it).update({"class": TEXT}))
    assert [("added", "field", "Widget.class", ADDITIVE)] == lines(
        diff(contract(), new)
    )


def test_a_new_version_is_listed_as_a_change():
    new = contract(lambda it: it["info"].update(version="2031-01-01"))
    changes = diff(contract(), new)
    assert (
        "~ header Stripe-Version, value: 2030-01-01 → 2031-01-01 "
        "(read Stripe's changelog: https://docs.stripe.com/changelog)\n"
        == as_text(changes)
    )
    assert (
        "- Changed header `Stripe-Version`, value: `2030-01-01` → `2031-01-01` "
        "(*[read Stripe's changelog](https://docs.stripe.com/changelog)*).\n"
        == as_markdown(changes)
    )
    [data] = as_data(changes)
    assert "read Stripe's changelog" == data["effect"]
    assert "https://docs.stripe.com/changelog" == data["link"]


def test_a_diff_is_formatted_as_text_markdown_and_data():
    changes = diff(
        contract(),
        contract(lambda it: widget(it).update(label={"type": "integer"}, size=TEXT)),
    )
    assert (
        "+ field Widget.size (additive)\n"
        "~ field Widget.label, type: str → int (breaking for readers)\n"
        == as_text(changes)
    )
    assert "- Added field `Widget.size` (*additive*).\n" in as_markdown(changes)
    assert (
        "- Changed field `Widget.label`, type: `str` → `int` "
        "(*breaking for readers*).\n" in as_markdown(changes)
    )
    expected = {
        "change": "changed",
        "what": "field",
        "name": "Widget.label",
        "effect": READERS,
        "fact": "type",
        "was": "str",
        "now": "int",
        "link": "",
    }
    assert expected == as_data(changes)[1]


def test_diff_accepts_upstreams_and_contracts(tree, names):
    tree.drop_overlays()
    old = tree.write("old.json", spec())
    document = spec()
    widget(document)["size"] = TEXT
    new = tree.write("new.json", document)
    assert "+ field Widget.size (additive)\n" == tree.call("diff", old, new).stdout
    same = tree.write("same.json", contract(names=parse_names(Node(names))))
    assert "nothing changed\n" == tree.call("diff", old, same).stdout


def test_diff_prints_text_markdown_or_json(tree):
    old = tree.write("old.json", contract())
    new = tree.write("new.json", contract(lambda it: widget(it).update(size=TEXT)))
    assert "+ field Widget.size (additive)\n" == tree.run("diff", old, new).stdout
    assert (
        "- Added field `Widget.size` (*additive*).\n"
        == tree.call("diff", old, new, "--markdown").stdout
    )
    assert (
        "Widget.size"
        == json.loads(tree.call("diff", old, new, "--json").stdout)[0]["name"]
    )
    for options, text in (
        ([], "nothing changed\n"),
        (["--markdown"], ""),
        (["--json"], "[]\n"),
    ):
        same = tree.call("diff", old, old, *options)
        assert (0, text) == (same.returncode, same.stdout)


def test_an_invalid_contract_is_reported_by_diff_on_one_line(tree):
    bad = tree.write("bad.json", {"openapi": "3.0.0"})
    result = tree.call("diff", bad, bad)
    assert 1 == result.returncode
    assert "codegen: bad.json: document: missing key 'info'\n" == result.stderr


def test_event_types_are_compared_by_name():
    def with_events(**classes):
        events = {
            f"financial_connections.widget.{name}": {
                "class": cls,
                "kind": "snapshot",
                "object": "Widget",
            }
            for name, cls in classes.items()
        }
        return contract() | {"x-events": events}

    old = with_events(spun="WidgetSpun", sold="WidgetSold")
    new = with_events(spun="Spun", bought="WidgetSold")
    prefix = "financial_connections.widget"
    assert [
        ("removed", "event type", f"{prefix}.sold", READERS),
        ("added", "event type", f"{prefix}.bought", ADDITIVE),
        ("changed", "event type", f"{prefix}.spun", READERS),
    ] == lines(diff(old, new))
