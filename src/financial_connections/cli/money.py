"""Amounts as people write them. Pure.

The API counts in a currency's smallest unit. How many of them make a whole one is
Stripe's rule: https://docs.stripe.com/currencies#zero-decimal
"""

from decimal import Decimal, localcontext

# CLDR, and so Babel, drops decimals that are out of use (ALL, LBP, …): right for a
# price tag, a factor of 100 here.
_NO_DECIMALS = frozenset(
    [
        "BIF",
        "CLP",
        "DJF",
        "GNF",
        "JPY",
        "KMF",
        "KRW",
        "MGA",
        "PYG",
        "RWF",
        "VND",
        "VUV",
        "XAF",
        "XOF",
        "XPF",
    ]
)
_THREE_DECIMALS = frozenset(["BHD", "JOD", "KWD", "OMR", "TND"])

_ANY_LENGTH = (
    5_000  # digits; JSON has no largest number, and Python reads none that is longer
)


def decimals(currency: str) -> int:
    """Return how many decimals an amount in this currency has; two where nobody knows
    better.
    """
    code = currency.upper()
    return 0 if code in _NO_DECIMALS else 3 if code in _THREE_DECIMALS else 2


def amount(units: int, currency: str | None) -> str:
    """Return an amount in the smallest unit as text: `amount(-950, "usd")` is `-$9.50`."""
    from babel.numbers import format_currency, get_currency_symbol  # noqa: PLC0415 - in a pipe nothing is formatted

    code = (currency or "").upper()
    digits = decimals(code)
    symbol = (
        "¤"
        if get_currency_symbol(code, locale="en_US") != code
        else "¤¤ "
        if code
        else ""
    )
    pattern = f"{symbol}#,##0{'.' * bool(digits)}{'0' * digits}"
    with localcontext(prec=_ANY_LENGTH):
        value = Decimal(units).scaleb(-digits)
        return str(
            format_currency(
                value, code, format=pattern, locale="en_US", currency_digits=False
            )
        ).strip()


def amounts(by_currency: dict[str, int] | None) -> str:
    """Return amounts by currency, as `balance.current` has them, in the order of their
    currencies.
    """
    return ", ".join(
        amount(units, currency)
        for currency, units in sorted((by_currency or {}).items())
    )
