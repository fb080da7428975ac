"""Work on many accounts at once."""

from financial_connections._many.accounts import (
    AccountInput,
    AccountRef,
    AccountSource,
    account_id,
    account_ref,
)
from financial_connections._many.listing import ListMany
from financial_connections._many.results import (
    ManyBlock,
    ManyResults,
    ManySettings,
    check_concurrency,
)

__all__ = [
    "AccountInput",
    "AccountRef",
    "AccountSource",
    "ListMany",
    "ManyBlock",
    "ManyResults",
    "ManySettings",
    "account_id",
    "account_ref",
    "check_concurrency",
]
