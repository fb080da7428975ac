"""Sync checkpoints and the cursors that encode them. Pure."""

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
    refresh `base`, in two or more passes if it has a `target` and in one pass
    otherwise.
    """

    base: str | None = None
    """The scan lists what was touched after this refresh; None lists everything."""
    covered: str | None = None
    """The latest refresh that a complete scan has covered. It becomes the base one scan
    later.
    """
    target: str | None = None
    """The refresh that had succeeded when the current scan began. Without one, the scan
    cannot advance the base.
    """
    position: str | None = None
    """The transaction after which the current pass continues; None at its beginning."""
    is_repeated: bool = False
    """True from the second pass of the current scan onwards."""

    def at_position(self, position: str | None) -> "Checkpoint":
        """Return the checkpoint after a page that ends with this transaction."""
        return evolve(self, position=position or self.position)

    def new_scan(self, target: str | None) -> "Checkpoint":
        """Return the checkpoint at the beginning of a new scan from the same base."""
        return Checkpoint(self.base, self.covered, target)

    def next_pass(self) -> "Checkpoint":
        """Return the checkpoint at the beginning of another pass."""
        return evolve(self, position=None, is_repeated=True)

    def completed(self) -> "Checkpoint":
        """Return the checkpoint after a scan that was not disturbed by a refresh."""
        return Checkpoint(self.covered or self.target, self.target)

    def abandoned(self) -> "Checkpoint":
        """Return the checkpoint after a scan that does not advance the base."""
        return Checkpoint(self.base, self.covered)


def encode_cursor(account: str, checkpoint: Checkpoint) -> str:
    """Encode a checkpoint as a cursor of about 70 to 230 characters.

    Args:
        account: ID of the only account that the cursor is valid for.
        checkpoint: The checkpoint to encode.
    """
    parts: list[Any] = [
        checkpoint.base,
        checkpoint.covered,
        checkpoint.target,
        checkpoint.position,
    ]
    if checkpoint.is_repeated:
        parts.append(1)
    while parts and parts[-1] is None:
        parts.pop()
    text = _text(json.dumps(parts, separators=(",", ":")).encode())
    body = f"{_VERSION}.{_digest(account, 6)}.{text}"
    return f"{body}.{_digest(body, 9)}"


def decode_cursor(account: str, cursor: Any) -> Checkpoint:
    """Decode a cursor into a checkpoint.

    Cursors that begin with `fcs1`, written by earlier versions, are accepted.

    Args:
        account: ID of the account to sync.
        cursor: The cursor; None means that nothing has been synced yet.

    Raises:
        InvalidArgumentError: The cursor is malformed, belongs to another account, or
            was created by a newer version.
    """
    if cursor is None:
        return Checkpoint()
    if not isinstance(cursor, str) or not cursor.startswith("fcs"):
        raise InvalidArgumentError("cursor must be one returned by a sync")
    if not cursor.startswith((f"{_VERSION}.", f"{_FIRST_VERSION}.")):
        raise InvalidArgumentError(
            "cursor was created by a newer version of this package, and this version "
            "cannot read it"
        )
    body, _, check = cursor.rpartition(".")
    if _digest(body, 9) != check:
        raise InvalidArgumentError("cursor is malformed: it was truncated or modified")
    version, owner, text = body.split(".")
    if _digest(account, 6) != owner:
        raise InvalidArgumentError("cursor belongs to another account")
    parts = json.loads(urlsafe_b64decode(text + "=" * (-len(text) % 4)))
    if version == _VERSION:
        base, covered, target, position, is_repeated = (*parts, *(5 * [None]))[:5]
        return Checkpoint(base, covered, target, position, bool(is_repeated))
    # The first version advanced the base directly to the latest covered refresh.
    base, target, position = (*parts, None, None, None)[:3]
    return Checkpoint(base, base, target, position)


def _digest(text: str, size: int) -> str:
    return _text(
        blake2b(text.encode("utf-8", "surrogatepass"), digest_size=size).digest()
    )


def _text(content: bytes) -> str:
    return urlsafe_b64encode(content).decode().rstrip("=")
