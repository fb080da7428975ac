"""Sign and verify payloads: `Stripe-Signature: t=<seconds>,v1=<hex>[,v1=<hex>…]`. Pure.

`v1` is the HMAC-SHA256 of `<seconds>.<body>` with the endpoint's signing secret. Other
schemes are ignored. While a secret is being rotated, there are several `v1` values.

Source: https://docs.stripe.com/webhooks#verify-manually
"""

import hmac
import math
import re
import time
from collections.abc import Iterable, Sequence
from hashlib import sha256
from typing import Any

from financial_connections.errors import WebhookSignatureError

TOLERANCE = 300
"""Default number of seconds by which a signature's timestamp may differ from now."""

_SCHEME = "v1"
# Stripe sends one `v1` for each active secret. The number is limited because each one
# costs a comparison, and anyone can send the header.
_MAX_SIGNATURES = 64
_MAX_HEADER = 8_192
_SECONDS = re.compile(r"[0-9]{1,15}")


def sign(payload: bytes, secret: str, timestamp: int | None = None) -> str:
    """Return the `Stripe-Signature` header for a payload, for use in tests.

    Args:
        payload: The raw body.
        secret: Signing secret of the endpoint (`whsec_…`).
        timestamp: Time of signing, in seconds since the epoch. Defaults to now.

    Returns:
        The value of the header.
    """
    seconds = int(time.time()) if timestamp is None else timestamp
    return f"t={seconds},{_SCHEME}={_digest(payload, secret, str(seconds))}"


def verify(
    payload: bytes,
    header: str | bytes | None,
    secrets: str | Sequence[str],
    tolerance: float | None = TOLERANCE,
    now: float | None = None,
) -> None:
    """Verify the signature of a payload.

    Args:
        payload: The raw body, exactly as it was received.
        header: Value of the `Stripe-Signature` header.
        secrets: Signing secret of the endpoint (`whsec_…`), or several while one is
            being rotated.
        tolerance: Seconds by which the timestamp may differ from now, in either
            direction. None accepts any timestamp.
        now: Current time, in seconds since the epoch. Defaults to the system clock.

    Raises:
        WebhookSignatureError: The payload was not signed with one of the secrets, or
            its timestamp is outside the tolerance. The message gives the reason, but
            contains neither the payload nor a secret.
    """
    if not is_valid_tolerance(tolerance):
        raise WebhookSignatureError(
            "tolerance must be a finite number of seconds, at least 0, or None for no "
            "limit"
        )
    keys = valid_secrets(secrets)
    if not keys:
        raise WebhookSignatureError(
            "the signing secret is missing or empty; it starts with whsec_"
        )
    body = _raw_body(payload)
    timestamp, signatures = _parse_header(header)
    digests = [_digest(body, key, timestamp).encode() for key in keys]
    # Every pair is compared, so that the time taken does not reveal which secret or
    # signature matched.
    if not sum(
        [
            hmac.compare_digest(digest, signature)
            for digest in digests
            for signature in signatures
        ]
    ):
        raise WebhookSignatureError(
            "no signature matches: the signing secret is wrong, or the body was "
            "modified"
        )
    if tolerance is not None:
        _check_age(int(timestamp), tolerance, time.time() if now is None else now)


def is_valid_tolerance(value: Any) -> bool:
    """Return True for None and for a finite number of seconds that is at least 0."""
    # Every comparison with NaN is false, so NaN would accept every replay.
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return value is None or (is_number and 0 <= value < math.inf)


def valid_secrets(secrets: Any) -> list[str]:
    """Return the secrets as a list, which is empty if any of them is invalid."""
    if isinstance(secrets, str):
        secrets = [secrets]
    candidates: list[str] = list(secrets) if isinstance(secrets, Iterable) else []
    # Anyone can compute an HMAC with an empty key.
    return (
        candidates
        if all(isinstance(secret, str) and secret.strip() for secret in candidates)
        else []
    )


def _raw_body(payload: Any) -> bytes:
    if not isinstance(payload, bytes | bytearray | memoryview):
        raise WebhookSignatureError(
            "payload must be the raw body as bytes; parsed JSON cannot be verified"
        )
    return bytes(payload)


def _digest(payload: bytes, secret: str, timestamp: str) -> str:
    # Environment variables that are not UTF-8 contain lone surrogates.
    key = secret.encode("utf-8", "surrogateescape")
    return hmac.new(key, f"{timestamp}.".encode() + payload, sha256).hexdigest()


def _parse_header(header: Any) -> tuple[str, list[bytes]]:
    """Return the timestamp, exactly as it was signed, and the `v1` signatures."""
    if not header or not isinstance(header, str | bytes):
        raise WebhookSignatureError("the Stripe-Signature header is missing")
    if len(header) > _MAX_HEADER:
        raise WebhookSignatureError(
            f"the Stripe-Signature header is longer than {_MAX_HEADER} bytes"
        )
    text = header.decode("latin-1") if isinstance(header, bytes) else header
    pairs = [item.partition("=") for item in text.split(",")]
    if any(name in {"t", _SCHEME} and not equals for name, equals, _ in pairs):
        raise WebhookSignatureError("the Stripe-Signature header is malformed")
    timestamp = next((value for name, _, value in pairs if name == "t"), None)
    if timestamp is None:
        raise WebhookSignatureError("the Stripe-Signature header has no timestamp")
    if not _SECONDS.fullmatch(timestamp):
        raise WebhookSignatureError(
            "the timestamp in the Stripe-Signature header is not a number"
        )
    signatures = [
        value.encode("utf-8", "surrogatepass")
        for name, _, value in pairs
        if name == _SCHEME
    ]
    if not signatures:
        raise WebhookSignatureError(
            f"the Stripe-Signature header has no {_SCHEME} signature"
        )
    if len(signatures) > _MAX_SIGNATURES:
        raise WebhookSignatureError(
            f"the Stripe-Signature header has more than {_MAX_SIGNATURES} {_SCHEME} "
            "signatures"
        )
    return timestamp, signatures


def _check_age(timestamp: int, tolerance: float, now: float) -> None:
    if timestamp < now - tolerance:
        raise WebhookSignatureError(
            f"the timestamp is more than {tolerance:g} s old: "
            "a replay, or this machine's clock is ahead"
        )
    if timestamp > now + tolerance:
        raise WebhookSignatureError(
            f"the timestamp is more than {tolerance:g} s in the future: "
            "this machine's clock is behind"
        )
