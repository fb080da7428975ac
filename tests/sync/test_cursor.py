"""Encoding and decoding of cursors."""

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from financial_connections import InvalidArgumentError
from financial_connections.sync.cursor import Checkpoint, decode_cursor, encode_cursor

IDS = st.none() | st.text(
    string.ascii_letters + string.digits + "_", min_size=1, max_size=40
)
CHECKPOINTS = st.builds(Checkpoint, IDS, IDS, IDS, IDS, st.booleans())


@given(CHECKPOINTS, st.text(max_size=40))
def test_a_cursor_decodes_to_its_checkpoint(checkpoint, account):
    cursor = encode_cursor(account, checkpoint)
    assert checkpoint == decode_cursor(account, cursor)
    assert set(cursor) <= {*string.ascii_letters, *string.digits, *"-_."}


def test_a_cursor_is_short_and_contains_no_id():
    refreshes = [f"fctxnref_{24 * letter}" for letter in "abc"]
    longest = encode_cursor(
        "fca_123", Checkpoint(*refreshes, "fctxn_" + 24 * "d", is_repeated=True)
    )
    usual = encode_cursor("fca_123", Checkpoint(*refreshes[:2]))
    assert (219, 125) == (len(longest), len(usual))
    assert "fca_" not in longest
    assert "fctxn" not in longest


@given(st.data())
def test_a_damaged_cursor_is_rejected(data):
    cursor = encode_cursor("fca_1", Checkpoint("r1", "r1", "r2", "t5"))
    index = data.draw(st.integers(0, len(cursor) - 1))
    other = data.draw(
        st.characters().filter(lambda character: character != cursor[index])
    )
    for changed in (
        cursor[:index] + other + cursor[index + 1 :],
        cursor[:index],
        cursor[:index] + other + cursor[index:],
    ):
        with pytest.raises(InvalidArgumentError, match="^cursor "):
            decode_cursor("fca_1", changed)


@pytest.mark.parametrize(
    ("cursor", "checkpoint"),
    [
        ("fcs1.BTAcMypV.W10.eOltdSeVgV2F", Checkpoint()),
        (
            "fcs1.BTAcMypV.WyJmY3R4bnJlZl8xIl0.MSZWJr-Um0CF",
            Checkpoint("fctxnref_1", "fctxnref_1"),
        ),
        (
            "fcs1.BTAcMypV.WyJmY3R4bnJlZl8xIiwiZmN0eG5yZWZfMiIsImZjdHhuXzUiXQ.jgxWFUdjdG87",
            Checkpoint("fctxnref_1", "fctxnref_1", "fctxnref_2", "fctxn_5"),
        ),
        (
            "fcs1.BTAcMypV.W251bGwsbnVsbCwiZmN0eG5fNSJd.s3SbREjaDKWu",
            Checkpoint(position="fctxn_5"),
        ),
    ],
)
def test_a_cursor_of_an_earlier_version_is_accepted(cursor, checkpoint):
    assert checkpoint == decode_cursor("fca_1", cursor)


@pytest.mark.parametrize(
    ("cursor", "reason"),
    [
        (encode_cursor("fca_2", Checkpoint("r1")), "belongs to another account"),
        (encode_cursor("fca_1", Checkpoint("r1"))[:-1], "is malformed"),
        ("fcs2.abc", "is malformed"),
        ("fcs3.abc", "created by a newer version"),
        ("fctxn_1", "must be one returned by a sync"),
        ("", "must be one returned by a sync"),
        (5, "must be one returned by a sync"),
    ],
)
def test_an_invalid_cursor_is_rejected(cursor, reason):
    with pytest.raises(InvalidArgumentError, match=reason):
        decode_cursor("fca_1", cursor)
