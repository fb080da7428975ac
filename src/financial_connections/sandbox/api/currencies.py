"""Currencies, and amounts in them that buy about the same.

Amounts are made up in US cents, so that a seed gives the same purchases in every
currency, and are then converted at a fixed rate.
"""

from financial_connections.sandbox.api.fakes import INSTITUTIONS

_RATES = {
    "aud": 1.5,
    "cad": 1.4,
    "chf": 0.9,
    "czk": 22,
    "dkk": 7,
    "eur": 0.9,
    "gbp": 0.8,
    "inr": 85,
    "jpy": 1.5,  # no smaller unit, like the won
    "krw": 14,
    "kwd": 3,  # a dinar has 1,000 fils
    "mxn": 18,
    "nok": 10,
    "nzd": 1.6,
    "pln": 4,
    "sek": 10,
    "sgd": 1.3,
}
"""Smallest units of each currency for a US cent, roughly. Any other currency has 1."""
_BY_COUNTRY = {"CA": "cad"}


def currency_of(institution_name: str) -> str:
    """Return the currency of an institution's country; `usd` if it is unknown."""
    for institution in INSTITUTIONS:
        if institution.name == institution_name:
            return _BY_COUNTRY.get(institution.country, "usd")
    return "usd"


def convert(cents: int, currency: str) -> int:
    """Return an amount in the smallest unit of a currency; never 0 unless `cents` is.

    Args:
        cents: Amount in US cents.
        currency: Three-letter currency code in lower case.
    """
    rate = _RATES.get(currency, 1)
    return round(cents * rate) or (cents > 0) - (cents < 0)
