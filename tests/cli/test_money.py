"""Amounts and times, as people write them."""

import re

import pytest
from babel import Locale
from babel.numbers import get_currency_precision
from hypothesis import given
from hypothesis import strategies as st

from financial_connections.cli.moment import ago, day, minute, seconds_from
from financial_connections.cli.money import amount, amounts, decimals

CURRENCIES = sorted(Locale("en").currencies)


@pytest.mark.parametrize(
    ("units", "currency", "told"),
    [
        (-950, "usd", "-$9.50"),
        (312_345, "usd", "$3,123.45"),
        (1_200, "jpy", "¥1,200"),
        (1_234, "kwd", "KWD 1.234"),
        (0, "eur", "€0.00"),
        (7, "cad", "CA$0.07"),
        (12_345, "all", "ALL 123.45"),
        (1_050, "undefined", "UNDEFINED 10.50"),
        (1_050, "", "10.50"),
        (1_050, None, "10.50"),
        (10**30, "usd", "$10,000,000,000,000,000,000,000,000,000.00"),
    ],
)
def test_an_amount_has_the_decimals_of_its_currency(units, currency, told):
    assert told == amount(units, currency)


@given(units=st.integers(-(10**40), 10**40), currency=st.sampled_from(CURRENCIES))
def test_the_digits_of_an_amount_are_those_that_were_sent(units, currency):
    told = amount(units, currency)
    whole, _, part = re.search(r"[0-9][0-9,.]*$", told)[0].partition(".")
    assert (abs(units), decimals(currency)) == (
        int(whole.replace(",", "") + part),
        len(part),
    )
    assert (units < 0) == told.startswith("-")


@given(currency=st.text())
def test_no_currency_is_too_strange(currency):
    assert "1" in amount(1, currency)


def test_only_currencies_whose_decimals_are_out_of_use_differ_from_cldr():
    differ = {
        code
        for code in CURRENCIES
        if len(code) == 3 and decimals(code) != get_currency_precision(code)
    }
    assert {"AFN", "ALL", "IRR", "LBP", "RSD"} <= differ
    assert not differ & {
        "USD",
        "EUR",
        "GBP",
        "JPY",
        "KRW",
        "KWD",
        "BHD",
        "CAD",
        "CHF",
        "INR",
        "VND",
        "CLP",
    }


def test_balances_stand_in_the_order_of_their_currencies():
    assert "€2.00, $1.00" == amounts({"usd": 100, "eur": 200})
    assert "" == amounts(None)


@pytest.mark.parametrize(
    ("distance", "told"),
    [
        (0, "now"),
        (-300, "5 minutes ago"),
        (3_600, "in 1 hour"),
        (-3 * 86_400, "3 days ago"),
        (10**18, "?"),
    ],
)
def test_a_moment_is_told_by_its_distance(distance, told):
    assert told == ago(1_700_000_000 + distance, now=1_700_000_000)


def test_a_moment_that_no_calendar_has_is_a_question_mark():
    assert ("?", "?", "") == (day(10**18), minute(-(10**18)), day(None))


@pytest.mark.parametrize(
    ("written", "seconds"),
    [
        ("1700000000", 1_700_000_000),
        ("2023-11-14", 1_699_920_000),
        ("2023-11-14T22:13:20", 1_700_000_000),
        ("2023-11-14T23:13:20+01:00", 1_700_000_000),
        ("2023-11-14 22:13:20Z", 1_700_000_000),
    ],
)
def test_moments_can_be_written_in_several_ways(written, seconds):
    assert seconds == seconds_from(written)


def test_a_day_reaches_to_its_last_second():
    assert seconds_from("2023-11-14") + 86_399 == seconds_from(
        "2023-11-14", end_of_day=True
    )


@given(st.integers(0, 4_000_000_000))
def test_a_minute_that_was_shown_can_be_written(seconds):
    assert seconds - seconds % 60 == seconds_from(minute(seconds))
