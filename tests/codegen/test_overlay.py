import pytest

from codegen.access import SpecError
from codegen.contract.jsonpath import select
from codegen.contract.overlay import apply_overlays
from tests.support.tiny_spec import spec, widget

COLOURS = "$.components.schemas['financial_connections.widget'].properties.colour.enum"


def overlay(**changes):
    default = {
        "overlay": "1.0.0",
        "info": {"title": "Green widgets", "version": "1.0.0"},
        "x-why": "They are sold.",
        "x-evidence": "https://example.org/green",
        "x-expect": [{"target": COLOURS, "lacks": "green"}],
        "actions": [{"target": COLOURS, "update": "green"}],
    }
    return {
        key: value for key, value in {**default, **changes}.items() if value is not None
    }


def test_overlays_are_applied_to_a_copy():
    document = spec()
    corrected = apply_overlays(document, {"001.yaml": overlay()})
    assert ["red", "blue", "green"] == widget(corrected)["colour"]["enum"]
    assert spec() == document


def test_an_action_can_merge_and_remove():
    actions = [
        {
            "target": "$.components.schemas",
            "update": {"new": {"type": "object"}, "card": {"title": "Card"}},
        },
        {"target": "$.paths['/v1/charges']", "remove": True},
    ]
    corrected = apply_overlays(spec(), {"001.yaml": overlay(actions=actions)})
    assert {"type": "object"} == corrected["components"]["schemas"]["new"]
    assert {**spec()["components"]["schemas"]["card"], "title": "Card"} == corrected[
        "components"
    ]["schemas"]["card"]
    assert "/v1/charges" not in corrected["paths"]


def test_overlays_are_applied_in_order_of_name():
    black = overlay(
        **{"x-expect": [{"target": COLOURS, "equals": ["red", "blue", "green"]}]},
        actions=[{"target": COLOURS, "update": "black"}],
    )
    corrected = apply_overlays(spec(), {"002.yaml": black, "001.yaml": overlay()})
    assert ["red", "blue", "green", "black"] == widget(corrected)["colour"]["enum"]


def test_an_overlay_for_another_upstream_is_skipped():
    other = overlay(**{"x-upstream": {"title": "Tiny", "version": "2031-01-01"}})
    assert spec() == apply_overlays(spec(), {"001.yaml": other})


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        (
            {"x-expect": [{"target": COLOURS, "lacks": "red"}]},
            r"x-expect\[0\]: stale: .* no longer lacks 'red'",
        ),
        (
            {"x-expect": [{"target": COLOURS, "equals": ["red"]}]},
            r"x-expect\[0\]: stale: .* no longer equals",
        ),
        (
            {"x-expect": [{"target": COLOURS, "absent": True}]},
            r"x-expect\[0\]: stale: upstream now has",
        ),
        (
            {"x-expect": [{"target": "$.nope", "lacks": "x"}]},
            r"x-expect\[0\]: stale: upstream does not have \$\.nope",
        ),
        (
            {"x-expect": [{"target": COLOURS}]},
            "needs a target and one of absent, equals, lacks",
        ),
        (
            {"x-expect": [{"target": COLOURS, "lacks": "x", "is": 1}]},
            "needs a target and one of",
        ),
        ({"x-expect": []}, "x-expect: must not be empty"),
        ({"x-expect": None}, "x-expect: expected a list, got null"),
        ({"x-why": None}, "x-why: expected a string, got null"),
        ({"x-evidence": None}, "x-evidence: expected a string, got null"),
        ({"overlay": "2.0"}, "not an OpenAPI Overlay 1 document"),
        ({"actions": []}, "stale: it changes nothing"),
        (
            {"actions": [{"target": "$.nope", "remove": True}]},
            r"actions\[0\]: stale: upstream does not have \$\.nope",
        ),
        (
            {"actions": [{"target": "$.info", "update": "text"}]},
            r"actions\[0\]\.update: expected a mapping, got a string",
        ),
        (
            {"actions": [{"target": "info", "remove": True}]},
            r"a JSONPath must start with \$",
        ),
        ({"actions": [{"target": "$..info", "remove": True}]}, "unsupported JSONPath"),
    ],
)
def test_an_invalid_or_stale_overlay_is_rejected(changes, message):
    with pytest.raises(SpecError, match=f"^(001.yaml: |').*{message}"):
        apply_overlays(spec(), {"001.yaml": overlay(**changes)})


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        (
            "$",
            [{"a": [{"name": "x", "to": 1}, {"name": "y", "to": 2}], "b.c": {"d": 3}}],
        ),
        ("$.a[0].to", [1]),
        ("$.a[*].to", [1, 2]),
        ("$['b.c'].d", [3]),
        ('$["b.c"].*', [3]),
        ("$.a[?@.name=='y'].to", [2]),
        ("$.a[?(@.name == 'y')].to", [2]),
        ("$.a[9]", []),
        ("$.a.name", []),
    ],
)
def test_a_jsonpath_selects_values(path, expected):
    document = {"a": [{"name": "x", "to": 1}, {"name": "y", "to": 2}], "b.c": {"d": 3}}
    assert expected == [match.value for match in select(document, path)]
