"""Parse query strings and form bodies into nested parameters.

`features[]=a&features[]=b` and `features[0]=a&features[1]=b` are the same array, and
`account_holder[type]=customer` is a hash. Names may be percent-encoded, including
their brackets.
"""

import re
from itertools import pairwise
from urllib.parse import unquote_to_bytes

from financial_connections.sandbox.api.errors import APIError

Node = str | list["Node"] | dict[str, "Node"]
"""A parameter as it was sent.

Only the schema can determine the type of a string, or tell an array from a hash with
numeric keys.
"""

_KEY = re.compile(r"([^\[\]]+)((?:\[[^\[\]]*\])*)")
_MAX_DEPTH = 8


def parse_form(*encoded: str) -> dict[str, Node]:
    """Return the parameters of one or more encoded strings, merged in order."""
    root: dict[str, Node] = {}
    for pair in "&".join(encoded).split("&"):
        if pair:
            key, _, value = pair.partition("=")
            _insert(root, _decode(key), _decode(value))
    return root


def _decode(text: str) -> str:
    try:
        return unquote_to_bytes(text.replace("+", " ")).decode()
    except UnicodeDecodeError:
        raise APIError(message="The parameters are not valid UTF-8.") from None


def _insert(root: dict[str, Node], key: str, value: str) -> None:
    match = _KEY.fullmatch(key)
    if match is None:
        raise APIError(
            message=f"The parameter name '{key[:100]}' is malformed.",
            param=key[:100],
        )
    names = [match[1], *match[2][1:-1].split("][")] if match[2] else [match[1]]
    if len(names) > _MAX_DEPTH:
        raise APIError(
            message=f"The parameter '{key[:100]}' is nested too deeply.",
            param=key[:100],
        )
    parent: Node = root
    for name, following in pairwise(names):
        parent = _child(parent, name, [] if following == "" else {}, key)
    _set(parent, names[-1], value, key)


def _child(parent: Node, name: str, default: Node, key: str) -> Node:
    """Return the child `name` of `parent`, creating it if it does not exist.

    `[]` always appends a new item to an array.
    """
    if isinstance(parent, dict) and name:
        return parent.setdefault(name, default)
    if isinstance(parent, list) and not name:
        parent.append(default)
        return default
    raise _shape_conflict(key)


def _set(parent: Node, name: str, value: str, key: str) -> None:
    if isinstance(parent, list) and not name:
        parent.append(value)
    elif isinstance(parent, dict) and name and isinstance(parent.get(name, ""), str):
        parent[name] = value
    else:
        raise _shape_conflict(key)


def _shape_conflict(key: str) -> APIError:
    return APIError(
        message=f"The parameter '{key}' was sent in two incompatible forms.",
        param=key,
    )
