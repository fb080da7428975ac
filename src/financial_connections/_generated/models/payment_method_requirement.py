"""Generated code. Do not edit."""

from financial_connections._decoding import OpenEnum


class PaymentMethodRequirement(OpenEnum):
    """Requirement that linked accounts support payments."""

    ALL = "all"
    """Every linked account must support payments."""
    AT_LEAST_ONE = "at_least_one"
    """At least one linked account must support payments."""
    NONE = "none"
    """Linked accounts do not need to support payments."""
