"""Generated code. Do not edit."""

from financial_connections._decoding import OpenEnum


class TransactionStatus(OpenEnum):
    """Status of a transaction."""

    PENDING = "pending"
    """The transaction has not settled yet."""
    POSTED = "posted"
    """The transaction has settled."""
    VOID = "void"
    """The transaction was cancelled before it settled."""
