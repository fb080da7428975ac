"""Envelopes of Amazon EventBridge and Azure Event Grid."""

import json
from functools import reduce
from types import MappingProxyType

import pytest
from hypothesis import given
from hypothesis import strategies as st

from financial_connections import InvalidArgumentError, webhooks
from financial_connections.webhooks import construct_event, parse_event, sign
from tests.support.webhooks import (
    EVENT,
    NOTIFICATION,
    NOW,
    SECRET,
    in_event_grid,
    in_eventbridge,
)

WRAPPERS = {
    "eventbridge": in_eventbridge,
    "event grid": in_event_grid,
    "event grid array": lambda event: [in_event_grid(event)],
}
EVENTS = {
    webhooks.AccountReactivated: EVENT,
    webhooks.AccountRefreshedBalanceNotification: NOTIFICATION,
    webhooks.UnknownEvent: {"id": "evt_2", "object": "event", "type": "charge.failed"},
}


@pytest.mark.parametrize("wrap", WRAPPERS.values(), ids=WRAPPERS)
@pytest.mark.parametrize(("cls", "sent"), EVENTS.items())
def test_the_event_in_an_envelope_is_parsed(wrap, cls, sent):
    event = parse_event(json.dumps(wrap(sent), indent=2).encode())
    assert cls is type(event)
    assert sent == event.to_dict()


def test_a_mapping_is_parsed_as_a_lambda_function_receives_it():
    event = parse_event(in_eventbridge(EVENT))
    assert EVENT == event.to_dict()
    assert EVENT == parse_event(EVENT).to_dict()


def test_any_kind_of_mapping_is_parsed():
    event = MappingProxyType(EVENT)
    assert EVENT == parse_event(event).to_dict()
    assert EVENT == parse_event(MappingProxyType(in_eventbridge(event))).to_dict()


def circular():
    payload = {}
    payload["detail"] = payload
    return payload


@pytest.mark.parametrize(
    ("payload", "message"),
    [
        (json.dumps(EVENT), "payload must be the raw body as bytes"),
        (5, "payload must be the raw body as bytes"),
        (None, "payload must be the raw body as bytes"),
        ([in_event_grid(EVENT)], "payload must be the raw body as bytes"),
        ({"id": b"evt_1"}, "payload: .* not JSON serializable"),
        ({(1, 2): "evt_1"}, "payload: keys must be str"),
        (circular(), "payload: Circular reference"),
        (
            reduce(lambda inner, _: {"a": inner}, range(100_000), {}),
            "payload: it is nested",
        ),
    ],
)
def test_a_payload_that_is_neither_bytes_nor_json_is_rejected(payload, message):
    with pytest.raises(InvalidArgumentError, match=f"^{message}") as caught:
        parse_event(payload)
    assert caught.value.__context__ is None


def test_the_event_in_an_envelope_keeps_its_exact_numbers():
    body = json.dumps(in_eventbridge({"id": "evt_1", "n": "N"})).replace('"N"', "1e400")
    assert "1E+400" == str(parse_event(body.encode()).to_dict()["n"])


@pytest.mark.parametrize(
    ("payload", "message"),
    [
        (in_eventbridge({}) | {"detail": "evt_1"}, "the detail of the Amazon"),
        (in_event_grid({}) | {"data": None}, "the data of the CloudEvents"),
        ([], "an array of 0 items"),
        ([in_event_grid(EVENT)] * 2, "an array of 2 items; parse each"),
        ([5], "it is not a JSON object"),
        ([[in_event_grid(EVENT)]], "it is not a JSON object"),
    ],
)
def test_an_envelope_without_exactly_one_event_is_rejected(payload, message):
    with pytest.raises(InvalidArgumentError, match=f"^payload: .*{message}"):
        parse_event(json.dumps(payload).encode())


@pytest.mark.parametrize("wrap", [in_eventbridge, in_event_grid])
def test_a_signed_payload_is_never_an_envelope(wrap):
    body = json.dumps(wrap(EVENT)).encode()
    event = construct_event(body, sign(body, SECRET, NOW), SECRET, now=NOW)
    assert wrap(EVENT) == event.to_dict()
    assert event.object_id is None


@given(
    st.sampled_from(list(WRAPPERS.values())),
    st.dictionaries(st.text(max_size=9), st.none() | st.integers() | st.text()),
    st.sampled_from([None, "event", "v2.core.event"]),
)
def test_any_object_in_an_envelope_is_parsed_without_loss(wrap, fields, kind):
    sent = {**fields, "object": kind}
    assert sent == parse_event(json.dumps(wrap(sent)).encode()).to_dict()


@given(
    st.dictionaries(
        st.sampled_from(["detail", "detail-type", "specversion", "data", "object"]),
        st.none()
        | st.text(max_size=3)
        | st.dictionaries(st.text(max_size=3), st.none()),
    )
)
def test_any_object_like_an_envelope_is_parsed_or_rejected(payload):
    try:
        event = parse_event(json.dumps(payload).encode())
    except InvalidArgumentError:
        return
    assert event.to_dict() in (payload, payload.get("detail"), payload.get("data"))
