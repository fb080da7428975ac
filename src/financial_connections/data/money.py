"""Decimals of currencies.

The API expresses amounts in a currency's smallest unit. Stripe defines how many of
these make up one whole unit: https://docs.stripe.com/currencies#zero-decimal
"""

from decimal import Context, Decimal

# Not taken from CLDR (and therefore Babel), which drops decimals that are no longer
# used in practice (ALL, LBP, …). That is right for price tags, but would make these
# amounts wrong by a factor of 100.
_NO_DECIMALS = frozenset(
    "BIF CLP DJF GNF JPY KMF KRW MGA PYG RWF VND VUV XAF XOF XPF".split()  # noqa: SIM905 - a list would take 15 lines
)
_THREE_DECIMALS = frozenset("BHD JOD KWD OMR TND".split())  # noqa: SIM905 - see above

# Enough for any integer that Python parses, which has at most 4,300 digits.
EXACT = Context(prec=5_000)
"""A context in which amounts are never rounded."""


def currency_decimals(currency: str) -> int:
    """Return the number of decimals of a currency; two if the currency is unknown.

    Args:
        currency: Currency code, in any case.
    """
    code = currency.upper()
    return 0 if code in _NO_DECIMALS else 3 if code in _THREE_DECIMALS else 2


def decimal_amount(amount: int, currency: str) -> Decimal:
    """Return an amount in whole units: `decimal_amount(-950, "usd")` is `-9.50`.

    The number of decimals is that of the currency: none for `jpy`, three for `kwd`.

    Args:
        amount: Amount in the currency's smallest unit.
        currency: Currency code, in any case.
    """
    return Decimal(amount).scaleb(-currency_decimals(currency), context=EXACT)
