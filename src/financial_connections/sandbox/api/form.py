"""Queries and form bodies → nested parameters.

`features[]=a&features[]=b` and `features[0]=a&features[1]=b` are the same array;
`account_holder[type]=customer` is a hash; names may be percent-encoded, brackets too.
"""

import re
from itertools import pairwise
from urllib.parse import unquote_to_bytes

from financial_connections.sandbox.api.errors import Refusal

Node = str | list["Node"] | dict[str, "Node"]
"""A parameter as sent: only its schema tells what the string means, and an array from a
hash of indices.
"""

_KEY = re.compile(r"([^\[\]]+)((?:\[[^\[\]]*\])*)")
_DEEPEST = 8


def parsed_form(*encoded: str) -> dict[str, Node]:
    """Return the parameters of one or more encoded strings, later ones adding to
    earlier ones.
    """
    root: dict[str, Node] = {}
    for pair in "&".join(encoded).split("&"):
        if pair:
            key, _, value = pair.partition("=")
            _insert(root, _decoded(key), _decoded(value))
    return root


def _decoded(text: str) -> str:
    try:
        return unquote_to_bytes(text.replace("+", " ")).decode()
    except UnicodeDecodeError:
        raise Refusal(message="The parameters are not valid UTF-8.") from None


def _insert(root: dict[str, Node], key: str, value: str) -> None:
    match = _KEY.fullmatch(key)
    if match is None:
        raise Refusal(
            message=f"The parameter name '{key[:100]}' is not well formed.",
            param=key[:100],
        )
    names = [match[1], *match[2][1:-1].split("][")] if match[2] else [match[1]]
    if len(names) > _DEEPEST:
        raise Refusal(
            message=f"The parameter '{key[:100]}' is nested too deeply.",
            param=key[:100],
        )
    place: Node = root
    for name, following in pairwise(names):
        place = _child(place, name, [] if following == "" else {}, key)
    _put(place, names[-1], value, key)


def _child(place: Node, name: str, empty: Node, key: str) -> Node:
    """Return what `name` holds in `place`, made when absent; of an array `[]` the
    newest item.
    """
    if isinstance(place, dict) and name:
        return place.setdefault(name, empty)
    if isinstance(place, list) and not name:
        place.append(empty)
        return empty
    raise _clash(key)


def _put(place: Node, name: str, value: str, key: str) -> None:
    if isinstance(place, list) and not name:
        place.append(value)
    elif isinstance(place, dict) and name and isinstance(place.get(name, ""), str):
        place[name] = value
    else:
        raise _clash(key)


def _clash(key: str) -> Refusal:
    return Refusal(
        message=f"The parameter '{key}' was sent in two shapes that do not go together.",
        param=key,
    )
