"""Turn the types of webhook events into classes."""

import re
from collections.abc import Iterator

from attrs import frozen

from codegen.contract.names import method_name
from codegen.python.docstrings import docstring
from codegen.python.events import base_names
from codegen.python.imports import PACKAGE, import_lines
from codegen.python.ir import Contract, Event, EventKind, Operation
from codegen.python.methods import argument_docs, class_name, typing_imports
from codegen.python.signatures import (
    Signature,
    expand_types_of,
    method_arguments,
    overloads_of,
    signature_of,
)

CLIENT_DOC = "Client to send the request with, such as an `AsyncClient`."
FETCH_DOC = (
    "The request is made in the context or connected account of the event, unless "
    "`options` contains another one."
)
NO_ID_DOC = "The event does not contain the ID of its object."
KINDS: tuple[EventKind, ...] = ("snapshot", "thin")


@frozen(kw_only=True)
class Fetch:
    """The method of an event that retrieves the object it is about."""

    client: str
    """The name of the protocol of a client that has the operation."""
    operations: str
    """The name of the generated class that has the operation as a method."""
    tag: str
    method: str
    """The name of that method."""
    signature: Signature
    overloads: tuple[Signature, ...]
    passed: tuple[str, ...]
    """The keyword arguments passed to that method, as Python source."""
    doc: str
    imports: tuple[str, ...]


@frozen(kw_only=True)
class EventGroup:
    """The events of one kind about objects of one model."""

    kind: EventKind
    model: str
    noun: str
    """The object in prose, such as `account`."""
    article: str
    base: str
    """The name of the base class of the events."""
    data: str
    """The name of the class of `data`, or empty for thin events."""
    fetch: Fetch | None
    """None if the API cannot retrieve a single object."""
    events: tuple[Event, ...]


@frozen(kw_only=True)
class EventModule:
    """The module with the classes of all events."""

    imports: tuple[str, ...]
    typing_imports: tuple[str, ...]
    fetches: tuple[Fetch, ...]
    groups: tuple[EventGroup, ...]
    events: tuple[Event, ...]
    names: tuple[str, ...]
    """The names that the module exports."""


def build_event_module(contract: Contract) -> EventModule:
    """Build the module with the classes of all events."""
    models = sorted({event.model for event in contract.events.values()})
    fetches = {model: build_fetch(model, contract) for model in models}
    groups = [
        group
        for model in models
        for kind in KINDS
        for group in build_groups(model, kind, fetches[model], contract)
    ]
    own = [name for group in groups for name in (group.base, group.data) if name]
    used = [fetch for fetch in fetches.values() if fetch]
    imports = import_lines(models, contract.classes)
    typing_lines = {line for fetch in used for line in fetch.imports}
    return EventModule(
        imports=tuple(imports),
        typing_imports=tuple(sorted(typing_lines - {*imports})),
        fetches=tuple(used),
        groups=tuple(groups),
        events=tuple(contract.events.values()),
        names=tuple(sorted([*own, *(e.name for e in contract.events.values())])),
    )


def build_groups(
    model: str, kind: EventKind, fetch: Fetch | None, contract: Contract
) -> Iterator[EventGroup]:
    """Yield the group of events of one kind about a model, if there are any."""
    events = [
        event
        for event in contract.events.values()
        if (event.model, event.kind) == (model, kind)
    ]
    noun = noun_of(model)
    snapshot, data, notification = base_names(model)
    is_thin = kind == "thin"
    if events:
        yield EventGroup(
            kind=kind,
            model=model,
            noun=noun,
            article="an" if noun[0] in "aeiou" else "a",
            base=notification if is_thin else snapshot,
            data="" if is_thin else data,
            fetch=fetch,
            events=tuple(sorted(events, key=lambda event: event.name)),
        )


def noun_of(model: str) -> str:
    """Return `account holder` for `AccountHolder`."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", model).lower()


def is_retrieval_of(operation: Operation, model: str) -> bool:
    """Return whether an operation retrieves one object of a model by its ID."""
    is_read = operation.method == "GET" and operation.response == model
    return is_read and len(operation.ids) == 1 and not operation.required_keys


def build_fetch(model: str, contract: Contract) -> Fetch | None:
    """Build the method that retrieves an object, if the API has an operation for it."""
    for operation in contract.operations.values():
        if is_retrieval_of(operation, model):
            return fetch_with(operation, contract)
    return None


def fetch_with(operation: Operation, contract: Contract) -> Fetch:
    """Build the method that retrieves an object with an operation."""
    model = operation.response
    client = f"{model}Client"
    signatures = [
        with_client(signature, client)
        for signature in (
            signature_of(operation, contract),
            *overloads_of(operation, contract),
        )
    ]
    texts = argument_docs(operation, method_arguments(operation))
    names = [*(parameter.name for parameter in method_arguments(operation)), "options"]
    return Fetch(
        client=client,
        operations=class_name(operation.tag),
        tag=operation.tag,
        method=method_name(operation.name, operation.tag),
        signature=signatures[0],
        overloads=tuple(signatures[1:]),
        passed=tuple(f"{name}={name}" for name in names),
        doc=docstring(
            f"Retrieve the {noun_of(model)} as it is now.\n\n{FETCH_DOC}",
            {
                "Args": {
                    "client": CLIENT_DOC,
                    **{name: texts[name] for name in names},
                },
                "Returns": operation.returns,
                "Raises": {"InvalidArgumentError": NO_ID_DOC, **operation.raises},
            },
            indent=8,
        ),
        imports=tuple(fetch_imports(operation, signatures, contract)),
    )


def with_client(signature: Signature, client: str) -> Signature:
    """Return the signature of a method that has a client instead of IDs."""
    keywords = signature.arguments[signature.arguments.index("*") + 1 :]
    quoted = [quote_annotation(argument) for argument in keywords]
    return Signature(
        arguments=("self", f'client: "{client}"', "*", *quoted),
        result=f'"{signature.result}"',
    )


def quote_annotation(argument: str) -> str:
    """Return an argument whose type is not evaluated at run time."""
    return re.sub(r"^(\w+): (.+?)( = None)?$", r'\1: "\2"\3', argument)


def fetch_imports(
    operation: Operation, signatures: list[Signature], contract: Contract
) -> list[str]:
    """Return the imports of a method that are needed only by type checkers."""
    annotations = [
        text
        for signature in signatures
        for text in (*signature.arguments, signature.result)
    ]
    model = operation.response
    expand_types = (
        [expand_type.name for expand_type in expand_types_of(model, contract)]
        if model in contract.narrowings
        else []
    )
    names = ", ".join([class_name(operation.tag), *expand_types])
    return [
        f"from {PACKAGE}.operations.{operation.tag} import {names}",
        *typing_imports(annotations, contract),
    ]
