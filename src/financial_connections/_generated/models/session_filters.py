"""Generated code. Do not edit."""

from attrs import field, frozen

from financial_connections._decoding import Model
from financial_connections._generated.models.account_subcategory import (
    AccountSubcategory,
)
from financial_connections._generated.models.payment_method_requirement import (
    PaymentMethodRequirement,
)


@frozen(kw_only=True, eq=False, repr=False)
class SessionFilters(Model):
    """Restrictions on which accounts can be linked in a session."""

    account_subcategories: list[AccountSubcategory] | None = None
    """Subcategories of the accounts that the user can link."""
    country: str | None = field(default=None, repr=False)
    """Country of the institutions, as a two-letter code such as `US`."""
    require_payment_method_support: PaymentMethodRequirement | None = None
    """Requirement that linked accounts can be used for payments. Stripe then fetches
    their account numbers before the session ends.
    """
