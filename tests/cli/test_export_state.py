"""The state of an export, and how the next export starts from it."""

import json

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from financial_connections.cli.export_state import (
    ExportState,
    decode_state,
    encode_state,
    initial_state,
)
from financial_connections.cli.failure import UsageError

OPTIONS = {"account": "fca_1", "format": ".csv"}
STATES = st.builds(
    ExportState,
    options=st.dictionaries(st.text(), st.none() | st.text() | st.integers()),
    cursor=st.none() | st.text(),
    length=st.integers(0),
    count=st.integers(0),
    is_complete=st.booleans(),
    may_overwrite=st.booleans(),
)


@given(STATES)
def test_an_encoded_state_can_be_decoded(state):
    assert state == decode_state(encode_state(state))


@given(STATES, st.data())
def test_a_truncated_state_is_rejected(state, data):
    content = encode_state(state)
    with pytest.raises(UsageError):
        decode_state(content[: data.draw(st.integers(0, len(content) - 1))])


@pytest.mark.parametrize(
    "damage",
    [
        {"options": 3},
        {"length": "x"},
        {"length": -1},
        {"count": 1.5},
        {"cursor": 7},
        {"is_complete": "no"},
    ],
)
def test_a_state_with_an_invalid_value_is_rejected(damage):
    with pytest.raises(UsageError, match="damaged"):
        decode_state(json.dumps({"options": {}, **damage}).encode())


def test_a_state_of_another_version_is_rejected():
    with pytest.raises(UsageError, match="another version"):
        decode_state(encode_state(ExportState(options=OPTIONS, version=2)))


def begin(**situation):
    defaults = {
        "previous": None,
        "has_part": False,
        "has_target": False,
        "resume": False,
        "force": False,
    }
    return initial_state(OPTIONS, **{**defaults, **situation})


NEW = ExportState(options=OPTIONS)
UNFINISHED = ExportState(options=OPTIONS, cursor="fctxn_1", length=9, count=1)
COMPLETE = evolve(UNFINISHED, is_complete=True)
OTHER = ExportState(options={**OPTIONS, "account": "fca_2"})


@pytest.mark.parametrize(
    ("situation", "message"),
    [
        ({"has_target": True}, "replace it with --force"),
        ({"has_target": True, "resume": True}, "replace it with --force"),
        ({"has_part": True}, "continue it with --resume"),
        (
            {"has_part": True, "previous": UNFINISHED, "resume": True}
            | {"has_target": True},
            "replace it with --force",
        ),
        (
            {"has_part": True, "previous": COMPLETE, "resume": True}
            | {"has_target": True},
            "replace it with --force",
        ),
        ({"previous": UNFINISHED, "resume": True}, "is missing"),
        ({"previous": COMPLETE, "resume": True}, "is missing"),
        ({"has_part": True, "previous": OTHER, "resume": True}, "different account"),
    ],
)
def test_an_export_that_would_destroy_data_is_rejected(situation, message):
    with pytest.raises(UsageError, match=message):
        begin(**situation)


@pytest.mark.parametrize(
    ("situation", "state"),
    [
        ({}, NEW),
        ({"resume": True}, NEW),
        ({"resume": True, "has_part": True}, NEW),
        ({"force": True, "has_part": True}, evolve(NEW, may_overwrite=True)),
        ({"resume": True, "has_part": True, "previous": UNFINISHED}, UNFINISHED),
        ({"resume": True, "has_target": True, "previous": COMPLETE}, COMPLETE),
        (
            {"resume": True, "force": True, "has_part": True, "previous": UNFINISHED},
            evolve(UNFINISHED, may_overwrite=True),
        ),
    ],
)
def test_an_export_starts_over_or_continues(situation, state):
    assert state == begin(**situation)
