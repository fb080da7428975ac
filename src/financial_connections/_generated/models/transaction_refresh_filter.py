"""Generated code. Do not edit."""

from typing import Required, TypedDict


class TransactionRefreshFilter(TypedDict, total=False):
    """Filter for changes made after a transaction refresh."""

    after: Required[str]
    """ID of a transaction refresh (`fctxnref_…`). Changes made by this refresh itself
    are not included.
    """
