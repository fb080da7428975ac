"""Format amounts of money.

The API expresses amounts in a currency's smallest unit. Stripe defines how many of
these make up one whole unit: https://docs.stripe.com/currencies#zero-decimal
"""

from decimal import Decimal, localcontext

# Not taken from CLDR (and therefore Babel), which drops decimals that are no longer
# used in practice (ALL, LBP, …). That is right for price tags, but would make these
# amounts wrong by a factor of 100.
_NO_DECIMALS = frozenset(
    "BIF CLP DJF GNF JPY KMF KRW MGA PYG RWF VND VUV XAF XOF XPF".split()  # noqa: SIM905 - a list would take 15 lines
)
_THREE_DECIMALS = frozenset("BHD JOD KWD OMR TND".split())  # noqa: SIM905 - see above

# Enough for any integer that Python parses, which has at most 4,300 digits.
_MAX_DIGITS = 5_000


def decimals(currency: str) -> int:
    """Return the number of decimals of a currency; two if the currency is unknown.

    Args:
        currency: Currency code, in any case.
    """
    code = currency.upper()
    return 0 if code in _NO_DECIMALS else 3 if code in _THREE_DECIMALS else 2


def amount(units: int, currency: str | None) -> str:
    """Format an amount: `amount(-950, "usd")` is `-$9.50`.

    Args:
        units: Amount in the currency's smallest unit.
        currency: Currency code, in any case; None if unknown.
    """
    # Imported lazily because piped output does not need it.
    from babel.numbers import format_currency, get_currency_symbol  # noqa: PLC0415

    code = (currency or "").upper()
    digits = decimals(code)
    has_symbol = get_currency_symbol(code, locale="en_US") != code
    symbol = "¤" if has_symbol else "¤¤ " if code else ""
    pattern = f"{symbol}#,##0{'.' * bool(digits)}{'0' * digits}"
    with localcontext(prec=_MAX_DIGITS):
        value = Decimal(units).scaleb(-digits)
        return str(
            format_currency(
                value, code, format=pattern, locale="en_US", currency_digits=False
            )
        ).strip()


def amounts(by_currency: dict[str, int] | None) -> str:
    """Format amounts in several currencies, sorted by currency code.

    Args:
        by_currency: Amounts in the smallest unit of each currency, as in
            `balance.current`. None gives an empty string.
    """
    return ", ".join(
        amount(units, currency)
        for currency, units in sorted((by_currency or {}).items())
    )
