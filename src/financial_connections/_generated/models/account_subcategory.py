"""Generated code. Do not edit."""

from financial_connections._decoding import OpenEnum


class AccountSubcategory(OpenEnum):
    """Specific type of an account, within its category."""

    CHECKING = "checking"
    """A cash account for everyday payments."""
    CREDIT_CARD = "credit_card"
    """A credit card."""
    LINE_OF_CREDIT = "line_of_credit"
    """A credit account from which money can be borrowed repeatedly."""
    MORTGAGE = "mortgage"
    """A loan secured by real estate."""
    OTHER = "other"
    """An account of another type. All investment accounts have this subcategory."""
    SAVINGS = "savings"
    """A cash account for savings."""
