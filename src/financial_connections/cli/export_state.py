"""The progress of an export, saved in a file so that the export can be resumed."""

import json
from collections.abc import Mapping
from typing import Any

from attrs import asdict, evolve, field, frozen
from attrs.validators import ge, instance_of, optional

from financial_connections.cli.failure import UsageError

_VERSION = 1
_NOT_NEGATIVE = (instance_of(int), ge(0))


@frozen(kw_only=True)
class ExportState:
    """Progress of an export.

    Attributes:
        options: Filters and settings of the export, which can only be resumed with
            the same ones.
        cursor: ID of the last transaction in the partial file; None if it is empty.
        length: Number of valid bytes in the partial file.
        count: Number of transactions in those bytes.
        is_complete: True if the partial file contains all transactions.
        may_overwrite: True if `--force` was given when the export started.
        version: Version of the state format.
    """

    options: dict[str, Any] = field(validator=instance_of(dict))
    cursor: str | None = field(default=None, validator=optional(instance_of(str)))
    length: int = field(default=0, validator=_NOT_NEGATIVE)
    count: int = field(default=0, validator=_NOT_NEGATIVE)
    is_complete: bool = field(default=False, validator=instance_of(bool))
    may_overwrite: bool = field(default=False, validator=instance_of(bool))
    version: int = _VERSION


def decode_state(content: bytes) -> ExportState:
    """Decode a state encoded by `encode_state`.

    Args:
        content: Content of the state file.

    Raises:
        UsageError: The state is damaged or was written by another version.
    """
    try:
        state = ExportState(**json.loads(content))
    except (TypeError, ValueError):
        raise UsageError(
            "the state of the unfinished export is damaged; start over with --force"
        ) from None
    if state.version != _VERSION:
        raise UsageError(
            "the unfinished export was started by another version of fincon;"
            " start over with --force"
        )
    return state


def encode_state(state: ExportState) -> bytes:
    """Encode a state as JSON.

    Args:
        state: State to encode.
    """
    return json.dumps(asdict(state)).encode()


def initial_state(
    options: Mapping[str, Any],
    *,
    previous: ExportState | None,
    has_part: bool,
    has_target: bool,
    resume: bool,
    force: bool,
) -> ExportState:
    """Decide how an export starts, given the files that exist.

    Args:
        options: Filters and settings of the export.
        previous: State to resume from; None without `resume`.
        has_part: True if a part exists.
        has_target: True if the target exists.
        resume: True if `--resume` was given.
        force: True if `--force` was given.

    Returns:
        The previous state to continue from, or a new one to start from scratch.

    Raises:
        UsageError: Starting would destroy a file or mix two exports.
    """
    if has_part and not (resume or force):
        raise UsageError(
            "there is an unfinished export; continue it with --resume, or start over"
            " with --force"
        )
    # If the export is complete but has no partial file, it was renamed to the target.
    # Only the state still has to be removed.
    is_published = (
        previous is not None and previous.is_complete and has_target and not has_part
    )
    may_overwrite = force or (previous is not None and previous.may_overwrite)
    if has_target and not (may_overwrite or is_published):
        raise UsageError("the file already exists; replace it with --force")
    if previous is None:
        return ExportState(options=dict(options), may_overwrite=may_overwrite)
    if different := [
        name for name, value in options.items() if previous.options.get(name) != value
    ]:
        raise UsageError(
            f"the unfinished export used a different {', '.join(different)};"
            " use the same options, or start over with --force"
        )
    if not (has_part or is_published):
        raise UsageError(
            "the partial file of the export is missing; start over with --force"
        )
    return evolve(previous, may_overwrite=may_overwrite)
