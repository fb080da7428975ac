"""Generated code. Do not edit."""

from attrs import field, frozen

from financial_connections._decoding import Model


@frozen(kw_only=True, eq=False, repr=False)
class CreditBalance(Model):
    """Details of the balance of a credit account."""

    used: dict[str, int] | None = field(default=None, repr=False)
    """Credit used by the account holder per currency, in its smallest unit (cents)."""
