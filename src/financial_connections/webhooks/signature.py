"""Signatures: `Stripe-Signature: t=<seconds>,v1=<hex>[,v1=<hex>…]`. Pure.

`v1` is HMAC-SHA256, under the endpoint's secret, of `<seconds>.<body>`; other schemes
are ignored. While a secret is rotated there are several `v1`. Source:
https://docs.stripe.com/webhooks#verify-manually
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
"""Seconds that a signature's timestamp may differ from now, unless the caller says
otherwise.
"""

_SCHEME = "v1"
# Stripe sends one `v1` for each secret in use. Each one costs a comparison, so a
# stranger must not choose how many.
_MAX_SIGNATURES = 64
_MAX_HEADER = 8_192
_SECONDS = re.compile(r"[0-9]{1,15}")


def sign(payload: bytes, secret: str, timestamp: int | None = None) -> str:
    """Return the `Stripe-Signature` header of a payload, for tests.

    Args:
        payload: The body.
        secret: Signing secret of the endpoint.
        timestamp: Time of signing, in seconds since the epoch. Defaults to now.

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
        payload: The raw body.
        header: Value of the `Stripe-Signature` header.
        secrets: Signing secret of the endpoint, or several while one is rotated.
        tolerance: Seconds that the timestamp may differ from now, in either direction. None means any timestamp.
        now: Current time, in seconds since the epoch. Defaults to the clock.

    Raises:
        WebhookSignatureError: The payload was not signed with one of the secrets within the tolerance. The message
            says what is wrong and quotes neither payload nor secret.

    """
    fault = fault_of(payload, header, secrets, tolerance, now)
    del payload, header, secrets  # no frame of a traceback shows them
    if fault:
        raise WebhookSignatureError(fault)


def fault_of(
    payload: Any,
    header: Any,
    secrets: Any,
    tolerance: float | None,
    now: float | None,
) -> str | None:
    """Return the fault of a signature, or None. Never raises, because its frame holds a
    secret.
    """
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
    # Every pair is compared, so that the time taken does not depend on which secret or
    # signature matched.
    if not sum(
        [
            hmac.compare_digest(digest, signature)
            for digest in digests
            for signature in signatures
        ]
    ):
        return "no signature matches: another endpoint's secret, or a body that is not as it came"
    return _fault_of_time(
        int(timestamp), tolerance, time.time() if now is None else now
    )


def is_tolerance(value: Any) -> bool:
    """Return True if `value` is a tolerance: a finite number of seconds, at least 0, or
    None.
    """
    # NaN compares false with everything, and would accept every replay.
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return value is None or (is_number and 0 <= value < math.inf)


def usable_secrets(secrets: Any) -> list[str]:
    """Return the secrets as a list, which is empty if one of them is not a secret."""
    if isinstance(secrets, str):
        secrets = [secrets]
    candidates: list[str] = list(secrets) if isinstance(secrets, Iterable) else []
    # Anybody can compute an HMAC under an empty key.
    return (
        candidates
        if all(isinstance(secret, str) and secret.strip() for secret in candidates)
        else []
    )


def _digest(payload: bytes, secret: str, timestamp: str) -> str:
    # "surrogateescape", because an environment variable that is not UTF-8 has lone
    # surrogates.
    key = secret.encode("utf-8", "surrogateescape")
    return hmac.new(key, f"{timestamp}.".encode() + payload, sha256).hexdigest()


def _parts(header: Any) -> tuple[str, list[bytes], str | None]:
    """Return the timestamp as it was signed, the `v1` signatures, and the fault of the
    header.
    """
    if not header or not isinstance(header, str | bytes):
        return "", [], "there is no Stripe-Signature header"
    if len(header) > _MAX_HEADER:
        return "", [], f"the Stripe-Signature header is longer than {_MAX_HEADER} bytes"
    text = header.decode("latin-1") if isinstance(header, bytes) else header
    pairs = [item.partition("=") for item in text.split(",")]
    if any(name in {"t", _SCHEME} and not equals for name, equals, _ in pairs):
        return "", [], "the Stripe-Signature header is garbled"
    times = [value for name, _, value in pairs if name == "t"]
    if not times:
        return "", [], "the Stripe-Signature header has no timestamp"
    if not _SECONDS.fullmatch(times[0]):
        return "", [], "the timestamp in the Stripe-Signature header is not a number"
    signatures = [
        value.encode("utf-8", "surrogatepass")
        for name, _, value in pairs
        if name == _SCHEME
    ]
    return times[0], signatures, _fault_of_count(len(signatures))


def _fault_of_count(signatures: int) -> str | None:
    if not signatures:
        return f"the Stripe-Signature header has no {_SCHEME} signature"
    if signatures > _MAX_SIGNATURES:
        return f"the Stripe-Signature header has more than {_MAX_SIGNATURES} {_SCHEME} signatures"
    return None


def _fault_of_time(timestamp: int, tolerance: float | None, now: float) -> str | None:
    if tolerance is None:
        return None
    if timestamp < now - tolerance:
        return f"the timestamp is more than {tolerance:g} s old: a replay, or this machine's clock is ahead"
    if timestamp > now + tolerance:
        return f"the timestamp is more than {tolerance:g} s in the future: this machine's clock is behind"
    return None
