"""Helpers for expandable fields, which hold an ID or the expanded object."""

from typing import Any, Protocol, TypeVar, overload

from financial_connections._decoding import Model
from financial_connections.errors import NotExpandedError

__all__ = ["expanded", "id_of"]

ObjectT = TypeVar("ObjectT", bound=Model)
IdT_co = TypeVar("IdT_co", covariant=True)

# An unexpanded field is a plain string, so only the prefix of the ID suggests which
# field it came from. IDs are meant to be opaque, so only a message uses this guess.
# Source: https://docs.stripe.com/api/expanding_objects
_PATHS_BY_PREFIX = {
    "acct_": "account_holder.account",
    "cus_": "account_holder.customer",
    "fcaowns_": "ownership",
}


class _HasId(Protocol[IdT_co]):
    @property
    def id(self) -> IdT_co: ...


@overload
def expanded(field: None) -> None: ...
@overload
def expanded(field: str | ObjectT) -> ObjectT: ...
@overload
def expanded(field: str | ObjectT | None) -> ObjectT | None: ...
def expanded(field: str | ObjectT | None) -> ObjectT | None:
    """Return the object in an expandable field.

    Args:
        field: Value of the field, such as `account.ownership`.

    Returns:
        The object; None if the field is null.

    Raises:
        NotExpandedError: The field holds only the object's ID. The message names the
            `expand=` argument to add.
    """
    if not isinstance(field, str):
        return field
    paths = [
        path for prefix, path in _PATHS_BY_PREFIX.items() if field.startswith(prefix)
    ]
    hint = (
        f"expand={paths}"
        if paths
        else f"expand=[…] with one of {sorted(_PATHS_BY_PREFIX.values())}"
    )
    raise NotExpandedError(f"the field holds only an ID: add {hint} to the call")


@overload
def id_of(field: None) -> None: ...
@overload
def id_of(field: str | _HasId[str]) -> str: ...
@overload
def id_of(field: str | _HasId[str | None] | None) -> str | None: ...
def id_of(field: str | _HasId[str | None] | None) -> str | None:
    """Return the ID in an expandable field, whether or not the field is expanded.

    Args:
        field: Value of the field, such as `account.ownership`.

    Returns:
        The ID; None if the field is null.
    """
    if field is None or isinstance(field, str):
        return field
    return field.id


def item_paths(paths: Any) -> Any:
    """Return expand paths with the `data.` prefix that list endpoints require."""
    # The encoder rejects values of other types.
    if not isinstance(paths, list | tuple):
        return paths
    return [
        path
        if not isinstance(path, str) or path.startswith("data.")
        else f"data.{path}"
        for path in paths
    ]
