"""Upstream specifications that are rejected."""

import json

import pytest

from tests.support.tiny_spec import WIDGETS, ref, spec, widget


def modified(change):
    document = spec()
    change(document)
    return json.dumps(document).encode()


CIRCLE = b"""
openapi: 3.0.0
info: {version: 2023-10-16}
paths: {/v1/financial_connections/x: &a {get: *a}}
components: {schemas: {}}
"""
# Each line refers ten times to the previous one, which expands to a billion values.
BOMB = b"l0: &l0 [x]\n" + b"".join(
    b"l%d: &l%d [%s]\n" % (n, n, b", ".join([b"*l%d" % (n - 1)] * 10))
    for n in range(1, 10)
)


def nested(document):
    """Add forty schemas that each use the next one twice."""
    schemas = document["components"]["schemas"]
    for n in range(40):
        schemas[f"bank_connections_resource_level{n}"] = {
            "type": "object",
            "properties": {
                side: ref(f"bank_connections_resource_level{n + 1}")
                for side in ("left", "right")
            },
        }
    schemas["bank_connections_resource_level40"] = {
        "type": "object",
        "properties": {"end": {"type": "string"}},
    }
    widget(document)["label"] = ref("bank_connections_resource_level0")


BAD = {
    "nothing": (b"", "expected a mapping, got null"),
    "a list": (b"[]", "expected a mapping, got a list"),
    "broken JSON": (b'{"openapi": ', "invalid JSON"),
    "broken YAML": (b"a: b: c", "invalid YAML"),
    "binary": (b"\x00\xff\xfe", "invalid YAML"),
    "deep YAML": (b"a: " + b"[" * 100_000, "nested too deeply"),
    "deep JSON": (b'{"a": ' * 100_000, "nested too deeply"),
    "a circle": (CIRCLE, "an anchor contains itself"),
    "a bomb of anchors": (BOMB, "more than 5000000 values"),
    "a bomb of references": (
        modified(nested),
        "more than 100000 schemas; one is probably repeated",
    ),
    "not a number": (b'{"openapi": NaN}', "invalid JSON: NaN is not a number"),
    "an unknown method": (
        modified(lambda it: it["paths"][WIDGETS].update(put={})),
        "widgets.put: this method is not supported",
    ),
    "a union of two models": (
        modified(
            lambda it: widget(it).update(
                label={"oneOf": [ref("error"), ref("api_errors")]}
            )
        ),
        "label): a union of ErrorResponse and ErrorDetail cannot be decoded",
    ),
    "a combination of schemas": (
        modified(
            lambda it: widget(it).update(
                label={"anyOf": [ref("error")], "properties": {}}
            )
        ),
        "properties.label.anyOf: combinations of schemas are not supported",
    ),
    "no OpenAPI": (b'{"hello": "world"}', "openapi: not an OpenAPI 3 document"),
    "Swagger": (
        modified(lambda it: it.update(openapi="2.0")),
        "openapi: not an OpenAPI 3 document",
    ),
    "another API": (
        modified(lambda it: it.update(paths={"/v1/charges": {}})),
        "paths: no path starts with",
    ),
    "a dangling reference": (
        modified(lambda it: widget(it).update(label=ref("gone"))),
        "properties.label: $ref to 'gone', which does not exist",
    ),
    "a foreign reference": (
        modified(lambda it: widget(it).update(label={"$ref": "http://x"})),
        "$ref 'http://x' does not point",
    ),
    "a wrong type deep inside": (
        modified(lambda it: widget(it)["colour"].update(enum=[1])),
        "properties.colour.enum[0]: expected a string",
    ),
    "a lone surrogate": (
        modified(lambda it: widget(it)["colour"].update(enum=["\ud800"])),
        "not valid UTF-8",
    ),
}


@pytest.mark.parametrize("name", BAD)
def test_an_invalid_upstream_is_reported_on_one_line_and_changes_no_file(tree, name):
    content, message = BAD[name]
    tree.drop_overlays()
    upstream = tree.write("upstream", content)
    before = tree.files()
    # Deep nesting could crash the process, so use a subprocess.
    result = (tree.run if "deep" in name or "circle" in name else tree.call)(
        "bump", upstream
    )
    assert 1 == result.returncode
    assert "" == result.stdout
    assert 1 == len(result.stderr.splitlines()), result.stderr
    assert result.stderr.startswith("codegen: ")
    assert message in result.stderr
    assert before == tree.files()
