"""The contract as Python code will express it: the input of the templates.

The parser fills these classes once. Templates, the diff and the facade check read their
attributes, and never the contract's YAML.
"""

from collections.abc import Mapping
from typing import Literal

from attrs import field, frozen

Kind = Literal["model", "enum", "dict", "literal"]


@frozen(kw_only=True)
class EnumMember:
    """A value of an enum."""

    name: str
    value: str
    doc: str = ""

    @property
    def literal(self) -> str:
        """The value as Python source."""
        return ascii(self.value)


@frozen(kw_only=True)
class Field:
    """A field of a model or of a dictionary that a request takes."""

    location: str
    name: str
    annotation: str
    """The Python type, without `None`."""
    required: bool
    nullable: bool
    constant: str | None
    limits: Mapping[str, object]
    hidden: bool
    """Whether a repr leaves the field out, because it may hold personal data."""
    doc: str = ""


@frozen(kw_only=True)
class Class:
    """A named schema: a model, an enum, a `TypedDict` or a `Literal`."""

    location: str
    name: str
    kind: Kind
    doc: str
    fields: tuple[Field, ...] = ()
    extra: tuple[Field, ...] = ()
    """Fields whose names cannot be attributes. They are only in the model's `extra`."""
    members: tuple[EnumMember, ...] = ()
    imports: tuple[str, ...] = ()

    @property
    def in_request(self) -> bool:
        """Whether callers send it. Otherwise, they receive it."""
        return self.kind in {"dict", "literal"}


@frozen(kw_only=True)
class Parameter:
    """A parameter of an operation, as an argument of a Python function."""

    location: str
    wire: str
    """The name in the API."""
    name: str
    """The name in Python."""
    annotation: str
    """The Python type, without `None`."""
    required: bool
    limits: Mapping[str, object]
    arrays: tuple[str, ...]
    """The keys at and below the parameter that hold arrays."""
    required_keys: tuple[str, ...]
    """The keys at and below the parameter that must be present."""
    description: str = ""


@frozen(kw_only=True)
class Operation:
    """An operation of the API."""

    location: str
    name: str
    tag: str
    method: str
    path: str
    ids: tuple[Parameter, ...]
    """The placeholders of the path, in order."""
    parameters: tuple[Parameter, ...]
    """The query parameters or form fields, in the order of their names."""
    response: str
    """The name of the model in the response."""
    item: str
    """The name of the model in a list, or empty."""
    summary: str
    description: str
    returns: str
    raises: Mapping[str, str]
    """The errors to document, by the name of their class."""
    source: str
    """The address of Stripe's documentation."""

    @property
    def arguments(self) -> tuple[Parameter, ...]:
        """The keyword arguments of the function, required ones first."""
        return tuple(
            sorted(self.parameters, key=lambda parameter: not parameter.required)
        )

    @property
    def arrays(self) -> tuple[str, ...]:
        """The keys of all parameters that hold arrays."""
        keys = (key for parameter in self.parameters for key in parameter.arrays)
        return tuple(sorted(keys))

    @property
    def required_keys(self) -> tuple[str, ...]:
        """The keys of all parameters that must be present."""
        keys = (key for parameter in self.parameters for key in parameter.required_keys)
        return tuple(sorted(keys))


@frozen(kw_only=True)
class Narrowing:
    """A model some of whose expandable fields are known to be expanded.

    It exists for type checkers only; at run time it is the model itself.
    """

    name: str
    model: str
    fields: tuple[Field, ...]
    """The expanded fields, with the type of the object."""
    paths: tuple[str, ...]
    """The paths that `expand` may contain besides, without other expandable fields.

    A list that fits these paths, and those of no class with fewer fields, contains all
    of `fields`.
    """
    imports: tuple[str, ...]
    """What the types of the fields need."""
    doc: str


@frozen(kw_only=True)
class Contract:
    """Everything that is generated."""

    version: str
    """The version of Stripe's API."""
    classes: Mapping[str, Class]
    operations: Mapping[str, Operation]
    narrowings: Mapping[str, tuple[Narrowing, ...]] = field(factory=dict)
    """The narrowings of each model that has any, those with fewer fields first."""
    tags: Mapping[str, str]
    """The description of each tag that operations have."""

    def tagged(self, tag: str) -> list[Operation]:
        """Return the operations with this tag, in the order of their names."""
        operations = [self.operations[name] for name in sorted(self.operations)]
        return [operation for operation in operations if operation.tag == tag]

    @property
    def all_narrowings(self) -> list[Narrowing]:
        """The narrowings of all models."""
        return [
            narrowing
            for narrowings in self.narrowings.values()
            for narrowing in narrowings
        ]
