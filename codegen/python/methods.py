"""Turn the operations with a tag into the methods of a class."""

import re
from collections.abc import Iterable, Iterator

from attrs import frozen

from codegen.access import SpecError
from codegen.contract.names import method_name, pascal, singular
from codegen.python.docstrings import Sections, docstring
from codegen.python.imports import import_lines
from codegen.python.ir import Contract, Operation, Parameter
from codegen.python.operations import PAGE_PARAMETERS
from codegen.python.signatures import (
    NOTHING,
    ExpandType,
    Signature,
    annotation_of,
    expand_types_of,
    method_arguments,
    overloads_of,
    signature_of,
    target_of,
)

DATETIME_DOC = "A `datetime` must have a time zone."
OPTIONS_DOC = "Overrides the client's settings for this call."
SENDER_DOC = "Sends the requests."
PAGER_DOC = (
    "A `Pager`: await it for one page, or iterate over it for all items. No request is "
    "sent before that."
)
ITEM_EXPAND_DOC = (
    "Paths of the IDs in each item to replace with the objects they refer to. None by "
    "default."
)
NO_EXPAND_DOC = "Not used: no field can be expanded yet."


@frozen(kw_only=True)
class Method:
    """A method that calls an operation's function."""

    name: str
    operation: Operation
    signature: Signature
    overloads: tuple[Signature, ...]
    passed: tuple[str, ...]
    """The arguments passed to the operation's function, as Python source."""
    doc: str

    def annotations(self) -> Iterator[str]:
        """Yield the parts of the Python source that refer to types."""
        for signature in (self.signature, *self.overloads):
            yield from (*signature.arguments, signature.result)


@frozen(kw_only=True)
class OperationsModule:
    """A module containing a class whose methods are the operations with a tag."""

    tag: str
    class_name: str
    doc: str
    typing_imports: tuple[str, ...]
    expand_types: tuple[ExpandType, ...]
    methods: tuple[Method, ...]


def build_module(tag: str, contract: Contract) -> OperationsModule:
    """Build the module for a tag."""
    unsorted = [build_method(operation, contract) for operation in contract.tagged(tag)]
    methods = tuple(sorted(unsorted, key=lambda method: method.name))
    names = [method.name for method in methods]
    if len(set(names)) < len(names):
        raise SpecError(f"tags.{tag}: two operations would have the same method name")
    models = {target_of(method.operation) for method in methods}
    expand_types = [
        expand_type
        for model in sorted(models & contract.narrowings.keys())
        for expand_type in expand_types_of(model, contract)
    ]
    annotations = [
        *(text for method in methods for text in method.annotations()),
        *(expand_type.definition for expand_type in expand_types),
    ]
    return OperationsModule(
        tag=tag,
        class_name=class_name(tag),
        doc=docstring(contract.tags[tag], {"Args": {"sender": SENDER_DOC}}),
        typing_imports=tuple(typing_imports(annotations, contract)),
        expand_types=tuple(expand_types),
        methods=methods,
    )


def class_name(tag: str) -> str:
    """Return the name of the class for a tag."""
    return f"{pascal(singular(tag))}Operations"


def build_method(operation: Operation, contract: Contract) -> Method:
    """Build the method for an operation."""
    return Method(
        name=method_name(operation.name, operation.tag),
        operation=operation,
        signature=signature_of(operation, contract),
        overloads=tuple(overloads_of(operation, contract)),
        passed=tuple(passed_arguments(operation)),
        doc=method_doc(operation, contract),
    )


def passed_arguments(operation: Operation) -> Iterator[str]:
    """Yield the arguments that a method passes to its operation's function."""
    yield "self._sender"
    yield from (placeholder.name for placeholder in operation.ids)
    for parameter in method_arguments(operation):
        if operation.item and parameter.wire in PAGE_PARAMETERS:
            continue
        value = parameter.name
        if operation.item and parameter.wire == "expand":
            value = f"item_paths({value})"
        elif operation.item and is_mutable(parameter):
            value = f"deepcopy({value})"
        yield f"{parameter.name}={value}"


def is_mutable(parameter: Parameter) -> bool:
    """Return whether callers could modify an argument after the call."""
    words = set(re.findall(r"\w+", parameter.annotation))
    return not words <= {"str", "int", "float", "bool", "datetime"}


def typing_imports(annotations: list[str], contract: Contract) -> list[str]:
    """Return the imports needed only by type checkers."""
    words = {word for text in annotations for word in re.findall(r"\w+", text)}
    narrowed = {narrowing.name for narrowing in contract.all_narrowings}
    classes = {*contract.classes, *narrowed}
    lines = import_lines(annotations, classes)
    typing_names = words & {"Literal", "Never"}
    lines += [f"from typing import {name}" for name in sorted(typing_names)]
    if "Pager" in words:
        lines.append("from financial_connections.pagination import Pager")
    return [
        *lines,
        "from typing import TypeAlias",
        "from financial_connections._request import RequestOptions, Sender",
    ]


def function_doc(operation: Operation) -> str:
    """Return the docstring of an operation's function."""
    arguments = argument_docs(operation, operation.arguments)
    sections: Sections = {
        "Args": {"sender": "Sends the request.", **arguments},
        "Returns": operation.returns,
    }
    return docstring(operation.summary, sections)


def method_doc(operation: Operation, contract: Contract) -> str:
    """Return the docstring of an operation's method."""
    texts = argument_docs(operation, method_arguments(operation))
    for parameter in operation.parameters:
        if annotation_of(parameter, operation, contract) == NOTHING:
            texts[parameter.name] = NO_EXPAND_DOC
        elif parameter.wire == "expand" and operation.item:
            texts[parameter.name] = ITEM_EXPAND_DOC
    sections: Sections = {
        "Args": texts,
        "Returns": PAGER_DOC if operation.item else operation.returns,
        "Raises": operation.raises,
    }
    text = f"{operation.summary}\n\n{operation.description}"
    source = f"Source: {operation.source}" if operation.source else ""
    return docstring(text, sections, source, indent=8)


def argument_docs(
    operation: Operation, arguments: Iterable[Parameter]
) -> dict[str, str]:
    """Return the descriptions of a function's arguments, including `options`."""
    texts = {
        argument.name: argument_doc(argument)
        for argument in (*operation.ids, *arguments)
    }
    return {**texts, "options": OPTIONS_DOC}


def argument_doc(argument: Parameter) -> str:
    """Return the description of an argument, with details specific to Python."""
    text = argument.description or f"`{argument.wire}` in the API."
    takes_datetime = "datetime" in re.findall(r"\w+", argument.annotation)
    return f"{text} {DATETIME_DOC}" if takes_datetime else text
