"""Webhook signatures: which ones are accepted, and why others are rejected."""

import hmac

import pytest
import stripe
from hypothesis import given
from hypothesis import strategies as st

from financial_connections import InvalidArgumentError, WebhookSignatureError
from financial_connections.webhooks import construct_event, sign, verify
from tests.support.webhooks import EVENT, NOW, PAYLOAD, SECRET


def test_sign_computes_the_same_header_as_the_stripe_package():
    expected = stripe.WebhookSignature.generate_signature_header(
        PAYLOAD.decode(), SECRET, NOW
    )
    assert expected == sign(PAYLOAD, SECRET, NOW)


def test_a_fresh_signature_verifies_with_the_system_clock():
    verify(PAYLOAD, sign(PAYLOAD, SECRET), SECRET)


def test_a_header_passed_as_bytes_verifies():
    verify(PAYLOAD, sign(PAYLOAD, SECRET, NOW).encode(), SECRET, now=NOW)


@pytest.mark.parametrize("secrets", [["whsec_old", SECRET], (SECRET, "whsec_new")])
def test_a_signature_with_any_of_several_secrets_verifies(secrets):
    verify(PAYLOAD, sign(PAYLOAD, SECRET, NOW), secrets, now=NOW)


def test_one_valid_signature_is_enough_and_other_schemes_are_ignored():
    good = sign(PAYLOAD, SECRET, NOW).partition("v1=")[2]
    verify(PAYLOAD, f"t={NOW},v1=00ff,v0={good[::-1]},v1={good},v2=x", SECRET, now=NOW)


@pytest.mark.parametrize("age", [-300, -299.5, 0, 300, 300.0])
def test_a_timestamp_within_the_tolerance_is_accepted(age):
    verify(PAYLOAD, sign(PAYLOAD, SECRET, NOW), SECRET, now=NOW + age)


@pytest.mark.parametrize("tolerance", [float("nan"), float("inf"), -1, True, "300"])
def test_an_invalid_tolerance_is_rejected(tolerance):
    header = sign(PAYLOAD, SECRET, NOW)
    for check in (verify, construct_event):
        with pytest.raises(WebhookSignatureError, match="^tolerance must be"):
            check(PAYLOAD, header, SECRET, tolerance, NOW)


def test_any_timestamp_is_accepted_without_a_tolerance():
    verify(PAYLOAD, sign(PAYLOAD, SECRET, 1), SECRET, tolerance=None)


def with_digits(header, zero):
    """Return a header whose timestamp uses the digits of another script.

    `zero` is the code point of the first digit.
    """
    return header.replace(
        f"{NOW}", f"{NOW}".translate({ord("0") + n: zero + n for n in range(10)})
    )


VALID = sign(PAYLOAD, SECRET, NOW)
DIGEST = VALID.partition("v1=")[2]
INVALID = {
    "no header": (PAYLOAD, None, SECRET, "header is missing"),
    "an empty header": (PAYLOAD, "", SECRET, "header is missing"),
    "a header of another type": (PAYLOAD, 7, SECRET, "header is missing"),
    "no timestamp": (PAYLOAD, f"v1={DIGEST}", SECRET, "no timestamp"),
    "a timestamp that is not a number": (
        PAYLOAD,
        f"t=now,v1={DIGEST}",
        SECRET,
        "not a number",
    ),
    "a bare t": (PAYLOAD, f"t,v1={DIGEST}", SECRET, "malformed"),
    "a bare v1": (PAYLOAD, f"t={NOW},v1", SECRET, "malformed"),
    "no v1": (PAYLOAD, f"t={NOW},v0={DIGEST}", SECRET, "no v1 signature"),
    "no pairs": (PAYLOAD, "\x00;;=,=,", SECRET, "no timestamp"),
    "another secret": (PAYLOAD, VALID, "whsec_other", "no signature matches"),
    "another payload": (PAYLOAD + b" ", VALID, SECRET, "no signature matches"),
    "another time": (
        PAYLOAD,
        VALID.replace(f"{NOW}", f"{NOW + 1}"),
        SECRET,
        "no signature matches",
    ),
    "half a signature": (PAYLOAD, VALID[:-1], SECRET, "no signature matches"),
    "a signature that is not ASCII": (
        PAYLOAD,
        f"t={NOW},v1=é\udcff",
        SECRET,
        "no signature matches",
    ),
    "an old signature": (
        PAYLOAD,
        sign(PAYLOAD, SECRET, NOW - 301),
        SECRET,
        "more than 300 s old",
    ),
    "a signature from the future": (
        PAYLOAD,
        sign(PAYLOAD, SECRET, NOW + 301),
        SECRET,
        "in the future",
    ),
    "a payload that is not UTF-8": (b"\xff", VALID, SECRET, "no signature matches"),
    "a timestamp in Arabic digits": (
        PAYLOAD,
        with_digits(VALID, 0x660),
        SECRET,
        "not a number",
    ),
    "a timestamp in full-width digits": (
        PAYLOAD,
        with_digits(VALID, 0xFF10),
        SECRET,
        "not a number",
    ),
    "a timestamp with underscores": (
        PAYLOAD,
        VALID.replace(f"{NOW}", "1_700_000_000"),
        SECRET,
        "not a number",
    ),
    "a timestamp with a sign": (
        PAYLOAD,
        VALID.replace("t=", "t=+"),
        SECRET,
        "not a number",
    ),
    "a timestamp after a space": (
        PAYLOAD,
        VALID.replace("t=", "t= "),
        SECRET,
        "not a number",
    ),
    "a timestamp before a line break": (
        PAYLOAD,
        VALID.replace(",", "\n,"),
        SECRET,
        "not a number",
    ),
    "a timestamp with a leading zero": (
        PAYLOAD,
        VALID.replace("t=", "t=0"),
        SECRET,
        "no signature matches",
    ),
    "a timestamp with a second equals sign": (
        PAYLOAD,
        VALID.replace(",", "=99,"),
        SECRET,
        "not a number",
    ),
    "a timestamp that is too long": (
        PAYLOAD,
        f"t={'1' * 5_000},v1={DIGEST}",
        SECRET,
        "not a number",
    ),
    "a signature with a second equals sign": (
        PAYLOAD,
        f"{VALID}=junk",
        SECRET,
        "no signature matches",
    ),
    "too many signatures": (
        PAYLOAD,
        f"{VALID},{','.join(['v1=00'] * 100)}",
        SECRET,
        "more than 64 v1 signatures",
    ),
    "a header that is too long": (
        PAYLOAD,
        f"{VALID}{',v0=00' * 10_000}",
        SECRET,
        "longer than 8192 bytes",
    ),
    "a header in bytes that is too long": (
        PAYLOAD,
        b"t=1," + b"v1=00," * 100_000,
        SECRET,
        "longer than 8192 bytes",
    ),
    "a parsed payload": (EVENT, VALID, SECRET, "the raw body"),
    "an empty secret": (
        PAYLOAD,
        sign(PAYLOAD, "", NOW),
        "",
        "secret is missing or empty",
    ),
    "a blank secret": (
        PAYLOAD,
        sign(PAYLOAD, " \n", NOW),
        [SECRET, " \n"],
        "secret is missing or empty",
    ),
    "no secret": (PAYLOAD, VALID, [], "secret is missing or empty"),
    "a secret that is None": (PAYLOAD, VALID, None, "secret is missing or empty"),
    "a secret that is a number": (PAYLOAD, VALID, 5, "secret is missing or empty"),
}


@pytest.mark.parametrize(
    ("payload", "header", "secrets", "reason"), INVALID.values(), ids=INVALID
)
@pytest.mark.parametrize("check", [verify, construct_event])
def test_an_invalid_delivery_is_rejected_with_the_reason(
    check, payload, header, secrets, reason
):
    with pytest.raises(WebhookSignatureError, match=reason) as caught:
        check(payload, header, secrets, now=NOW)
    assert caught.value.__context__ is None


def test_the_timestamp_is_verified_as_the_text_in_the_header():
    padded = f"0{NOW}"
    digest = hmac.new(
        SECRET.encode(), f"{padded}.".encode() + PAYLOAD, "sha256"
    ).hexdigest()
    verify(PAYLOAD, f"t={padded},v1={digest}", SECRET, now=NOW)


def test_up_to_64_signatures_are_compared():
    others = ",".join(["v1=" + "0" * 64] * 63)
    verify(PAYLOAD, f"t={NOW},{others},v1={DIGEST}", SECRET, now=NOW)


@pytest.mark.parametrize("payload", [b"\xff", b'{"id": "evt_\xff"}'])
def test_a_signed_payload_that_is_not_utf8_raises_invalid_argument(payload):
    header = sign(payload, SECRET, NOW)
    verify(payload, header, SECRET, now=NOW)
    with pytest.raises(
        InvalidArgumentError, match="^payload: it is not UTF-8"
    ) as caught:
        construct_event(payload, header, SECRET, now=NOW)
    assert not isinstance(caught.value, WebhookSignatureError)
    assert caught.value.__suppress_context__
    assert caught.value.__context__.__context__ is None  # would contain the payload


@pytest.mark.parametrize("check", [verify, construct_event])
@pytest.mark.parametrize("payload", [PAYLOAD, PAYLOAD + b"\xff"])
def test_an_error_contains_neither_payload_nor_secret(check, payload):
    header = sign(payload, SECRET, NOW - 1_000)
    with pytest.raises(WebhookSignatureError) as caught:
        check(payload, header, ["whsec_other", SECRET], now=NOW)
    shown = str(caught.value) + repr(caught.value) + repr(vars(caught.value))
    assert "whsec_" not in shown
    assert "fca_" not in shown


@given(st.binary(max_size=200), st.text(max_size=200), st.text(min_size=1, max_size=40))
def test_any_unsigned_input_raises_a_signature_error(payload, header, secret):
    with pytest.raises(WebhookSignatureError):
        verify(payload, header, secret, now=NOW)
