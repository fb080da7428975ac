"""Parse webhook events, with or without verifying their signatures."""

from collections.abc import Mapping, Sequence
from typing import Any, Literal

from financial_connections._decoding import (
    ContentError,
    to_utf8,
    write_json,
)
from financial_connections._events import (
    Event,
    # Older pickles look up all classes of events in this module.
    EventRequest,  # noqa: F401 # pyright: ignore[reportUnusedImport]
    UnknownEvent,  # noqa: F401 # pyright: ignore[reportUnusedImport]
    UnknownEventData,  # noqa: F401 # pyright: ignore[reportUnusedImport]
    UnknownEventNotification,  # noqa: F401 # pyright: ignore[reportUnusedImport]
)
from financial_connections._generated.events import *  # noqa: F403 - for older pickles
from financial_connections.errors import InvalidArgumentError
from financial_connections.webhooks.classes import decode_event
from financial_connections.webhooks.envelopes import unwrap
from financial_connections.webhooks.signature import TOLERANCE, verify
from financial_connections.webhooks.versions import check_version, is_action


def parse_event(payload: bytes | Mapping[str, Any]) -> Event:
    """Parse an event without verifying its signature.

    Use it for events that Amazon EventBridge or Azure Event Grid has delivered. Their
    envelope is removed. They have no signature, so make sure that only the event bus
    can send them to you.

    Args:
        payload: The raw body, or the parsed JSON object that an AWS Lambda function
            receives.

    Returns:
        The event; an `UnknownEvent` or `UnknownEventNotification` if its type has no
        class in this version.

    Raises:
        InvalidArgumentError: The payload is not UTF-8 or not a JSON object, or an
            envelope does not contain exactly one event.
    """
    if isinstance(payload, Mapping):
        payload = _json_of(payload)
    if not isinstance(payload, bytes | bytearray | memoryview):
        raise InvalidArgumentError(
            "payload must be the raw body as bytes, or the parsed JSON object"
        )
    return _parse(bytes(payload), has_envelope=True)


def construct_event(
    payload: bytes,
    header: str | bytes | None,
    secrets: str | Sequence[str],
    tolerance: float | None = TOLERANCE,
    now: float | None = None,
    *,
    on_version_mismatch: Literal["warn", "raise", "ignore"] = "warn",
) -> Event:
    """Verify the signature of a payload and return the event in it.

    Args:
        payload: The raw body, exactly as it was received.
        header: Value of the `Stripe-Signature` header.
        secrets: Signing secret of the endpoint (`whsec_…`), or several while one is
            being rotated.
        tolerance: Seconds by which the timestamp may differ from now, in either
            direction. None accepts any timestamp.
        now: Current time, in seconds since the epoch. Defaults to the system clock.
        on_version_mismatch: Action for a snapshot event whose `api_version` belongs to
            another release train than `API_VERSION`, so that its object may differ from
            the models. `warn` logs a warning, once for each version, `raise` raises an
            error, and `ignore` does nothing. `2025-01-27.acacia` and
            `2025-02-24.acacia` belong to the same train. A version without a train, or
            a preview, matches only itself.

    Returns:
        The event; an `UnknownEvent` or `UnknownEventNotification` if its type has no
        class in this version.

    Raises:
        WebhookSignatureError: The signature is invalid; see `verify`.
        InvalidArgumentError: The signature is valid, but the payload is not UTF-8 or
            not a JSON object. Or `on_version_mismatch` is invalid.
        WebhookVersionError: `on_version_mismatch` is `raise`, and the versions do not
            match.
    """
    if not is_action(on_version_mismatch):
        raise InvalidArgumentError("on_version_mismatch must be warn, raise or ignore")
    verify(payload, header, secrets, tolerance, now)
    # A signed payload is the event itself; Stripe signs no envelopes.
    event = _parse(bytes(payload), has_envelope=False)
    check_version(event, on_version_mismatch)
    return event


def _parse(content: bytes, *, has_envelope: bool) -> Event:
    try:
        text = to_utf8(content, None)
        return decode_event(unwrap(text) if has_envelope else text)
    except ContentError as error:
        raise InvalidArgumentError(f"payload: {error}") from None


def _json_of(payload: Mapping[str, Any]) -> bytes:
    try:
        return write_json(payload)
    except (TypeError, ValueError) as error:
        reason = str(error)
    raise InvalidArgumentError(f"payload: {reason}")
