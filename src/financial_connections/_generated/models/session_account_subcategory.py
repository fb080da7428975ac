"""Generated code. Do not edit."""

from typing import Literal, TypeAlias

SessionAccountSubcategory: TypeAlias = Literal[
    "checking", "credit_card", "line_of_credit", "mortgage", "savings"
]
"""Subcategory of the accounts that a user can link in a new session."""
