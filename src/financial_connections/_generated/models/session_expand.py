"""Generated code. Do not edit."""

from typing import Literal, TypeAlias

SessionExpand: TypeAlias = Literal[
    "account_holder.account",
    "account_holder.customer",
    "accounts.data.account_holder.account",
    "accounts.data.account_holder.customer",
    "accounts.data.ownership",
]
"""Path that can be expanded in a session.

Deeper paths, into objects of other Stripe products, are also accepted.
"""
