"""Format amounts of money for people."""

from financial_connections.cli.text import is_encodable
from financial_connections.data.money import currency_decimals, decimal_amount

# The symbols of English in the United States. Other currencies are shown by their code.
_SYMBOLS = {
    "AUD": "A$",
    "BRL": "R$",
    "CAD": "CA$",
    "CNY": "CN¥",
    "EUR": "€",
    "GBP": "£",
    "HKD": "HK$",
    "ILS": "₪",
    "INR": "₹",
    "JPY": "¥",
    "KRW": "₩",
    "MXN": "MX$",
    "NZD": "NZ$",
    "PHP": "₱",
    "TWD": "NT$",
    "USD": "$",
    "VND": "₫",
    "XCD": "EC$",
}


def amount(units: int, currency: str | None) -> str:
    """Format an amount: `amount(-950, "usd")` is `-$9.50`.

    Args:
        units: Amount in the currency's smallest unit.
        currency: Currency code, in any case; None if unknown.
    """
    code = (currency or "").upper()
    symbol = _SYMBOLS.get(code, "")
    if code and not (symbol and is_encodable(symbol)):
        symbol = f"{code} "
    sign = "-" if units < 0 else ""
    value = decimal_amount(abs(units), code)
    return f"{sign}{symbol}{value:,.{currency_decimals(code)}f}"


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
