"""
Signatures: `Stripe-Signature: t=<seconds>,v1=<hex>[,v1=<hex>…]`. Pure.

`v1` is HMAC-SHA256, under the endpoint's secret, of `<seconds>.<body>`; other schemes are ignored. While a secret is
rotated there are several `v1`. Source: https://docs.stripe.com/webhooks#verify-manually
"""

import hmac
import math
import time
from collections.abc import Sequence
from hashlib import sha256
from typing import Any

from financial_connections.errors import WebhookSignatureError

TOLERANCE = 300
"""Seconds that a signature's timestamp may differ from now, unless the caller says otherwise."""

_SCHEME = "v1"


def sign(payload: bytes, secret: str, timestamp: int | None = None) -> str:
    """Return the `Stripe-Signature` of `payload`, for tests. `timestamp` is in seconds since the epoch, or now."""
    seconds = int(time.time()) if timestamp is None else timestamp
    return f"t={seconds},{_SCHEME}={_digest(payload, secret, seconds)}"


def verify(
    payload: bytes,
    header: str | bytes | None,
    secrets: str | Sequence[str],
    tolerance: float | None = TOLERANCE,
    now: float | None = None,
) -> None:
    """
    Return when `payload`, the raw body, was signed with one of `secrets` at most `tolerance` seconds ago.

    `header` is the value of `Stripe-Signature`. A timestamp in the future by more than `tolerance` is refused too;
    with `tolerance=None` any timestamp will do. `now` is in seconds since the epoch. Raises
    `WebhookSignatureError`, whose text says what is wrong and quotes neither payload nor secret.
    """
    fault = fault_of(payload, header, secrets, tolerance, now)
    del payload, header, secrets  # from here on no frame of a traceback holds them
    if fault:
        raise WebhookSignatureError(fault)


def fault_of(
    payload: Any,
    header: Any,
    secrets: Any,
    tolerance: float | None,
    now: float | None,
) -> str | None:
    """Return what is wrong with a signature; None when nothing is. Never raises: its frame holds a secret."""
    if not is_tolerance(tolerance):
        return "tolerance must be a finite number of seconds, at least 0; None is for any age"
    candidates = usable_secrets(secrets)
    if not candidates:
        return "no signing secret was given, or an empty one: it starts with whsec_"
    if not isinstance(payload, bytes | bytearray | memoryview):
        return "the payload must be the body as it came, in bytes; a parsed one cannot be verified"
    timestamp, signatures, fault = _parts(header)
    if fault:
        return fault
    body = bytes(payload)
    digests = [_digest(body, secret, timestamp).encode() for secret in candidates]
    # Every pair is compared, so that time does not tell which secret or signature it was.
    if not sum([hmac.compare_digest(digest, signature) for digest in digests for signature in signatures]):
        return "no signature matches: another endpoint's secret, or a body that is not as it came"
    return _fault_of_time(timestamp, tolerance, time.time() if now is None else now) or _fault_of_text(body)


def is_tolerance(value: Any) -> bool:
    """Return whether `value` says how old a signature may be."""
    # NaN compares false with everything, and would let every replay in.
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return value is None or (is_number and 0 <= value < math.inf)


def usable_secrets(secrets: Any) -> list[str]:
    """Return the secrets as a list; empty when one of them could not keep anybody out."""
    candidates: list[str] = [secrets] if isinstance(secrets, str) else list(secrets or ())
    # An HMAC under an empty key verifies, for everybody.
    return candidates if all(isinstance(secret, str) and secret.strip() for secret in candidates) else []


def _digest(payload: bytes, secret: str, timestamp: int) -> str:
    # "surrogateescape": an environment variable that is no UTF-8 arrives with lone surrogates.
    key = secret.encode("utf-8", "surrogateescape")
    return hmac.new(key, f"{timestamp}.".encode() + payload, sha256).hexdigest()


def _parts(header: Any) -> tuple[int, list[bytes], str | None]:
    """Return the timestamp, the `v1` signatures, and what is wrong with them."""
    if not header or not isinstance(header, str | bytes):
        return 0, [], "there is no Stripe-Signature header"
    text = header.decode("latin-1") if isinstance(header, bytes) else header
    pairs = [item.split("=") for item in text.split(",")]
    if any(pair in (["t"], [_SCHEME]) for pair in pairs):
        return 0, [], "the Stripe-Signature header is garbled"
    times = [pair[1] for pair in pairs if pair[0] == "t"]
    if not times:
        return 0, [], "the Stripe-Signature header has no timestamp"
    try:
        timestamp = int(times[0])
    except ValueError:
        return 0, [], "the timestamp in the Stripe-Signature header is not a number"
    signatures = [pair[1].encode("utf-8", "surrogatepass") for pair in pairs if pair[0] == _SCHEME]
    return timestamp, signatures, None if signatures else f"the Stripe-Signature header has no {_SCHEME} signature"


def _fault_of_time(timestamp: int, tolerance: float | None, now: float) -> str | None:
    if tolerance is None:
        return None
    if timestamp < now - tolerance:
        return f"the timestamp is more than {tolerance:g} s old: a replay, or this machine's clock is ahead"
    if timestamp > now + tolerance:
        return f"the timestamp is more than {tolerance:g} s in the future: this machine's clock is behind"
    return None


def _fault_of_text(body: bytes) -> str | None:
    try:
        body.decode()
    except UnicodeDecodeError:
        return "the payload is not UTF-8"
    return None
