"""Deliveries are accepted or rejected as they are by the official `stripe` package."""

import json
import random
import time

import stripe

from financial_connections import InvalidArgumentError, WebhookSignatureError
from financial_connections.webhooks import construct_event, sign
from tests.support.webhooks import EVENT, NOW, PAYLOAD, SECRET, event_with


def stripe_result(payload, header, secret, tolerance, clock, monkeypatch):
    monkeypatch.setattr(time, "time", lambda: clock)
    try:
        return json.loads(
            str(stripe.Webhook.construct_event(payload, header, secret, tolerance))
        )
    except (AttributeError, TypeError, ValueError, stripe.SignatureVerificationError):
        return None


def our_result(payload, header, secret, tolerance, clock):
    try:
        return construct_event(payload, header, secret, tolerance, clock).to_dict()
    except (WebhookSignatureError, InvalidArgumentError):
        return None


class Ambiguous(str):
    """A malformed header, which we reject although the official package accepts it."""

    __slots__ = ()


def mutate(header, rng):
    """Return a valid, unusual or invalid variant of a header."""
    time_, digest = header.removeprefix("t=").split(",v1=")
    if rng.random() < 0.1:
        return Ambiguous(
            rng.choice(
                [
                    f"t= {time_},v1={digest}",
                    f"t=0{time_},v1={digest}",
                    f"t={time_},v1={digest}=x",
                ]
            )
        )
    return rng.choice(
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


def random_payload(rng):
    text = "".join(
        chr(rng.choice([rng.randrange(32, 127), rng.randrange(160, 0x2FFF)]))
        for _ in range(9)
    )
    event = event_with(
        id=f"evt_{rng.random()}",
        note=text,
        type=rng.choice([EVENT["type"], "charge.failed", None]),
    )
    body = rng.choice(
        [json.dumps(json.loads(event), ensure_ascii=False).encode(), event]
    )
    return rng.choice([*[body] * 12, body + b"\xff", body[:-1], b"[]", b"{}", b""])


def test_the_stripe_package_agrees_on_random_deliveries(monkeypatch):
    """Unlike the package, we reject timestamps in the future and malformed headers.

    Stripe sends neither.
    """
    rng = random.Random(20231016)
    accepted = rejected = future = ambiguous = 0
    for _ in range(1_000):
        payload, tolerance = random_payload(rng), rng.choice([1, 60, 300])
        clock = NOW + rng.random()
        ages = [1, tolerance - 1, tolerance, tolerance + 1, 5_000, -tolerance - 2]
        timestamp = NOW - rng.choice([*[0] * 8, *ages])
        header = mutate(
            sign(payload, rng.choice([SECRET] * 9 + ["whsec_other"]), timestamp), rng
        )
        expected = stripe_result(payload, header, SECRET, tolerance, clock, monkeypatch)
        actual = our_result(payload, header, SECRET, tolerance, clock)
        if timestamp > clock + tolerance or isinstance(header, Ambiguous):
            assert actual is None
            future += not isinstance(header, Ambiguous)
            ambiguous += isinstance(header, Ambiguous) and expected is not None
            continue
        assert expected == actual
        accepted += actual is not None
        rejected += actual is None
    assert min(accepted, rejected) > 250
    assert min(future, ambiguous) > 40


def test_the_stripe_package_accepts_our_signatures(monkeypatch):
    event = stripe_result(
        PAYLOAD, sign(PAYLOAD, SECRET, NOW), SECRET, 300, NOW, monkeypatch
    )
    assert EVENT == event
