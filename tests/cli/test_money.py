"""Formatting of amounts."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from financial_connections.cli.money import amount, amounts
from financial_connections.data import currency_decimals

CURRENCIES = ["USD", "EUR", "GBP", "JPY", "KRW", "KWD", "CAD", "ALL", "XOF", "no"]


@pytest.mark.parametrize(
    ("units", "currency", "expected"),
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
def test_an_amount_has_the_decimals_of_its_currency(units, currency, expected):
    assert expected == amount(units, currency)


@given(units=st.integers(-(10**40), 10**40), currency=st.sampled_from(CURRENCIES))
def test_a_formatted_amount_keeps_every_digit(units, currency):
    text = amount(units, currency)
    whole, _, part = re.search(r"[0-9][0-9,.]*$", text)[0].partition(".")
    assert (abs(units), currency_decimals(currency)) == (
        int(whole.replace(",", "") + part),
        len(part),
    )
    assert (units < 0) == text.startswith("-")


@given(currency=st.text())
def test_any_currency_code_is_accepted(currency):
    assert "1" in amount(1, currency)


def test_amounts_are_sorted_by_currency():
    assert "€2.00, $1.00" == amounts({"usd": 100, "eur": 200})
    assert "" == amounts(None)
