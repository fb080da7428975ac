"""Masking of keys and secrets in text, escaped or not."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from financial_connections._redact import Mask, flatten, restore, sanitize
from tests.support.keys import KEYS


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("sk_org_live_abc.", "sk_org_***."),
        ("(rk_org_test_abc)", "rk_org_***"),
        ("sk_org_abc", "sk_org_***"),
        ("ek_live_abc", "ek_live_***"),
        (r"\u0073k_test_abc", r"\u0073k_test_***"),
        (r"\n\u0073k\u005Ftest_abc", r"\n\u0073k\u005Ftest_***"),
        ("key%3Dsk_test_abc%20", "key%3Dsk_test_***"),
        ("%73k%5flive%5fabc", "%73k%5flive%5f***"),
        ("&#115;k_live_abc", "&#115;k_live_***"),
        ("my_sk_live_abc", "my_sk_live_***"),
        ("whsec_abc fcsess_1_secret_abc", "whsec_*** fcsess_1_secret_***"),
        ("the task_test_1 is not secret", "the task_test_1 is not secret"),
        ("100 % of sk_live_ and & and \\", "100 % of sk_live_ and & and \\"),
    ],
)
def test_text_that_looks_like_a_secret_is_masked(text, masked):
    result = Mask()(text)
    assert masked.strip("()") in result
    assert "abc" not in result


def test_a_short_value_is_masked_only_as_a_whole_word():
    assert "*** or a1b is *** ." == Mask(["a1"])("a1 or a1b is a1 .")


def test_the_repr_of_a_mask_has_no_secret():
    assert "Mask(***)" == repr(Mask(["sk_test_1"]))


@pytest.mark.parametrize(
    "hostile", ["%", "\\", "&#0", "sk_", "%25", "_secret_", "\\u0073k_test_"]
)
def test_hostile_text_is_masked_in_linear_time(hostile):
    """In quadratic time, this would take minutes."""
    Mask(["sk_live_" + "a" * 99])(hostile * (300_000 // len(hostile)))


@given(st.text(), KEYS)
def test_a_sanitized_line_has_no_key(text, key):
    assert key not in sanitize(f"{text}{key}{text}", secrets=[key])


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=3),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.text(max_size=3), inner, max_size=3)
    ),
    max_leaves=20,
)


@given(JSON)
def test_a_flattened_value_is_restored(value):
    assert repr(value) == repr(restore(flatten(value)))
