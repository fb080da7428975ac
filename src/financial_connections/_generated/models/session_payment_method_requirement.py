"""Generated code. Do not edit."""

from typing import Literal, TypeAlias

SessionPaymentMethodRequirement: TypeAlias = Literal["all", "at_least_one", "none"]
"""Requirement for a new session that linked accounts support payments."""
