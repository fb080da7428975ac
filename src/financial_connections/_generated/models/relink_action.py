"""Generated code. Do not edit."""

from financial_connections._decoding import OpenEnum


class RelinkAction(OpenEnum):
    """Action that keeps access to data, or restores it."""

    NONE = "none"
    """Nothing needs to be done, or nothing can be done."""
    RELINK_REQUIRED = "relink_required"
    """The account holder must link the account again."""
