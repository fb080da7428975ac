import pytest

from codegen.access import SpecError
from codegen.reading import parsed, plain


@pytest.mark.parametrize(
    "content",
    [
        b'{"a": {"b": [1, null]}}',
        b"a:\n  b: [1, null]\n",
        b'\xef\xbb\xbf{"a": {"b": [1, null]}}',
    ],
)
def test_yaml_and_json_say_the_same(content):
    assert {"a": {"b": [1, None]}} == parsed(content, "spec")


def test_yaml_has_the_types_of_json():
    content = b"date: 2023-10-16\nanswer: no\non: yes\noctal: 010\nyes: true\nnumber: 1.5\nnothing: ~\n"
    expected = {
        "date": "2023-10-16",
        "answer": "no",
        "on": "yes",
        "octal": "010",
        "yes": True,
        "number": 1.5,
        "nothing": None,
    }
    assert expected == parsed(content, "spec")


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "spec: should be a mapping, is empty"),
        (b"[1]", "spec: should be a mapping, is a list"),
        (b"just text", "spec: should be a mapping, is text"),
        (b'{"a": ', "spec: no JSON: Expecting value"),
        (b"a: [1", "spec: no YAML: did not find expected .* in line 2"),
        (
            b"a: b: c",
            "spec: no YAML: mapping values are not allowed in this context in line 1",
        ),
        (b"\x00\x01", "spec: no YAML: "),
        (b'{"a": "\xff"}', "spec: no text: "),
        (
            b"a: !!python/object:os.system x",
            "spec: no YAML: could not determine a constructor",
        ),
        (b"a: " + b"[" * 2000, "spec: is nested too deeply"),
        (b"- " * 2000, "spec: is nested too deeply"),
        (b'{"a": ' + b"9" * 5000 + b"}", "spec: no JSON: Exceeds the limit"),
    ],
)
def test_what_is_no_document_is_refused(content, words):
    with pytest.raises(SpecError, match=words):
        parsed(content, "spec")


def test_plain_data_has_text_keys_in_order():
    assert ["200", "a", "b"] == list(plain({"b": 1, 200: 2, "a": [{}]}, "spec"))


@pytest.mark.parametrize(
    ("node", "words"),
    [
        ({"a": {None: 1}}, "spec.a: a key is no text"),
        ({"a": ["\ud800"]}, r"spec.a\[0\]: no text: "),
        ({"a": {1}}, "spec.a: set is nothing that JSON has"),
        ({"1": 1, 1: 2}, "spec: a key is no text"),
    ],
)
def test_data_that_json_has_not_is_refused(node, words):
    with pytest.raises(SpecError, match=words):
        plain(node, "spec")
