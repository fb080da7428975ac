"""Generated code. Do not edit."""

from typing import Literal, TypeAlias

SessionPermission: TypeAlias = Literal[
    "balances", "ownership", "payment_method", "transactions"
]
"""Data that a user can be asked to share.

The permission `balances` is plural, whereas the refreshed feature is called `balance`.
"""
