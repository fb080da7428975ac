import pytest

from codegen.access import SpecError
from codegen.reading import parse, sort_keys


@pytest.mark.parametrize(
    "content",
    [
        b'{"a": {"b": [1, null]}}',
        b"a:\n  b: [1, null]\n",
        b'\xef\xbb\xbf{"a": {"b": [1, null]}}',
    ],
)
def test_yaml_and_json_result_in_the_same_document(content):
    assert {"a": {"b": [1, None]}} == parse(content, "spec")


def test_yaml_values_have_json_types():
    content = (
        b"date: 2023-10-16\nanswer: no\non: yes\noctal: 010\nyes: true\n"
        b"number: 1.5\nnothing: ~\n"
    )
    expected = {
        "date": "2023-10-16",
        "answer": "no",
        "on": "yes",
        "octal": "010",
        "yes": True,
        "number": 1.5,
        "nothing": None,
    }
    assert expected == parse(content, "spec")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "spec: expected a mapping, got null"),
        (b"[1]", "spec: expected a mapping, got a list"),
        (b"just text", "spec: expected a mapping, got a string"),
        (b'{"a": ', "spec: invalid JSON: Expecting value"),
        (b"a: [1", "spec: invalid YAML: did not find expected .* on line 2"),
        (
            b"a: b: c",
            (
                "spec: invalid YAML: mapping values are not allowed in this context "
                "on line 1"
            ),
        ),
        (b"\x00\x01", "spec: invalid YAML: "),
        (b'{"a": "\xff"}', "spec: not valid UTF-8: "),
        (
            b"a: !!python/object:os.system x",
            "spec: invalid YAML: could not determine a constructor",
        ),
        (b"a: " + b"[" * 2000, "spec: nested too deeply"),
        (b"- " * 2000, "spec: nested too deeply"),
        (b'{"a": ' + b"9" * 5000 + b"}", "spec: invalid JSON: Exceeds the limit"),
    ],
)
def test_an_invalid_document_is_rejected(content, message):
    with pytest.raises(SpecError, match=message):
        parse(content, "spec")


def test_sorted_data_has_string_keys_in_order():
    assert ["200", "a", "b"] == list(sort_keys({"b": 1, 200: 2, "a": [{}]}, "spec"))


@pytest.mark.parametrize(
    ("node", "message"),
    [
        ({"a": {None: 1}}, "spec.a: a key is not a string"),
        ({"a": ["\ud800"]}, r"spec.a\[0\]: not valid UTF-8: "),
        ({"a": {1}}, "spec.a: not a JSON type: set"),
        ({"1": 1, 1: 2}, "spec: a key is not a string"),
    ],
)
def test_data_that_json_cannot_represent_is_rejected(node, message):
    with pytest.raises(SpecError, match=message):
        sort_keys(node, "spec")
