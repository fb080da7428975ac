"""
Where a sync is, as a value and as a string. Pure.

A sync is a series of walks. A walk reads all that was touched after the refresh `base`, newest first; when it began,
the refresh `target` had succeeded, so that at its end everything up to `target` has been handed over.
"""

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from hashlib import blake2b
from typing import Any

from attrs import evolve, frozen

from financial_connections.errors import InvalidArgumentError

_VERSION = "fcs1"


@frozen
class Place:
    """How far a sync has come."""

    base: str | None = None
    """The refresh up to which everything was handed over before this walk; None: nothing was."""
    target: str | None = None
    """The refresh up to which everything has been handed over after this walk; None: nobody knows, so the next
    walk begins at `base` again."""
    position: str | None = None
    """The transaction to go on after; None: the walk has not begun."""

    def at(self, position: str | None) -> "Place":
        """Return the place after a page that ends with this transaction."""
        return evolve(self, position=position or self.position)

    def at_end(self) -> "Place":
        """Return the place after the last page."""
        return Place(self.target or self.base)


def walks_from(place: Place, succeeded: str | None) -> list[Place]:
    """
    Return the walks that bring a sync from `place` up to date: after them, all that there is now was handed over.

    `succeeded` is a refresh that had succeeded before any page of theirs is asked for: the latest, or None when the
    latest is pending, failed, or unknown.
    """
    if succeeded is not None and succeeded == place.base and place.position is None:
        return []
    if place.position is None or (place.target is None and succeeded is not None):
        # What a walk without a target has left is also in one with a target.
        return [Place(place.base, succeeded)]
    if place.target is not None and place.target == succeeded:
        return [place]
    return [place, Place(place.at_end().base, succeeded)]


def cursor_of(account: str, place: Place) -> str:
    """Return the place as a string of at most some 200 characters, which holds for this account only."""
    parts = [place.base, place.target, place.position]
    while parts and parts[-1] is None:
        parts.pop()
    body = f"{_VERSION}.{_digest(account, 6)}.{_text(json.dumps(parts, separators=(',', ':')).encode())}"
    return f"{body}.{_digest(body, 9)}"


def place_of(account: str, cursor: Any) -> Place:
    """Return the place that a cursor of this account stands for. Raises `InvalidArgumentError`."""
    if cursor is None:
        return Place()
    if not isinstance(cursor, str) or not cursor.startswith("fcs"):
        raise InvalidArgumentError("cursor: it is not the cursor of a sync")
    if not cursor.startswith(f"{_VERSION}."):
        raise InvalidArgumentError("cursor: it was made by another version of this package, which this one cannot read")
    body, _, check = cursor.rpartition(".")
    if _digest(body, 9) != check:
        raise InvalidArgumentError("cursor: it is damaged; was it cut off, or changed?")
    _, owner, text = body.split(".")
    if _digest(account, 6) != owner:
        raise InvalidArgumentError("cursor: it belongs to another account")
    return Place(*json.loads(urlsafe_b64decode(text + "=" * (-len(text) % 4))))


def _digest(text: str, size: int) -> str:
    return _text(blake2b(text.encode("utf-8", "surrogatepass"), digest_size=size).digest())


def _text(content: bytes) -> str:
    return urlsafe_b64encode(content).decode().rstrip("=")
