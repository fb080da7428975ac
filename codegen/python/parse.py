"""Parse the contract into the classes and operations to generate."""

from collections.abc import Iterable

from codegen.access import JSONObject, Node, component
from codegen.contract.slicing import parse_version
from codegen.python.classes import build_class
from codegen.python.events import parse_events
from codegen.python.expansion import find_narrowings
from codegen.python.ir import Contract
from codegen.python.operations import parse_operations
from codegen.python.schema import parse_schemas


def parse_contract(document: JSONObject) -> Contract:
    """Parse the contract into classes and operations.

    Raises:
        SpecError: The contract cannot be expressed in Python.
    """
    root = Node(document)
    components = root.child("components", "schemas")
    version = parse_version(root)
    check_acyclic(components)
    schemas = parse_schemas(components)
    operations = parse_operations(root, schemas)
    requested = find_requested(root, components)
    classes = {}
    for name in sorted(schemas):
        built = build_class(name, schemas[name], schemas, in_request=name in requested)
        if built:
            classes[name] = built
    descriptions = {
        tag.get("name").value: tag.get("description").text_or("")
        for tag in root.get("tags", []).elements()
        if isinstance(tag.get("name").value, str)
    }
    tags = sorted({operation.tag for operation in operations.values()})
    return Contract(
        version=version,
        classes=classes,
        operations=operations,
        narrowings=find_narrowings(classes, schemas),
        tags={tag: descriptions.get(tag) or f"Operations on {tag}." for tag in tags},
        events=parse_events(root.get("x-events", {}), classes),
    )


def find_requested(root: Node, components: Node) -> set[str]:
    """Return the schemas used in requests, none of which may be used in responses."""
    requests: set[str] = set()
    responses: set[str] = set()
    for item in root.child("paths").values():
        for operation in item.values():
            requests |= {*operation.get("parameters", []).references()}
            requests |= {*operation.get("requestBody", {}).references()}
            responses |= {*operation.get("responses", {}).references()}
    requested = find_reachable(requests, components)
    shared = sorted(requested & find_reachable(responses, components))
    if shared:
        raise component(shared[0], None).error(
            "is used in a request and in a response, which need separate schemas"
        )
    return requested


def find_reachable(names: Iterable[str], components: Node) -> set[str]:
    """Return the schemas with these names, and all schemas reachable from them."""
    reachable: set[str] = set()
    pending = list(names)
    while pending:
        name = pending.pop()
        if name not in reachable and components.has(name):
            reachable.add(name)
            pending += component(name, components.value[name]).references()
    return reachable


def check_acyclic(components: Node) -> None:
    """Reject schemas that contain themselves: their classes could not be imported."""
    for name in components.mapping():
        schema = component(name, components.value[name])
        if name in find_reachable(schema.references(), components):
            raise schema.error("contains itself; models must be acyclic")
