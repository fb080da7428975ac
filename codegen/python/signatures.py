"""Build the signatures of methods, including the overloads for `expand`."""

from collections.abc import Iterator

from attrs import frozen

from codegen.python.expansion import expand_name
from codegen.python.ir import Contract, Narrowing, Operation, Parameter

LAST_ARGUMENTS = ("limit", "starting_after", "ending_before", "expand")
"""Arguments common to all lists. They follow those specific to the operation."""
OPTIONS = "options: RequestOptions | None = None"
NOTHING = "Sequence[Never]"
"""The type of `expand` if no field can be expanded."""


@frozen(kw_only=True)
class Signature:
    """The arguments and the result of a method or overload, as Python source."""

    arguments: tuple[str, ...]
    result: str


@frozen(kw_only=True)
class ExpandType:
    """The type of `expand` that selects an overload."""

    name: str
    definition: str


def target_of(operation: Operation) -> str:
    """Return the model that `expand` applies to: for a list, the model of its items."""
    return operation.item or operation.response


def method_arguments(operation: Operation) -> list[Parameter]:
    """Return the keyword arguments of a method, in the order of its signature."""
    return sorted(
        operation.arguments,
        key=lambda parameter: (not parameter.required, *last_position(parameter.name)),
    )


def last_position(name: str) -> tuple[int, str]:
    """Return a sort key that puts the arguments common to all lists at the end."""
    position = LAST_ARGUMENTS.index(name) if name in LAST_ARGUMENTS else -1
    return position, name


def annotation_of(
    parameter: Parameter, operation: Operation, contract: Contract
) -> str:
    """Return the type of an argument. For lists, `expand` takes paths within items."""
    if parameter.wire != "expand":
        return parameter.annotation
    paths = expand_name(target_of(operation))
    return f"Sequence[{paths}]" if paths in contract.classes else NOTHING


def signature_of(
    operation: Operation, contract: Contract, expand: str = "", result: str = ""
) -> Signature:
    """Return the signature of a method, or of an overload with another `expand`."""
    arguments = [
        "self",
        *(f"{placeholder.name}: str" for placeholder in operation.ids),
        "*",
    ]
    for parameter in method_arguments(operation):
        annotation = annotation_of(parameter, operation, contract)
        argument = f"{parameter.name}: {annotation}"
        if not parameter.required:
            argument += " | None = None"
        if parameter.wire == "expand" and expand:
            argument = f"{parameter.name}: {expand}"
        arguments.append(argument)
    result = result or target_of(operation)
    return Signature(
        arguments=(*arguments, OPTIONS),
        result=f"Pager[{result}]" if operation.item else result,
    )


def overloads_of(operation: Operation, contract: Contract) -> Iterator[Signature]:
    """Yield a signature for each type that `expand` can narrow the result to."""
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
    """Yield the types of `expand` in the overloads of a model's methods."""
    members = contract.classes[expand_name(model)].members
    paths = [member.value for member in members]
    narrowings = contract.narrowings[model]
    expanded = {field.name for narrowing in narrowings for field in narrowing.fields}
    rest = [path for path in paths if path not in expanded]
    definition = f"Sequence[{literal(rest)}]" if rest else NOTHING
    yield ExpandType(name=f"ExpandTo{model}", definition=definition)
    for narrowing in narrowings:
        yield ExpandType(
            name=f"ExpandTo{narrowing.name}",
            definition=sequence_of(model, paths, narrowing),
        )


def sequence_of(model: str, all_paths: list[str], narrowing: Narrowing) -> str:
    """Return the type of a list or tuple of paths that selects a narrowing.

    It is not a `Sequence`, so that a variable of type `Sequence[AccountExpand]`, which
    may contain none of the paths, does not match.
    """
    is_all = len(narrowing.paths) == len(all_paths)
    paths = expand_name(model) if is_all else literal(list(narrowing.paths))
    return f"list[{paths}] | tuple[{paths}, ...]"


def literal(values: list[str]) -> str:
    """Return a `Literal` of these values."""
    return f"Literal[{', '.join(map(ascii, values))}]"
