"""Add upstream's names to messages, because overlays refer to them."""

import re
from collections.abc import Generator, Mapping
from contextlib import contextmanager

from codegen.access import JSONObject, SpecError

SCHEMA = re.compile(r"components\.schemas\.(\w+)([^\s:]*)")

Tables = Mapping[str, Mapping[str, str]]


@contextmanager
def upstream_names(tables: Tables, upstream: JSONObject) -> Generator[None]:
    """Add the names of upstream's schemas to errors about ours.

    Args:
        tables: The tables of names, from upstream's to ours.
        upstream: The upstream document.
    """
    try:
        yield
    except SpecError as error:
        raise SpecError(add_upstream_names(str(error), tables, upstream)) from error


def add_upstream_names(message: str, tables: Tables, upstream: JSONObject) -> str:
    """Return a message with upstream's location after the first one of ours."""
    match = SCHEMA.search(message)
    if not match:
        return message
    schemas = upstream["components"]["schemas"]
    locations = [
        location + match[2]
        for location in locate(match[1], tables)
        if location.partition(".properties")[0] in schemas or " " in location
    ]
    if not locations:
        return message
    note = f" (upstream's {' and '.join(locations)})"
    return message[: match.end()] + note + message[match.end() :]


def locate(name: str, tables: Tables) -> list[str]:
    """Return the upstream locations of the schemas that have one of our names.

    An enum or object without a name upstream is located in a schema or an operation.
    """
    locations = keys_of(name, tables["schemas"])
    for key in keys_of(name, tables["inline"]):
        owner, *path = key.split(".")
        for schema in locate(owner, tables):
            locations.append(".properties.".join([schema, *path]))
        for operation in keys_of(owner, tables["operations"]):
            locations.append(f"{operation}, {'.'.join(path)}")
    return locations


def keys_of(name: str, table: Mapping[str, str]) -> list[str]:
    """Return the keys to which a table gives a name."""
    return [key for key, value in table.items() if value == name]
