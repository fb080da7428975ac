"""Compare the API version of an event with that of the models.

Since 2024-09-30, versions have the name of a release train: `2025-02-24.acacia`. Within
a train, changes are backward-compatible. Previews (`2025-02-24.preview`) have no train.

Source: https://docs.stripe.com/api/versioning
"""

import logging
from typing import Any, Literal

from financial_connections._events import Event, SnapshotEvent
from financial_connections._generated import API_VERSION
from financial_connections.errors import WebhookVersionError

MismatchAction = Literal["warn", "raise", "ignore"]

_log = logging.getLogger("financial_connections")
_logged: set[str] = set()
_ACTIONS = ("warn", "raise", "ignore")
_PREVIEW = "preview"


def is_action(value: Any) -> bool:
    """Return True for a valid `on_version_mismatch`."""
    return isinstance(value, str) and value in _ACTIONS


def is_compatible(version: str, other: str = API_VERSION) -> bool:
    """Return True if two API versions are equal or belong to the same release train."""
    train = _train_of(version)
    return version == other or (train is not None and train == _train_of(other))


def check_version(event: Event, action: MismatchAction) -> None:
    """Compare the version of a verified event with that of the models.

    Thin events have no version, and neither have snapshots from before 2014-10-31.

    Args:
        event: The event. Its signature must have been verified, because the set of
            versions that have been logged is not limited.
        action: Action if they do not match.

    Raises:
        WebhookVersionError: They do not match, and the action is `raise`.
    """
    version = event.api_version if isinstance(event, SnapshotEvent) else None
    if action == "ignore" or version is None or is_compatible(version):
        return
    if action == "raise":
        raise WebhookVersionError(
            f"the event has the API version {version}, but this package was built for "
            f"{API_VERSION}: change the version of the webhook endpoint",
            api_version=version,
        )
    if version not in _logged:
        _logged.add(version)
        _log.warning(
            "events have the API version %s, but this package was built for %s: "
            "attributes may be None. Change the version of the webhook endpoint, or "
            "pass on_version_mismatch. This is logged once per version.",
            version,
            API_VERSION,
        )


def _train_of(version: str) -> str | None:
    # A preview can be followed by flags: `2025-02-24.preview; some_beta=v1`.
    train = version.partition(";")[0].partition(".")[2].strip()
    return None if train in {"", _PREVIEW} else train
