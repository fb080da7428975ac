"""Format amounts of money for people."""

from decimal import localcontext

from financial_connections.data.money import (
    EXACT,
    currency_decimals,
    decimal_amount,
)


def amount(units: int, currency: str | None) -> str:
    """Format an amount: `amount(-950, "usd")` is `-$9.50`.

    Args:
        units: Amount in the currency's smallest unit.
        currency: Currency code, in any case; None if unknown.
    """
    # Imported lazily because piped output does not need it.
    from babel.numbers import format_currency, get_currency_symbol  # noqa: PLC0415

    code = (currency or "").upper()
    digits = currency_decimals(code)
    has_symbol = get_currency_symbol(code, locale="en_US") != code
    symbol = "¤" if has_symbol else "¤¤ " if code else ""
    pattern = f"{symbol}#,##0{'.' * bool(digits)}{'0' * digits}"
    value = decimal_amount(units, code)
    with localcontext(EXACT):
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
