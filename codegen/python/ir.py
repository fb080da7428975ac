"""Intermediate representation of the contract: the input to the templates.

The parser fills in these classes once. The templates, the diff and the facade check
read their attributes, never the contract's YAML.
"""

from collections.abc import Mapping
from typing import Literal

from attrs import field, frozen

Kind = Literal["model", "enum", "dict", "literal"]
EventKind = Literal["snapshot", "thin"]


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
    """A field of a model or of a `TypedDict`."""

    location: str
    name: str
    annotation: str
    """The Python type, without `None`."""
    required: bool
    nullable: bool
    constant: str | None
    limits: Mapping[str, object]
    hidden: bool
    """True if a repr omits the field because it may hold personal data."""
    doc: str = ""

    @property
    def is_guaranteed(self) -> bool:
        """True if every response has a value for the field."""
        return self.required and not self.nullable and self.annotation != "Any"

    @property
    def attribute_type(self) -> str:
        """The Python type of the field as an attribute of a model."""
        may_be_none = not self.is_guaranteed and self.annotation != "Any"
        return f"{self.annotation} | None" if may_be_none else self.annotation

    @property
    def default(self) -> str:
        """The value of the attribute's declaration, as Python source."""
        default = "REQUIRED" if self.is_guaranteed else "None"
        return f"field(default={default}, repr=False)" if self.hidden else default


@frozen(kw_only=True)
class Class:
    """A named schema: a model, an enum, a `TypedDict` or a `Literal`."""

    location: str
    name: str
    kind: Kind
    doc: str
    fields: tuple[Field, ...] = ()
    extra: tuple[Field, ...] = ()
    """Fields whose names cannot be attributes, and which are only in `extra`."""
    members: tuple[EnumMember, ...] = ()
    imports: tuple[str, ...] = ()

    @property
    def in_request(self) -> bool:
        """True if it is used in requests rather than in responses."""
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
    """The keys at or below the parameter whose values are arrays."""
    required_keys: tuple[str, ...]
    """The keys at or below the parameter that must be present."""
    clearable_keys: tuple[str, ...] = ()
    """The keys at or below the parameter that accept an empty string."""
    description: str = ""


@frozen(kw_only=True)
class Operation:
    """An API operation."""

    location: str
    name: str
    tag: str
    method: str
    path: str
    ids: tuple[Parameter, ...]
    """The placeholders in the path, in order."""
    parameters: tuple[Parameter, ...]
    """The query parameters or form fields, sorted by name."""
    response: str
    """The name of the model in the response."""
    item: str
    """The name of the model in a list, or empty."""
    expandable: tuple[str, ...]
    """The paths that can be expanded in the model, for a list in each item."""
    summary: str
    description: str
    returns: str
    raises: Mapping[str, str]
    """Descriptions of the errors to document, keyed by class name."""
    source: str
    """The URL of the operation's page in Stripe's documentation."""

    @property
    def arguments(self) -> tuple[Parameter, ...]:
        """The keyword arguments of the function, required ones first."""
        return tuple(
            sorted(self.parameters, key=lambda parameter: not parameter.required)
        )

    @property
    def arrays(self) -> tuple[str, ...]:
        """The keys of all parameters whose values are arrays."""
        keys = (key for parameter in self.parameters for key in parameter.arrays)
        return tuple(sorted(keys))

    @property
    def required_keys(self) -> tuple[str, ...]:
        """The keys of all parameters that must be present."""
        keys = (key for parameter in self.parameters for key in parameter.required_keys)
        return tuple(sorted(keys))

    @property
    def clearable_keys(self) -> tuple[str, ...]:
        """The keys that must be present, but accept an empty string."""
        keys = {key for item in self.parameters for key in item.clearable_keys}
        return tuple(key for key in self.required_keys if key in keys)


@frozen(kw_only=True)
class Narrowing:
    """A model with a set of fields that are known to be expanded.

    It exists only for type checkers. At run time, it is the model itself.
    """

    name: str
    model: str
    fields: tuple[Field, ...]
    """The expanded fields, typed as objects."""
    paths: tuple[str, ...]
    """The paths that `expand` may contain, without those of other expandable fields.

    A list of these paths that matches no narrowing with fewer fields contains all of
    `fields`.
    """
    imports: tuple[str, ...]
    """The imports that the types of the fields need."""
    doc: str


@frozen(kw_only=True)
class Event:
    """A type of webhook event."""

    location: str
    type: str
    """The type in the API, such as `financial_connections.account.created`."""
    name: str
    """The name of the class."""
    kind: EventKind
    """`snapshot` if events contain the object, `thin` if they only refer to it."""
    model: str
    """The name of the model of the object that the event is about."""
    doc: str


@frozen(kw_only=True)
class Contract:
    """Everything to generate."""

    version: str
    """The version of Stripe's API."""
    classes: Mapping[str, Class]
    operations: Mapping[str, Operation]
    narrowings: Mapping[str, tuple[Narrowing, ...]] = field(factory=dict)
    """The narrowings of each model that has any, ordered by their number of fields."""
    tags: Mapping[str, str]
    """The description of each tag in use."""
    events: Mapping[str, Event] = field(factory=dict)
    """The types of webhook events, keyed and sorted by type."""

    def tagged(self, tag: str) -> list[Operation]:
        """Return the operations with a tag, sorted by name."""
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
