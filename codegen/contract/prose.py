"""Merge the descriptions in prose.yaml into the contract.

The contract has no other descriptions. Those that are missing from prose.yaml or unused
are reported, to be fixed by hand.
"""

import re

from attrs import Factory, define

from codegen.access import JSONObject, Node, component
from codegen.contract.operations import FORM

Path = tuple[str, ...]

KEY_ORDER = (
    "tags",
    "operationId",
    "summary",
    "description",
    "externalDocs",
    "parameters",
    "requestBody",
    "responses",
    "x-raises",
)


@define
class Prose:
    """The texts in prose.yaml by path, with a record of used and missing ones."""

    texts: dict[Path, str]
    _used: set[Path] = Factory(set)
    _missing: set[Path] = Factory(set)

    def text(self, *paths: Path) -> str:
        """Return the text at the first path that has one.

        If there is none, the first path is reported as missing.
        """
        for path in paths:
            if path in self.texts:
                self._used.add(path)
                return self.texts[path]
        self._missing.add(paths[0])
        return ""

    def optional(self, path: Path) -> str:
        """Return the text at a path where it is optional."""
        return self.text(path) if path in self.texts else ""

    def below(self, path: Path) -> JSONObject:
        """Return the texts directly below a path, keyed by the last path segment."""
        return {
            key: self.text((*path, key))
            for *parent, key in self.texts
            if tuple(parent) == path
        }

    def missing(self) -> list[str]:
        """List the descriptions that must be added or removed by hand."""
        absent = [
            f"missing description: {'.'.join(path)}" for path in sorted(self._missing)
        ]
        prefixes = {
            path[:length] for path in self._used for length in range(len(path) + 1)
        }
        unused = {
            unused_branch(path, prefixes) for path in self.texts.keys() - self._used
        }
        return absent + [
            f"unused description: {'.'.join(path)}" for path in sorted(unused)
        ]


def unused_branch(path: Path, used_prefixes: set[Path]) -> Path:
    """Return the topmost unused path, so that a removed operation is listed once."""
    branches = (path[:length] for length in range(1, len(path)))
    return next((branch for branch in branches if branch not in used_prefixes), path)


def parse_texts(node: Node, path: Path = ()) -> dict[Path, str]:
    """Return every text in prose.yaml by its path."""
    if isinstance(node.value, str):
        return {path: node.value.strip()}
    return {
        inner: text
        for key, value in node.items()
        for inner, text in parse_texts(value, (*path, key)).items()
    }


def merge_prose(
    contract: JSONObject, prose_file: JSONObject
) -> tuple[JSONObject, list[str]]:
    """Return the contract with our descriptions, and the remaining manual steps."""
    prose = Prose(parse_texts(Node(prose_file, document="prose.yaml")))
    document = Node(contract)
    paths = {
        path: {
            method: describe_operation(operation, prose)
            for method, operation in item.items()
        }
        for path, item in document.child("paths").items()
    }
    components = document.child("components")
    schemas = {
        name: describe_schema(name, component(name, schema.value), prose)
        for name, schema in components.child("schemas").items()
    }
    security = {
        name: describe(scheme, prose.text(("security", name)))
        for name, scheme in components.get("securitySchemes", {}).items()
    }
    events = {
        name: describe(event, prose.text(("events", name), shared_event(name)))
        for name, event in document.get("x-events", {}).items()
    }
    merged = {
        **contract,
        "info": describe(document.child("info"), prose.text(("info",))),
        "tags": [
            describe(tag, prose.text(("tags", tag.get("name").text())))
            for tag in document.get("tags", []).elements()
        ],
        "paths": paths,
        "components": {
            **components.mapping(),
            "schemas": schemas,
            "securitySchemes": security,
        },
        **({"x-events": events} if events else {}),
    }
    return merged, prose.missing()


def shared_event(name: str) -> Path:
    """Return the path of the description that a snapshot and its thin event share."""
    return ("events", re.sub(r"^v\d+\.", "", name))


def describe(node: Node, text: str) -> JSONObject:
    """Return a copy of the mapping with its description replaced."""
    rest = {key: value for key, value in node.mapping().items() if key != "description"}
    return {"description": text, **rest} if text else rest


def describe_operation(operation: Node, prose: Prose) -> JSONObject:
    """Add descriptions to an operation and its parameters, responses and errors."""
    name = operation.get("operationId").text()
    path = ("operations", name)
    merged = describe(operation, prose.optional((*path, "description")))
    merged["summary"] = prose.text((*path, "summary"))
    merged["externalDocs"] = {"url": prose.optional((*path, "source"))}
    merged["x-raises"] = prose.below((*path, "raises"))
    for key in ("externalDocs", "x-raises"):
        if not any(merged[key].values()):
            del merged[key]
    merged["parameters"] = [
        describe(parameter, parameter_text(name, parameter.get("name").text(), prose))
        for parameter in operation.get("parameters", []).elements()
    ]
    if operation.has("requestBody"):
        body = operation.child("requestBody")
        merged["requestBody"] = describe_form(name, body, prose)
    responses = operation.child("responses")
    merged["responses"] = {
        **responses.mapping(),
        "200": {
            **responses.child("200").mapping(),
            "description": prose.text((*path, "returns")),
        },
        "default": {
            **responses.child("default").mapping(),
            "description": prose.text(("failure",)),
        },
    }
    keys = (*KEY_ORDER, *sorted(merged.keys() - set(KEY_ORDER)))
    return {key: merged[key] for key in keys if key in merged}


def describe_form(operation: str, body: Node, prose: Prose) -> JSONObject:
    """Add descriptions to the form fields of a POST request."""
    media = body.child("content", FORM)
    form = media.child("schema")
    fields = {
        name: describe(field, parameter_text(operation, name, prose))
        for name, field in form.get("properties").items()
    }
    schema = {**form.mapping(), "properties": fields}
    return {**body.mapping(), "content": {FORM: {**media.mapping(), "schema": schema}}}


def parameter_text(operation: str, name: str, prose: Prose) -> str:
    """Return the operation's own description of a parameter, or the shared one."""
    own = ("operations", operation, "parameters", name)
    return prose.text(own, ("parameters", name))


def describe_schema(name: str, schema: Node, prose: Prose) -> JSONObject:
    """Add descriptions to a named schema and its fields or values."""
    path = ("schemas", name)
    merged = describe(schema, prose.text((*path, "description")))
    merged.pop("x-enumDescriptions", None)
    if schema.has("enum"):
        # The empty string clears a field, as the field's own description explains.
        texts = {
            value: text
            for value in schema.get("enum").texts()
            if value and (text := prose.text((*path, "values", value)))
        }
        return {**merged, "x-enumDescriptions": texts} if texts else merged
    fields = {
        key: describe(field, prose.text((*path, "fields", key), ("fields", key)))
        for key, field in schema.get("properties", {}).items()
    }
    return {**merged, "properties": fields} if fields else merged
