"""Generated code. Do not edit."""

from collections.abc import Sequence
from typing import TypedDict

from financial_connections._generated.models.session_account_subcategory import (
    SessionAccountSubcategory,
)
from financial_connections._generated.models.session_payment_method_requirement import (
    SessionPaymentMethodRequirement,
)


class SessionAccountFilters(TypedDict, total=False):
    """Restrictions on which accounts can be linked in a new session."""

    account_subcategories: Sequence[SessionAccountSubcategory]
    """Subcategories of the accounts that the user can link. By default, the user can
    link accounts of all subcategories.
    """
    country: str
    """Country of the institutions, as a two-letter code such as `US`. By default,
    institutions of all supported countries are offered.
    """
    require_payment_method_support: SessionPaymentMethodRequirement
    """Requirement that linked accounts can be used for payments. Stripe then fetches
    their account numbers before the session ends. Defaults to `none`.
    """
