"""Signatures and events: what is verified, what is refused and why, what an event says."""

import copy
import hmac
import json
import pickle
import random
import subprocess
import sys
import time
import traceback

import pytest
import stripe
from hypothesis import given
from hypothesis import strategies as st

from financial_connections import InvalidArgumentError, WebhookSignatureError, webhooks
from financial_connections.models import Account, AccountStatus
from financial_connections.sandbox import Sandbox
from financial_connections.webhooks import (
    UnknownEvent,
    construct_event,
    parse_event,
    sign,
    verify,
)
from tests.support.samples import ACCOUNT, SESSION

SECRET = "whsec_5WbX5kEWLlfzsGNjH64I8lOOqUB6e8FH"
NOW = 1_700_000_000
EVENT = {
    "id": "evt_1",
    "object": "event",
    "api_version": "2023-10-16",
    "created": NOW - 1,
    "data": {"object": ACCOUNT, "previous_attributes": {"status": "inactive"}},
    "livemode": False,
    "pending_webhooks": 1,
    "request": {"id": None, "idempotency_key": None},
    "type": "financial_connections.account.reactivated",
}
PAYLOAD = json.dumps(EVENT).encode()


def event_of(**changes):
    return json.dumps(EVENT | changes).encode()


# -- signatures ------------------------------------------------------------------------


def test_a_signature_is_the_hmac_that_stripe_computes():
    expected = stripe.WebhookSignature.generate_signature_header(
        PAYLOAD.decode(), SECRET, NOW
    )
    assert expected == sign(PAYLOAD, SECRET, NOW)


def test_what_was_signed_just_now_verifies_without_a_clock():
    verify(PAYLOAD, sign(PAYLOAD, SECRET), SECRET)


def test_a_header_may_come_in_bytes():
    verify(PAYLOAD, sign(PAYLOAD, SECRET, NOW).encode(), SECRET, now=NOW)


@pytest.mark.parametrize("secrets", [["whsec_old", SECRET], (SECRET, "whsec_new")])
def test_one_secret_of_several_is_enough_while_they_are_rotated(secrets):
    verify(PAYLOAD, sign(PAYLOAD, SECRET, NOW), secrets, now=NOW)


def test_one_signature_of_several_is_enough_and_other_schemes_are_ignored():
    good = sign(PAYLOAD, SECRET, NOW).partition("v1=")[2]
    verify(PAYLOAD, f"t={NOW},v1=00ff,v0={good[::-1]},v1={good},v2=x", SECRET, now=NOW)


@pytest.mark.parametrize("age", [-300, -299.5, 0, 300, 300.0])
def test_a_timestamp_within_the_tolerance_will_do(age):
    verify(PAYLOAD, sign(PAYLOAD, SECRET, NOW), SECRET, now=NOW + age)


@pytest.mark.parametrize("tolerance", [float("nan"), float("inf"), -1, True, "300"])
def test_a_tolerance_that_is_no_number_of_seconds_lets_nothing_in(tolerance):
    header = sign(PAYLOAD, SECRET, NOW)
    for check in (verify, construct_event):
        with pytest.raises(WebhookSignatureError, match="^tolerance must be"):
            check(PAYLOAD, header, SECRET, tolerance, NOW)


def test_without_a_tolerance_any_timestamp_will_do():
    verify(PAYLOAD, sign(PAYLOAD, SECRET, 1), SECRET, tolerance=None)


def in_digits(header, zero):
    """The header with its timestamp in the digits of another script, which begin at
    `zero`.
    """
    return header.replace(
        f"{NOW}", f"{NOW}".translate({ord("0") + n: zero + n for n in range(10)})
    )


GOOD = sign(PAYLOAD, SECRET, NOW)
DIGEST = GOOD.partition("v1=")[2]
REFUSED = {
    "no header": (PAYLOAD, None, SECRET, "no Stripe-Signature header"),
    "an empty header": (PAYLOAD, "", SECRET, "no Stripe-Signature header"),
    "a header of another type": (PAYLOAD, 7, SECRET, "no Stripe-Signature header"),
    "no timestamp": (PAYLOAD, f"v1={DIGEST}", SECRET, "no timestamp"),
    "a timestamp that is no number": (
        PAYLOAD,
        f"t=now,v1={DIGEST}",
        SECRET,
        "not a number",
    ),
    "a bare t": (PAYLOAD, f"t,v1={DIGEST}", SECRET, "garbled"),
    "a bare v1": (PAYLOAD, f"t={NOW},v1", SECRET, "garbled"),
    "no v1": (PAYLOAD, f"t={NOW},v0={DIGEST}", SECRET, "no v1 signature"),
    "nonsense": (PAYLOAD, "\x00;;=,=,", SECRET, "no timestamp"),
    "another secret": (PAYLOAD, GOOD, "whsec_other", "no signature matches"),
    "another payload": (PAYLOAD + b" ", GOOD, SECRET, "no signature matches"),
    "another time": (
        PAYLOAD,
        GOOD.replace(f"{NOW}", f"{NOW + 1}"),
        SECRET,
        "no signature matches",
    ),
    "half a signature": (PAYLOAD, GOOD[:-1], SECRET, "no signature matches"),
    "a signature with letters from afar": (
        PAYLOAD,
        f"t={NOW},v1=é\udcff",
        SECRET,
        "no signature matches",
    ),
    "an old one": (
        PAYLOAD,
        sign(PAYLOAD, SECRET, NOW - 301),
        SECRET,
        "more than 300 s old",
    ),
    "a future one": (
        PAYLOAD,
        sign(PAYLOAD, SECRET, NOW + 301),
        SECRET,
        "in the future",
    ),
    "no UTF-8, of another secret": (b"\xff", GOOD, SECRET, "no signature matches"),
    "a timestamp of other digits": (
        PAYLOAD,
        in_digits(GOOD, 0x660),
        SECRET,
        "not a number",
    ),
    "full-width digits": (PAYLOAD, in_digits(GOOD, 0xFF10), SECRET, "not a number"),
    "a timestamp with underscores": (
        PAYLOAD,
        GOOD.replace(f"{NOW}", "1_700_000_000"),
        SECRET,
        "not a number",
    ),
    "a timestamp with a sign": (
        PAYLOAD,
        GOOD.replace("t=", "t=+"),
        SECRET,
        "not a number",
    ),
    "a timestamp after a space": (
        PAYLOAD,
        GOOD.replace("t=", "t= "),
        SECRET,
        "not a number",
    ),
    "a timestamp before a line break": (
        PAYLOAD,
        GOOD.replace(",", "\n,"),
        SECRET,
        "not a number",
    ),
    "a timestamp with a zero before it": (
        PAYLOAD,
        GOOD.replace("t=", "t=0"),
        SECRET,
        "no signature matches",
    ),
    "a timestamp with a value of its own": (
        PAYLOAD,
        GOOD.replace(",", "=99,"),
        SECRET,
        "not a number",
    ),
    "an endless timestamp": (
        PAYLOAD,
        f"t={'1' * 5_000},v1={DIGEST}",
        SECRET,
        "not a number",
    ),
    "a signature with a value of its own": (
        PAYLOAD,
        f"{GOOD}=junk",
        SECRET,
        "no signature matches",
    ),
    "too many signatures": (
        PAYLOAD,
        f"{GOOD},{','.join(['v1=00'] * 100)}",
        SECRET,
        "more than 64 v1 signatures",
    ),
    "an endless header": (
        PAYLOAD,
        f"{GOOD}{',v0=00' * 10_000}",
        SECRET,
        "longer than 8192 bytes",
    ),
    "an endless header in bytes": (
        PAYLOAD,
        b"t=1," + b"v1=00," * 100_000,
        SECRET,
        "longer than 8192 bytes",
    ),
    "a parsed payload": (EVENT, GOOD, SECRET, "the body as it came"),
    "an empty secret": (PAYLOAD, sign(PAYLOAD, "", NOW), "", "no signing secret"),
    "a blank secret": (
        PAYLOAD,
        sign(PAYLOAD, " \n", NOW),
        [SECRET, " \n"],
        "no signing secret",
    ),
    "no secret": (PAYLOAD, GOOD, [], "no signing secret"),
    "None for a secret": (PAYLOAD, GOOD, None, "no signing secret"),
    "a number for a secret": (PAYLOAD, GOOD, 5, "no signing secret"),
}


@pytest.mark.parametrize(
    ("payload", "header", "secrets", "why"), REFUSED.values(), ids=REFUSED
)
@pytest.mark.parametrize("check", [verify, construct_event])
def test_what_does_not_verify_is_refused_with_the_reason(
    check, payload, header, secrets, why
):
    with pytest.raises(WebhookSignatureError, match=why) as caught:
        check(payload, header, secrets, now=NOW)
    assert caught.value.__context__ is None


def test_a_timestamp_is_signed_as_the_text_it_came_as():
    padded = f"0{NOW}"
    digest = hmac.new(
        SECRET.encode(), f"{padded}.".encode() + PAYLOAD, "sha256"
    ).hexdigest()
    verify(PAYLOAD, f"t={padded},v1={digest}", SECRET, now=NOW)


def test_as_many_signatures_as_there_can_be_secrets_are_compared():
    others = ",".join(["v1=" + "0" * 64] * 63)
    verify(PAYLOAD, f"t={NOW},{others},v1={DIGEST}", SECRET, now=NOW)


@pytest.mark.parametrize("payload", [b"\xff", b'{"id": "evt_\xff"}'])
def test_a_signed_payload_that_is_not_utf8_is_a_payload_error(payload):
    header = sign(payload, SECRET, NOW)
    verify(payload, header, SECRET, now=NOW)
    with pytest.raises(
        InvalidArgumentError, match="^payload: it is not UTF-8"
    ) as caught:
        construct_event(payload, header, SECRET, now=NOW)
    assert not isinstance(caught.value, WebhookSignatureError)
    assert caught.value.__context__ is None


@pytest.mark.parametrize("check", [verify, construct_event])
@pytest.mark.parametrize("payload", [PAYLOAD, PAYLOAD + b"\xff"])
def test_a_refusal_shows_neither_payload_nor_secret_in_its_text_or_its_frames(
    check, payload
):
    try:
        check(
            payload,
            sign(payload, SECRET, NOW - 1_000),
            ["whsec_other", SECRET],
            now=NOW,
        )
    except WebhookSignatureError as error:
        told = str(error)
        frames = list(traceback.walk_tb(error.__traceback__))[
            1:
        ]  # the first is this test's
    assert frames
    told += "".join(
        repr(value) for frame, _ in frames for value in frame.f_locals.values()
    )
    assert "whsec_" not in told
    assert "fca_" not in told


# -- the official package agrees -------------------------------------------------------


def theirs(payload, header, secret, tolerance, clock, monkeypatch):
    monkeypatch.setattr(time, "time", lambda: clock)
    try:
        return json.loads(
            str(stripe.Webhook.construct_event(payload, header, secret, tolerance))
        )
    except (AttributeError, TypeError, ValueError, stripe.SignatureVerificationError):
        return None


def ours(payload, header, secret, tolerance, clock):
    try:
        return construct_event(payload, header, secret, tolerance, clock).to_dict()
    except (WebhookSignatureError, InvalidArgumentError):
        return None


class Garbled(str):
    """A header that the official package reads as another one, and this one refuses."""

    __slots__ = ()


def damaged(header, dice):
    """The header as it should be, or with one thing wrong, or other than usual and
    right.
    """
    time_, digest = header.removeprefix("t=").split(",v1=")
    if dice.random() < 0.1:
        return Garbled(
            dice.choice(
                [
                    f"t= {time_},v1={digest}",
                    f"t=0{time_},v1={digest}",
                    f"t={time_},v1={digest}=x",
                ]
            )
        )
    return dice.choice(
        [
            *[header] * 20,
            f"v1={digest},t={time_}",
            f"t={time_},v0=abc,v1=123,v1={digest}",
            f"t={time_},t=5,v1={digest}",
            f"t={time_}, v1={digest}",
            f"t={time_},v1={digest.upper()}",
            f"t={time_},v1={digest[:-1]}",
            f"t={time_}1,v1={digest}",
            f"t={time_},v0={digest}",
            f"t={time_},v1",
            f"t,v1={digest}",
            f"v1={digest}",
            f"t={time_}",
            "t=,v1=",
            ",",
            "",
        ]
    )


def random_payload(dice):
    text = "".join(
        chr(dice.choice([dice.randrange(32, 127), dice.randrange(160, 0x2FFF)]))
        for _ in range(9)
    )
    event = event_of(
        id=f"evt_{dice.random()}",
        note=text,
        type=dice.choice([EVENT["type"], "charge.failed", None]),
    )
    body = dice.choice(
        [json.dumps(json.loads(event), ensure_ascii=False).encode(), event]
    )
    return dice.choice([*[body] * 12, body + b"\xff", body[:-1], b"[]", b"{}", b""])


def test_a_thousand_random_deliveries_are_judged_as_the_official_package_judges_them(
    monkeypatch,
):
    """Except for a timestamp in the future and a garbled header, which Stripe does not
    send: both are refused here.
    """
    dice = random.Random(20231016)
    taken = refused = future = garbled = 0
    for _ in range(1_000):
        payload, tolerance = random_payload(dice), dice.choice([1, 60, 300])
        clock = NOW + dice.random()
        timestamp = NOW - dice.choice(
            [
                *[0] * 8,
                1,
                tolerance - 1,
                tolerance,
                tolerance + 1,
                5_000,
                -tolerance - 2,
            ]
        )
        header = damaged(
            sign(payload, dice.choice([SECRET] * 9 + ["whsec_other"]), timestamp), dice
        )
        expected = theirs(payload, header, SECRET, tolerance, clock, monkeypatch)
        actual = ours(payload, header, SECRET, tolerance, clock)
        if timestamp > clock + tolerance or isinstance(header, Garbled):
            assert actual is None
            future += not isinstance(header, Garbled)
            garbled += isinstance(header, Garbled) and expected is not None
            continue
        assert expected == actual
        taken, refused = taken + (actual is not None), refused + (actual is None)
    assert min(taken, refused) > 250
    assert min(future, garbled) > 40


def test_the_official_package_takes_what_is_signed_here(monkeypatch):
    event = theirs(PAYLOAD, sign(PAYLOAD, SECRET, NOW), SECRET, 300, NOW, monkeypatch)
    assert EVENT == event


# -- events ----------------------------------------------------------------------------


TYPES = {
    "financial_connections.account.account_numbers_updated": webhooks.AccountNumbersUpdated,
    "financial_connections.account.created": webhooks.AccountCreated,
    "financial_connections.account.deactivated": webhooks.AccountDeactivated,
    "financial_connections.account.disconnected": webhooks.AccountDisconnected,
    "financial_connections.account.reactivated": webhooks.AccountReactivated,
    "financial_connections.account.refreshed_balance": webhooks.AccountRefreshedBalance,
    "financial_connections.account.refreshed_ownership": webhooks.AccountRefreshedOwnership,
    "financial_connections.account.refreshed_transactions": webhooks.AccountRefreshedTransactions,
    "financial_connections.account.upcoming_account_number_expiry": webhooks.UpcomingAccountNumberExpiry,
}


@pytest.mark.parametrize(("type_", "kind"), TYPES.items())
def test_every_type_of_financial_connections_has_a_class_with_an_account(type_, kind):
    event = parse_event(event_of(type=type_))
    assert (kind, type_) == (type(event), event.type)
    assert Account.from_dict(ACCOUNT) == event.data.object
    assert {"status": "inactive"} == event.data.previous_attributes
    assert ("evt_1", NOW - 1, False, "2023-10-16") == (
        event.id,
        event.created,
        event.livemode,
        event.api_version,
    )
    assert event.request is not None
    assert event.request.id is None


@pytest.mark.parametrize(
    "type_", ["charge.succeeded", "financial_connections.session.updated", None, 7]
)
def test_any_other_type_is_an_unknown_event_that_keeps_its_object(type_):
    event = parse_event(event_of(type=type_, data={"object": SESSION}))
    assert UnknownEvent is type(event)
    assert SESSION == event.data.object
    assert "tops3cret" not in repr(event)


def test_what_this_version_does_not_know_is_kept():
    later = {"object": ACCOUNT | {"status": "asleep", "colour": "red"}, "hint": 1}
    event = parse_event(event_of(data=later, context="wksp_1"))
    assert {"context": "wksp_1"} == event.extra
    assert ({"hint": 1}, {"colour": "red"}) == (
        event.data.extra,
        event.data.object.extra,
    )
    assert "asleep" == event.data.object.status
    assert not event.data.object.status.is_known
    assert EVENT | {"data": later, "context": "wksp_1"} == event.to_dict()


@pytest.mark.parametrize(
    "broken",
    [
        {"data": None},
        {"data": []},
        {"data": {"object": "fca_1"}},
        {"id": 5},
        {"request": "req_1"},
    ],
)
def test_an_event_that_breaks_the_contract_parses_all_the_same(broken):
    event = parse_event(event_of(**broken))
    assert webhooks.AccountReactivated is type(event)
    assert EVENT | broken == event.to_dict()


@pytest.mark.parametrize(
    "payload", [b"", b"{", b"[]", b"null", b"\xff", b'"evt"', b"[" * 100_000]
)
def test_what_is_no_json_object_is_no_event(payload):
    with pytest.raises(
        InvalidArgumentError, match="^payload: (it is|the JSON is) "
    ) as caught:
        parse_event(payload)
    assert caught.value.__context__ is None


def test_a_signed_payload_that_is_no_event_is_refused_as_such():
    with pytest.raises(InvalidArgumentError, match="not an object"):
        construct_event(b"[1]", sign(b"[1]", SECRET, NOW), SECRET, now=NOW)


def test_events_pickle_copy_and_compare():
    event = parse_event(PAYLOAD)
    assert event == pickle.loads(pickle.dumps(event)) == copy.deepcopy(event)
    assert event != parse_event(event_of(id="evt_2"))
    assert event != parse_event(event_of(type="financial_connections.account.created"))
    assert {event} == {event, parse_event(PAYLOAD)}


def test_a_repr_shows_no_bank_data():
    event = parse_event(
        event_of(data={"object": ACCOUNT, "previous_attributes": {"last4": "6780"}})
    )
    assert "6789" not in repr(event)
    assert "6780" not in repr(event)
    assert "evt_1" in repr(event)


def test_the_events_of_the_sandbox_have_classes():
    sandbox = Sandbox()
    account = sandbox.add_account(balance=1, owners=1, transactions=1)
    sandbox.deactivate(account)
    sandbox.reactivate(account)
    sandbox.disconnect(account)
    events = [parse_event(json.dumps(event).encode()) for event in sandbox.events]
    assert 7 == len({type(event) for event in events})
    assert UnknownEvent not in map(type, events)
    assert AccountStatus.DISCONNECTED == events[-1].data.object.status


@given(st.binary(max_size=200), st.text(max_size=200), st.text(min_size=1, max_size=40))
def test_no_bytes_and_no_header_end_in_anything_but_the_typed_error(
    payload, header, secret
):
    with pytest.raises(WebhookSignatureError):
        verify(payload, header, secret, now=NOW)


@given(st.binary(max_size=200))
def test_no_bytes_end_in_anything_but_an_event_or_the_typed_error(payload):
    try:
        event = parse_event(payload)
    except InvalidArgumentError:
        return
    assert isinstance(event.to_dict(), dict)


def test_receiving_events_needs_no_http_library():
    program = "import sys, financial_connections.webhooks; print(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    roots = {module.split(".")[0] for module in done.stdout.split()}
    assert "financial_connections" in roots
    assert not roots & {"httpx", "httpcore", "starlette", "fastapi", "stripe", "trio"}
