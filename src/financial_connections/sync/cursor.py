"""The progress of a sync, as a checkpoint and as a cursor. Pure."""

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from hashlib import blake2b
from typing import Any

from attrs import evolve, frozen

from financial_connections.errors import InvalidArgumentError

_VERSION = "fcs2"
_FIRST_VERSION = "fcs1"


@frozen
class Checkpoint:
    """The progress of a sync.

    A sync is a series of scans. A scan lists everything that was touched after the
    refresh `base`, and lists it twice when it can lead on to a `target`.
    """

    base: str | None = None
    """The refresh after which a scan lists; None lists everything."""
    seen: str | None = None
    """The latest refresh that a complete scan has covered. The base follows it one scan
    later.
    """
    target: str | None = None
    """The refresh that had succeeded when the current scan began; None if it cannot
    lead on.
    """
    position: str | None = None
    """The transaction after which the current pass goes on; None at its beginning."""
    has_passed: bool = False
    """True in the second pass of the current scan."""

    def at(self, position: str | None) -> "Checkpoint":
        """Return the checkpoint after a page that ends with this transaction."""
        return evolve(self, position=position or self.position)

    def begin(self, target: str | None) -> "Checkpoint":
        """Return the checkpoint at which a new scan from the same base begins."""
        return Checkpoint(self.base, self.seen, target)

    def second_pass(self) -> "Checkpoint":
        """Return the checkpoint at which the second pass begins."""
        return evolve(self, position=None, has_passed=True)

    def completed(self) -> "Checkpoint":
        """Return the checkpoint after a scan that nothing has disturbed."""
        return Checkpoint(self.seen or self.target, self.target)

    def abandoned(self) -> "Checkpoint":
        """Return the checkpoint after a scan that cannot lead on."""
        return Checkpoint(self.base, self.seen)


def encode_cursor(account: str, checkpoint: Checkpoint) -> str:
    """Return the checkpoint as a string of some 70 to 230 characters that is valid for
    this account only.
    """
    parts: list[Any] = [
        checkpoint.base,
        checkpoint.seen,
        checkpoint.target,
        checkpoint.position,
    ]
    if checkpoint.has_passed:
        parts.append(1)
    while parts and parts[-1] is None:
        parts.pop()
    body = f"{_VERSION}.{_digest(account, 6)}.{_text(json.dumps(parts, separators=(',', ':')).encode())}"
    return f"{body}.{_digest(body, 9)}"


def decode_cursor(account: str, cursor: Any) -> Checkpoint:
    """Return the checkpoint of a cursor; None is the cursor at the very beginning.

    Older cursors, which begin with `fcs1`, are read too.

    Raises:
        InvalidArgumentError: The cursor is damaged, belongs to another account, or was made by a later version.

    """
    if cursor is None:
        return Checkpoint()
    if not isinstance(cursor, str) or not cursor.startswith("fcs"):
        raise InvalidArgumentError("cursor: it is not the cursor of a sync")
    if not cursor.startswith((f"{_VERSION}.", f"{_FIRST_VERSION}.")):
        raise InvalidArgumentError(
            "cursor: it was made by another version of this package, which this one cannot read"
        )
    body, _, check = cursor.rpartition(".")
    if _digest(body, 9) != check:
        raise InvalidArgumentError("cursor: it is damaged; was it cut off, or changed?")
    version, owner, text = body.split(".")
    if _digest(account, 6) != owner:
        raise InvalidArgumentError("cursor: it belongs to another account")
    parts = json.loads(urlsafe_b64decode(text + "=" * (-len(text) % 4)))
    if version == _VERSION:
        base, seen, target, position, passed = (*parts, None, None, None, None, None)[
            :5
        ]
        return Checkpoint(base, seen, target, position, bool(passed))
    # The first version had moved the base to the latest refresh that it had covered.
    base, target, position = (*parts, None, None, None)[:3]
    return Checkpoint(base, base, target, position)


def _digest(text: str, size: int) -> str:
    return _text(
        blake2b(text.encode("utf-8", "surrogatepass"), digest_size=size).digest()
    )


def _text(content: bytes) -> str:
    return urlsafe_b64encode(content).decode().rstrip("=")
