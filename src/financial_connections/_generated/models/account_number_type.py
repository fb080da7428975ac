"""Generated code. Do not edit."""

from financial_connections._decoding import OpenEnum


class AccountNumberType(OpenEnum):
    """Type of an account number."""

    ACCOUNT_NUMBER = "account_number"
    """The account number used by the institution."""
    TOKENIZED_ACCOUNT_NUMBER = "tokenized_account_number"
    """A substitute for the account number, issued by the institution. It can expire."""
