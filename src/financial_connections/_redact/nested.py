"""Flatten JSON values of any depth and restore them, without recursion. Pure.

`pickle`, `copy.deepcopy` and recursive functions fail on values that are nested more
deeply than Python's stack allows.
"""

from typing import Any

_LEAF = -1

Flat = tuple[list[int], list[Any]]
"""The shape of a value, and its leaves: everything except lists and dicts.

The keys of dicts are leaves as well.
"""


def flatten(value: Any) -> Flat:
    """Return the shape and the leaves of a JSON value, outermost parts first.

    Args:
        value: The value. Its lists and dicts must not contain themselves.

    Returns:
        The shape, in which a leaf is -1, a list of n items is 2n, and a dict of n items
        is 2n + 1; and the leaves, in the same order.
    """
    shape: list[int] = []
    leaves: list[Any] = []
    pending = [value]
    while pending:
        part = pending.pop()
        if type(part) is list:
            shape.append(2 * len(part))
            pending.extend(reversed(part))
        elif type(part) is dict:
            shape.append(2 * len(part) + 1)
            pending.extend(
                item for pair in reversed(part.items()) for item in reversed(pair)
            )
        else:
            shape.append(_LEAF)
            leaves.append(part)
    return shape, leaves


def restore(flat: Flat) -> Any:
    """Rebuild a value from the result of `flatten`."""
    shape, leaves = flat[0], list(flat[1])
    values: list[Any] = []
    for size in reversed(shape):
        if size == _LEAF:
            values.append(leaves.pop())
        elif size % 2:
            values.append({values.pop(): values.pop() for _ in range(size // 2)})
        else:
            values.append([values.pop() for _ in range(size // 2)])
    return values.pop()
