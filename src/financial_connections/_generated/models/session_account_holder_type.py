"""Generated code. Do not edit."""

from typing import Literal, TypeAlias

SessionAccountHolderType: TypeAlias = Literal["account", "customer"]
"""Type of the account holder of a new session."""
