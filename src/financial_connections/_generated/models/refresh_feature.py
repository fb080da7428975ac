"""Generated code. Do not edit."""

from typing import Literal, TypeAlias

RefreshFeature: TypeAlias = Literal["balance", "ownership", "transactions"]
"""Data of an account that can be refreshed.

The feature `balance` is singular, whereas the permission is called `balances`.
"""
