"""Turn the operations of a tag into the methods of a class."""

import re
from collections.abc import Iterable, Iterator

from attrs import frozen

from codegen.access import SpecError
from codegen.contract.names import method_name, pascal, singular
from codegen.python.docstrings import Sections, docstring
from codegen.python.expansion import expand_name
from codegen.python.imports import import_lines
from codegen.python.ir import Contract, Narrowing, Operation, Parameter
from codegen.python.operations import PAGE_PARAMETERS

LAST_ARGUMENTS = ("limit", "starting_after", "ending_before", "expand")
"""Arguments that every list has. They follow those of the operation itself."""
OPTIONS = "options: RequestOptions | None = None"
OPTIONS_DOC = "Overrides the client's settings for this call."
SENDER_DOC = "Sends the requests."
PAGER_DOC = (
    "A pager. Await it for a single page, or iterate over it for all items. Nothing is "
    "sent before."
)
ITEM_EXPAND_DOC = (
    "Fields of the items whose IDs to replace with the objects they refer to. None by "
    "default."
)
NO_EXPAND_DOC = "Not used: there is no field to expand yet."
NOTHING = "Sequence[Never]"


@frozen(kw_only=True)
class Signature:
    """The arguments of a method or an overload as Python source, and its result."""

    arguments: tuple[str, ...]
    result: str


@frozen(kw_only=True)
class Method:
    """A method that calls the function of an operation."""

    name: str
    operation: Operation
    signature: Signature
    overloads: tuple[Signature, ...]
    passed: tuple[str, ...]
    """The arguments for the function of the operation, as Python source."""
    doc: str


@frozen(kw_only=True)
class ExpandType:
    """The type of `expand` in the overload that returns a class."""

    name: str
    definition: str


@frozen(kw_only=True)
class OperationsModule:
    """A module with the class that has the operations of a tag as methods."""

    tag: str
    class_name: str
    doc: str
    typing_imports: tuple[str, ...]
    expand_types: tuple[ExpandType, ...]
    methods: tuple[Method, ...]


def build_module(tag: str, contract: Contract) -> OperationsModule:
    """Return the module with the operations of a tag."""
    built = [build_method(one, contract) for one in contract.tagged(tag)]
    methods = tuple(sorted(built, key=lambda method: method.name))
    names = [method.name for method in methods]
    if len(set(names)) < len(names):
        raise SpecError(f"tags.{tag}: two operations would be the same method")
    models = sorted(
        {target_of(one.operation) for one in methods} & contract.narrowings.keys()
    )
    expand_types = [one for model in models for one in expand_types_of(model, contract)]
    signatures = [
        signature for one in methods for signature in (one.signature, *one.overloads)
    ]
    annotations = [
        *(text for one in signatures for text in (*one.arguments, one.result)),
        *(one.definition for one in expand_types),
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
    """Return the name of the class with the operations of a tag."""
    return f"{pascal(singular(tag))}Operations"


def build_method(operation: Operation, contract: Contract) -> Method:
    """Return the method for an operation."""
    return Method(
        name=method_name(operation.name, operation.tag),
        operation=operation,
        signature=signature_of(operation, contract),
        overloads=tuple(overloads_of(operation, contract)),
        passed=tuple(passed_arguments(operation)),
        doc=method_doc(operation, contract),
    )


def target_of(operation: Operation) -> str:
    """Return the model whose fields `expand` names: the items of a list."""
    return operation.item or operation.response


def method_arguments(operation: Operation) -> list[Parameter]:
    """Return the keyword arguments of a method, in the order of its signature."""
    return sorted(
        operation.arguments,
        key=lambda one: (not one.required, *last_position(one.name)),
    )


def last_position(name: str) -> tuple[int, str]:
    """Return a sort key that puts the arguments that every list has at the end."""
    position = LAST_ARGUMENTS.index(name) if name in LAST_ARGUMENTS else -1
    return position, name


def annotation_of(
    parameter: Parameter, operation: Operation, contract: Contract
) -> str:
    """Return the type of an argument. `expand` takes the paths of a list's items."""
    if parameter.wire != "expand":
        return parameter.annotation
    paths = expand_name(target_of(operation))
    return f"Sequence[{paths}]" if paths in contract.classes else NOTHING


def signature_of(
    operation: Operation, contract: Contract, expand: str = "", result: str = ""
) -> Signature:
    """Return the signature of a method, or of an overload with another `expand`."""
    arguments = ["self", *(f"{one.name}: str" for one in operation.ids), "*"]
    for one in method_arguments(operation):
        annotation = annotation_of(one, operation, contract)
        argument = f"{one.name}: {annotation}"
        if not one.required:
            argument += " | None = None"
        if one.wire == "expand" and expand:
            argument = f"{one.name}: {expand}"
        arguments.append(argument)
    result = result or target_of(operation)
    return Signature(
        arguments=(*arguments, OPTIONS),
        result=f"Pager[{result}]" if operation.item else result,
    )


def overloads_of(operation: Operation, contract: Contract) -> Iterator[Signature]:
    """Yield a signature for each type that `expand` narrows the result to."""
    model = target_of(operation)
    if model not in contract.narrowings or not has_expand(operation):
        return
    yield signature_of(operation, contract, f"ExpandTo{model} | None = None", model)
    for narrowing in contract.narrowings[model]:
        name = narrowing.name
        yield signature_of(operation, contract, f"ExpandTo{name}", name)
    yield signature_of(
        operation, contract, f"Sequence[{expand_name(model)}] | None", model
    )


def has_expand(operation: Operation) -> bool:
    """Return whether an operation can expand fields."""
    return any(parameter.wire == "expand" for parameter in operation.parameters)


def expand_types_of(model: str, contract: Contract) -> Iterator[ExpandType]:
    """Yield the types of `expand` that the overloads of a model's methods have."""
    members = contract.classes[expand_name(model)].members
    paths = [member.value for member in members]
    narrowings = contract.narrowings[model]
    expanded = {field.name for one in narrowings for field in one.fields}
    rest = [path for path in paths if path not in expanded]
    definition = f"Sequence[{literal(rest)}]" if rest else NOTHING
    yield ExpandType(name=f"ExpandTo{model}", definition=definition)
    for narrowing in narrowings:
        yield ExpandType(
            name=f"ExpandTo{narrowing.name}",
            definition=sequence_of(model, paths, narrowing),
        )


def sequence_of(model: str, all_paths: list[str], narrowing: Narrowing) -> str:
    """Return the type of a list or tuple of paths that lead to a narrowing.

    It is not `Sequence`, so that a variable of type `Sequence[AccountExpand]`, which
    need not contain any path, does not fit.
    """
    is_all = len(narrowing.paths) == len(all_paths)
    paths = expand_name(model) if is_all else literal(list(narrowing.paths))
    return f"list[{paths}] | tuple[{paths}, ...]"


def literal(values: list[str]) -> str:
    """Return a `Literal` of these values."""
    return f"Literal[{', '.join(map(ascii, values))}]"


def passed_arguments(operation: Operation) -> Iterator[str]:
    """Yield what a method passes to the function of its operation."""
    yield "self._sender"
    yield from (one.name for one in operation.ids)
    for one in method_arguments(operation):
        if operation.item and one.wire in PAGE_PARAMETERS:
            continue
        value = one.name
        if operation.item and one.wire == "expand":
            value = f"item_paths({value})"
        elif operation.item and is_mutable(one):
            value = f"deepcopy({value})"
        yield f"{one.name}={value}"


def is_mutable(parameter: Parameter) -> bool:
    """Return whether callers could change an argument after the call."""
    words = set(re.findall(r"\w+", parameter.annotation))
    return not words <= {"str", "int", "float", "bool", "datetime"}


def typing_imports(annotations: list[str], contract: Contract) -> list[str]:
    """Return the imports that only type checkers need."""
    words = {word for text in annotations for word in re.findall(r"\w+", text)}
    classes = {*contract.classes} | {
        narrowing.name for some in contract.narrowings.values() for narrowing in some
    }
    lines = import_lines(annotations, classes)
    typing_names = words & {"Literal", "Never"}
    lines += [f"from typing import {name}" for name in sorted(typing_names)]
    return [
        *lines,
        "from typing import TypeAlias",
        "from financial_connections._request import RequestOptions, Sender",
    ]


def function_doc(operation: Operation) -> str:
    """Return the docstring of the function for an operation."""
    arguments = described(operation, operation.arguments)
    sections: Sections = {
        "Args": {"sender": "Sends the request.", **arguments},
        "Returns": operation.returns,
    }
    return docstring(operation.summary, sections)


def method_doc(operation: Operation, contract: Contract) -> str:
    """Return the docstring of the method for an operation."""
    texts = described(operation, method_arguments(operation))
    for one in operation.parameters:
        if annotation_of(one, operation, contract) == NOTHING:
            texts[one.name] = NO_EXPAND_DOC
        elif one.wire == "expand" and operation.item:
            texts[one.name] = ITEM_EXPAND_DOC
    sections: Sections = {
        "Args": texts,
        "Returns": PAGER_DOC if operation.item else operation.returns,
        "Raises": operation.raises,
    }
    text = f"{operation.summary}\n\n{operation.description}"
    source = f"Source: {operation.source}" if operation.source else ""
    return docstring(text, sections, source, indent=8)


def described(operation: Operation, arguments: Iterable[Parameter]) -> dict[str, str]:
    """Return the descriptions of a function's arguments, with `options`."""
    every = (*operation.ids, *arguments)
    texts = {one.name: one.description or f"`{one.wire}` of the API." for one in every}
    return {**texts, "options": OPTIONS_DOC}
