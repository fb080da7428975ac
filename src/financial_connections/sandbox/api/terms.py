"""Values that fields and parameters can have, and how they belong together."""

from typing import Literal

from financial_connections.sandbox.rules import Feature

Category = Literal["cash", "credit", "investment", "other"]
Subcategory = Literal[
    "checking", "savings", "mortgage", "line_of_credit", "credit_card", "other"
]
Permission = Literal["balances", "ownership", "payment_method", "transactions"]
HolderKind = Literal["account", "customer", "customer_account"]
AccountNumberType = Literal["account_number", "tokenized_account_number"]
DeactivationCause = Literal["access_expired", "institution_requirement", "unspecified"]
RelinkAction = Literal["none", "relink_required"]

SUBCATEGORIES: dict[Category, tuple[Subcategory, ...]] = {
    "cash": ("checking", "savings", "other"),
    "credit": ("credit_card", "mortgage", "line_of_credit", "other"),
    "investment": ("other",),
    "other": ("other",),
}
"""Subcategories of each category. The first is the default."""

PERMISSION_FOR: dict[Feature, Permission] = {
    "balance": "balances",
    "ownership": "ownership",
    "transactions": "transactions",
}
PERMISSIONS: tuple[Permission, ...] = (
    "balances",
    "ownership",
    "payment_method",
    "transactions",
)
FEATURES: tuple[Feature, ...] = ("balance", "ownership", "transactions")
