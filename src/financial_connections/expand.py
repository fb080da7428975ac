"""Fields that hold an id, or the object itself when `expand=` asked for it."""

from typing import Any, Protocol, TypeVar, overload

from financial_connections._decoding import Model
from financial_connections.errors import NotExpandedError

__all__ = ["expanded", "id_of"]

ObjectT = TypeVar("ObjectT", bound=Model)

# An unexpanded field is a plain string that does not know where it came from; its
# prefix tells. Ids are opaque otherwise
# (https://docs.stripe.com/api/expanding_objects), so a wrong guess must cost no more
# than a hint.
_PATHS_BY_PREFIX = {
    "acct_": "account_holder.account",
    "cus_": "account_holder.customer",
    "fcaowns_": "ownership",
}


class _HasId(Protocol):
    @property
    def id(self) -> str | None: ...


@overload
def expanded(field: None) -> None: ...
@overload
def expanded(field: str | ObjectT) -> ObjectT: ...
@overload
def expanded(field: str | ObjectT | None) -> ObjectT | None: ...
def expanded(field: str | ObjectT | None) -> ObjectT | None:
    """Return the object in an expandable field; None when the field is null.

    Raises `NotExpandedError`, which names the `expand=` to add, when the field holds
    the object's id.
    """
    if not isinstance(field, str):
        return field
    paths = [
        path for prefix, path in _PATHS_BY_PREFIX.items() if field.startswith(prefix)
    ]
    hint = (
        f"expand={paths}"
        if paths
        else f"its path to expand=[…], one of {sorted(_PATHS_BY_PREFIX.values())}"
    )
    raise NotExpandedError(f"the field holds only an id: add {hint} to the call")


@overload
def id_of(field: None) -> None: ...
@overload
def id_of(field: str) -> str: ...
@overload
def id_of(field: str | _HasId | None) -> str | None: ...
def id_of(field: str | _HasId | None) -> str | None:
    """Return the id in an expandable field, whether it is expanded or not; None when
    the field is null.
    """
    if field is None or isinstance(field, str):
        return field
    return field.id


def item_paths(paths: Any) -> Any:
    """Return `paths` as a list endpoint wants them: below `data`, where its items are."""
    if not isinstance(paths, list | tuple):  # the encoder refuses what it must
        return paths
    return [
        p if not isinstance(p, str) or p.startswith("data.") else f"data.{p}"
        for p in paths
    ]
