"""Operations on transactions, each as a function.

Generated code. Do not edit.
"""

from financial_connections._generated.api.transactions.list_transactions import (
    list_transactions,
)
from financial_connections._generated.api.transactions.retrieve_transaction import (
    retrieve_transaction,
)

__all__ = [
    "list_transactions",
    "retrieve_transaction",
]
