"""Generated code. Do not edit."""

from attrs import field, frozen

from financial_connections._decoding import Model


@frozen(kw_only=True, eq=False, repr=False)
class CashBalance(Model):
    """Details of the balance of a cash account."""

    available: dict[str, int] | None = field(default=None, repr=False)
    """Amount that can be spent per currency, in its smallest unit (cents): the current
    balance less pending payments.
    """
