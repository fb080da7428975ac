"""Generated code. Do not edit."""

from typing import Literal, TypeAlias

AccountExpand: TypeAlias = Literal[
    "account_holder.account", "account_holder.customer", "ownership"
]
"""Path that can be expanded in an account.

Deeper paths, into objects of other Stripe products, are also accepted.
"""
