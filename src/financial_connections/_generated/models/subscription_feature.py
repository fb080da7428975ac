"""Generated code. Do not edit."""

from typing import Literal, TypeAlias

SubscriptionFeature: TypeAlias = Literal["transactions"]
"""Data of an account that can be refreshed every day."""
