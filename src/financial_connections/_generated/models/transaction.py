"""Generated code. Do not edit."""

from attrs import field, frozen

from financial_connections._decoding import REQUIRED, Model
from financial_connections._generated.models.status_transitions import StatusTransitions
from financial_connections._generated.models.transaction_status import TransactionStatus


@frozen(kw_only=True, eq=False, repr=False)
class Transaction(Model):
    """A transaction of a linked account."""

    id: str = REQUIRED
    """ID of the transaction (`fctxn_…`), which stays the same when it is posted."""
    object: str = REQUIRED
    """Name of the object's type in the API."""
    account: str = REQUIRED
    """ID of the account (`fca_…`) to which the transaction belongs."""
    amount: int = field(default=REQUIRED, repr=False)
    """Amount of the transaction, in the smallest unit of its currency (cents)."""
    currency: str = field(default=REQUIRED, repr=False)
    """Currency of the amount, as a lowercase three-letter code."""
    description: str = field(default=REQUIRED, repr=False)
    """Description of the transaction, as given by the institution. Personal data."""
    livemode: bool = REQUIRED
    """False if the object was created in test mode."""
    status: TransactionStatus = REQUIRED
    """Status of the transaction: pending, posted or void."""
    status_transitions: StatusTransitions = REQUIRED
    """Times at which the status of the transaction changed."""
    transacted_at: int = REQUIRED
    """Time when the transaction was made, in seconds since the epoch."""
    transaction_refresh: str = REQUIRED
    """ID of the refresh (`fctxnref_…`) that last added or changed the transaction."""
    updated: int = REQUIRED
    """Time at which this object was last changed, in seconds since the epoch."""
