"""Generated code. Do not edit."""

from attrs import frozen

from financial_connections._decoding import Model


@frozen(kw_only=True, eq=False, repr=False)
class StatusTransitions(Model):
    """Times at which the status of a transaction changed."""

    posted_at: int | None = None
    """Time when the transaction was posted, in seconds since the epoch; null if it was
    not.
    """
    void_at: int | None = None
    """Time when the transaction was voided, in seconds since the epoch; null if it was
    not.
    """
