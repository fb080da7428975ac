"""Generated code. Do not edit."""

from attrs import field, frozen

from financial_connections._decoding import REQUIRED, Model
from financial_connections._generated.models.balance_type import BalanceType
from financial_connections._generated.models.cash_balance import CashBalance
from financial_connections._generated.models.credit_balance import CreditBalance


@frozen(kw_only=True, eq=False, repr=False)
class Balance(Model):
    """The balance of an account at one point in time.

    Amounts are given per currency, such as `usd`, in the currency's smallest unit. A
    negative amount is owed by the account holder.
    """

    as_of: int = REQUIRED
    """Time to which the balance applies, in seconds since the epoch."""
    cash: CashBalance | None = None
    """Details of a cash balance. Set if `type` is `cash`."""
    credit: CreditBalance | None = None
    """Details of a credit balance. Set if `type` is `credit`."""
    current: dict[str, int] = field(default=REQUIRED, repr=False)
    """Current balance per currency, in its smallest unit (cents). Negative if it is
    owed by the account holder.
    """
    type: BalanceType = REQUIRED
    """Type of the balance, which is also the name of the field that is set."""
