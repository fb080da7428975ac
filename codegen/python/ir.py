"""Facts: all that the templates write, worked out beforehand, so that they need not
think.
"""

from collections.abc import Iterable, Iterator

from codegen.access import Node, SpecError, child, mapping, sequence, targets, text
from codegen.contract.slicing import VERSION
from codegen.python.calls import calls_of
from codegen.python.classes import class_of


def facts_of(contract: Node) -> Node:
    """The contract as classes and calls."""
    components = child(
        child(contract, "components", "document"), "schemas", "components"
    )
    version = text(child(contract, "info", "document").get("version"), "info.version")
    if not VERSION.fullmatch(version):
        raise SpecError(
            f"info.version: {version!r} is no Stripe API version such as '2023-10-16'"
        )
    for name in components:
        mapping(components[name], f"components.schemas.{name}")
    no_circle(components)
    calls = calls_of(contract)
    asked = asked_by(contract, components)
    every = {
        name: class_of(name, components, asked=name in asked)
        for name in sorted(components)
    }
    classes = {name: facts for name, facts in every.items() if facts}
    tags = sorted({call["tag"] for call in calls.values()})
    return {
        "version": version,
        "classes": classes,
        "calls": dict(sorted(calls.items())),
        "tags": tags,
    }


def asked_by(contract: Node, components: Node) -> set[str]:
    """The schemas that requests are made of. None of them may be part of an answer too."""
    requests, answers = [], []
    for path, item in contract["paths"].items():
        for method, operation in item.items():
            place = f"paths.{path}.{method}"
            requests += [
                sequence(operation.get("parameters", []), place),
                operation.get("requestBody", {}),
            ]
            answers.append(operation.get("responses", {}))
    asked = reached(targets(requests, "paths"), components)
    both = sorted(asked & reached(targets(answers, "paths"), components))
    if both:
        raise SpecError(
            f"components.schemas.{both[0]}: is part of a request and of an answer; these need two names"
        )
    return asked


def reached(names: Iterable[str], components: Node) -> set[str]:
    """The names, and those of everything below them."""
    found: set[str] = set()
    waiting = list(names)
    while waiting:
        name = waiting.pop()
        if name not in found and name in components:
            found.add(name)
            waiting += targets(components[name], f"components.schemas.{name}")
    return found


def no_circle(components: Node) -> None:
    """Stop at a schema that contains itself: its type hints could not be resolved."""
    for name in components:
        if name in reached(below(name, components), components):
            raise SpecError(
                f"components.schemas.{name}: contains itself; models have to be acyclic"
            )


def below(name: str, components: Node) -> Iterator[str]:
    """The schemas that one refers to."""
    return targets(components[name], f"components.schemas.{name}")
