from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from enum import Enum
from urllib.parse import parse_qsl

import pytest
from hypothesis import given
from hypothesis import strategies as st

from financial_connections import InvalidArgumentError
from financial_connections._transport.encode import encode_params, encode_path


def pairs(params, **settings):
    return parse_qsl(
        encode_params(params, **settings),
        keep_blank_values=True,
        strict_parsing=bool(params),
    )


@pytest.mark.parametrize(
    ("params", "expected"),
    [
        (
            {"features": ["balance", "ownership"]},
            [("features[0]", "balance"), ("features[1]", "ownership")],
        ),
        ({"features": ("balance",)}, [("features[0]", "balance")]),
        (
            {"account_holder": {"customer": "cus_1"}},
            [("account_holder[customer]", "cus_1")],
        ),
        (
            {"filters": {"countries": ["US", "CA"]}},
            [("filters[countries][0]", "US"), ("filters[countries][1]", "CA")],
        ),
        (
            {"transacted_at": {"gte": 1, "lt": 2}},
            [("transacted_at[gte]", "1"), ("transacted_at[lt]", "2")],
        ),
        ({"expand": ["data.ownership"]}, [("expand[0]", "data.ownership")]),
        ({"a": True, "b": False}, [("a", "true"), ("b", "false")]),
        ({"a": 1.5, "b": Decimal("2.50")}, [("a", "1.5"), ("b", "2.50")]),
        ({"a": "ü &=+%[]", "b": ""}, [("a", "ü &=+%[]"), ("b", "")]),
        (
            {"holder": {"customer": "cus_1", "account": None}},
            [("holder[customer]", "cus_1")],
        ),
    ],
)
def test_nested_params_are_encoded_with_brackets_and_indices(params, expected):
    assert expected == pairs(params)


def test_none_and_empty_optional_lists_are_not_sent():
    assert "" == encode_params({"limit": None, "expand": []}, arrays=["expand"])


def test_brackets_are_percent_encoded():
    assert "features%5B0%5D=balance" == encode_params({"features": ["balance"]})


@pytest.mark.parametrize("zone", [UTC, timezone(timedelta(hours=5, minutes=30))])
def test_an_aware_datetime_is_sent_as_unix_seconds(zone):
    moment = datetime(2023, 10, 16, 12, 0, 0, 999_999, tzinfo=UTC).astimezone(zone)
    assert "transacted_at%5Bgte%5D=1697457600" == encode_params(
        {"transacted_at": {"gte": moment}}
    )


def test_a_time_before_the_epoch_is_rounded_down():
    assert "at=-1" == encode_params(
        {"at": datetime(1969, 12, 31, 23, 59, 59, 500_000, tzinfo=UTC)}
    )


@pytest.mark.parametrize(
    ("params", "settings", "key"),
    [
        ({"at": {"gte": datetime(2023, 1, 1)}}, {}, "at[gte]"),  # noqa: DTZ001
        ({"features": "balance"}, {"arrays": ["features"]}, "features"),
        ({"features": {"balance"}}, {"arrays": ["features"]}, "features"),
        ({"features": b"balance"}, {"arrays": ["features"]}, "features"),
        ({"features": {"0": "balance"}}, {"arrays": ["features"]}, "features"),
        (
            {"filters": {"countries": "US"}},
            {"arrays": ["filters[countries]"]},
            "filters[countries]",
        ),
        ({"features": []}, {"required": ["features"]}, "features"),
        ({"features": None}, {"required": ["features"]}, "features"),
        ({}, {"required": ["features"]}, "features"),
        ({"holder": {"customer": "c"}}, {"required": ["holder[type]"]}, "holder[type]"),
        ({"features": ["balance", None]}, {}, "features[1]"),
        ({"features": [object()]}, {}, "features[0]"),
        ({"holder": {"customer": None}}, {}, "holder"),
        ({"holder": {}}, {}, "holder"),
        ({"a": float("nan")}, {}, "a"),
        ({"a": Decimal("Infinity")}, {}, "a"),
        ({"a": b"bytes"}, {}, "a"),
        ({"a": {1: "x"}}, {}, "a"),
        ({"a": {"b]": "x"}}, {}, "a"),
        ({"a": "\ud800"}, {}, "a"),
        ({"a": 10**5000}, {}, "a"),
        ({"account": "fca_1\r\n"}, {}, "account"),
        ({"a": {"b": ["x\0"]}}, {}, "a[b][0]"),
    ],
)
def test_the_error_for_an_invalid_value_names_its_key(params, settings, key):
    with pytest.raises(InvalidArgumentError) as caught:
        encode_params(params, **settings)
    assert str(caught.value).startswith((key, f"a key in {key}"))


class Colour(str, Enum):  # noqa: UP042 - as users have them
    RED = "red"


def test_an_enum_is_sent_as_its_value():
    assert "session=red" == encode_params({"session": Colour.RED})


def test_a_recursive_value_is_rejected():
    endless = {}
    endless["a"] = endless
    with pytest.raises(InvalidArgumentError, match="nested too deeply"):
        encode_params({"a": endless})


def test_parameters_must_be_a_mapping():
    with pytest.raises(InvalidArgumentError, match="mapping"):
        encode_params(["a"])


def test_an_error_does_not_show_the_value():
    with pytest.raises(InvalidArgumentError) as caught:
        encode_params({"a": {"b": b"1234567890"}})
    assert "1234567890" not in str(caught.value)


def test_a_required_key_that_is_clearable_accepts_the_empty_string():
    keys = {"required": ("limits[accounts]",), "clearable": ("limits[accounts]",)}
    assert "limits%5Baccounts%5D=" == encode_params(
        {"limits": {"accounts": ""}}, **keys
    )
    for params, message in (
        ({"limits": {"other": 1}}, r"limits\[accounts\] is required"),
        ({"limits": {"accounts": []}}, r"limits\[accounts\] must not be empty"),
    ):
        with pytest.raises(InvalidArgumentError, match=message):
            encode_params(params, **keys)


def test_a_nested_key_is_required_only_inside_its_object():
    assert "" == encode_params({"filters": None}, required=["filters[countries]"])


def test_path_segments_are_percent_encoded():
    assert "/v1/accounts/a%2Fb%3Fc%23d%20%C3%BC%25" == encode_path(
        "/v1/accounts/{account}", {"account": "a/b?c#d ü%"}
    )


@pytest.mark.parametrize(
    "segment", ["", ".", "..", None, 5, b"fca_1", "\ud800", "a\r\nb", "a\0", "a\x7f"]
)
def test_an_id_that_changes_the_path_is_rejected(segment):
    with pytest.raises(InvalidArgumentError, match="^an ID "):
        encode_path("/v1/{id}", {"id": segment})


scalars = (
    st.text(st.characters(exclude_categories=["Cs"])) | st.integers() | st.booleans()
)
keys = st.text(
    st.characters(exclude_categories=["Cs"], exclude_characters="[]"), min_size=1
)
trees = st.recursive(
    scalars,
    lambda t: st.lists(t, min_size=1) | st.dictionaries(keys, t, min_size=1),
    max_leaves=12,
)


def flat(key, value):
    if isinstance(value, dict):
        return [
            pair
            for name, item in value.items()
            for pair in flat(f"{key}[{name}]", item)
        ]
    if isinstance(value, list):
        return [
            pair
            for index, item in enumerate(value)
            for pair in flat(f"{key}[{index}]", item)
        ]
    return [(key, str(value).lower() if isinstance(value, bool) else str(value))]


@given(st.dictionaries(keys, trees))
def test_any_value_can_be_decoded_again(params):
    assert [
        pair for key, value in params.items() for pair in flat(key, value)
    ] == pairs(params, free_text=True)


@given(
    st.text(st.characters(exclude_categories=["Cc", "Cs"]), min_size=1).filter(
        lambda s: s.strip() not in {"", ".", ".."}
    )
)
def test_any_id_is_a_single_segment(segment):
    path = encode_path("/v1/{id}", {"id": segment})
    assert 2 == path.count("/")
    assert not set(path) & set("?#;@ \\")
