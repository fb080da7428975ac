"""List the words that hand-written files use for the names in a contract."""

import re
from collections.abc import Iterator

from attrs import frozen

from codegen.contract.names import method_name
from codegen.python.ir import Class, Contract, Field, Parameter

COMMAND = "src/financial_connections/cli/"
SANDBOX = "src/financial_connections/sandbox/"


@frozen
class Name:
    """A name in a contract, and the words that files use for it."""

    label: str
    """The name, prefixed with that of its schema or operation: `Session.limits`."""
    words: tuple[str, ...]
    """The words for it. The first one is also the name in the API."""
    schema: str = ""
    """The schema that it belongs to, if any."""
    places: tuple[str, ...] = ()
    """The folders that should mention it."""


Vocabulary = dict[str, Name]


def list_names(contract: Contract) -> Vocabulary:
    """Return everything in a contract that has a name, by label."""
    names = (*names_of_operations(contract), *names_of_events(contract))
    schemas = contract.classes.values()
    return {
        name.label: name
        for name in (*names, *(name for each in schemas for name in names_in(each)))
    }


def names_of_operations(contract: Contract) -> Iterator[Name]:
    """Yield the operations and their parameters."""
    for operation in contract.operations.values():
        method = method_name(operation.name, operation.tag)
        yield Name(operation.name, (operation.name, method))
        for parameter in operation.arguments:
            yield Name(
                f"{operation.name}.{parameter.wire}",
                (parameter.wire, parameter.name),
                places=(COMMAND, SANDBOX),
            )


def names_of_events(contract: Contract) -> Iterator[Name]:
    """Yield the types of webhook events."""
    for event in contract.events.values():
        last = event.type.rpartition(".")[2]
        yield Name(event.type, (last, event.name), places=(SANDBOX,))


def names_in(schema: Class) -> Iterator[Name]:
    """Yield a schema with its fields and values."""
    yield Name(schema.name, (schema.name,))
    places = (COMMAND, SANDBOX) if schema.in_request else (SANDBOX,)
    for field in (*schema.fields, *schema.extra):
        yield Name(f"{schema.name}.{field.name}", (field.name,), schema.name, places)
    for member in schema.members:
        words = (member.value, member.name)
        yield Name(f"{schema.name}.{member.value}", words, schema.name)


def words_in(vocabulary: Vocabulary) -> set[str]:
    """Return all words of a vocabulary."""
    return {word for name in vocabulary.values() for word in name.words}


def holders_of(schema: str, contract: Contract) -> set[str]:
    """Return the names of the fields and parameters that hold a schema."""
    typed: list[Field | Parameter] = [
        *(field for each in contract.classes.values() for field in each.fields),
        *(
            parameter
            for operation in contract.operations.values()
            for parameter in operation.arguments
        ),
    ]
    return {
        each.name for each in typed if schema in re.findall(r"\w+", each.annotation)
    }
