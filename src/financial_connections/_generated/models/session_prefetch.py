"""Generated code. Do not edit."""

from typing import Literal, TypeAlias

SessionPrefetch: TypeAlias = Literal["balances", "ownership", "transactions"]
"""Data that can be fetched as soon as an account is linked."""
