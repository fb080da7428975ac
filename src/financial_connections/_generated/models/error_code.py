"""Generated code. Do not edit."""

from financial_connections._decoding import OpenEnum


class ErrorCode(OpenEnum):
    """Error code that is specific to Financial Connections.

    `ErrorDetail.code` can also be one of the codes that all requests can return.
    """

    FINANCIAL_CONNECTIONS_ACCOUNT_INACTIVE = "financial_connections_account_inactive"
    """The account is inactive; its holder must link it again."""
    FINANCIAL_CONNECTIONS_ACCOUNT_PENDING_ACCOUNT_NUMBERS = (
        "financial_connections_account_pending_account_numbers"
    )
    """The account numbers are not available yet; wait for them and try again."""
    FINANCIAL_CONNECTIONS_ACCOUNT_UNAVAILABLE_ACCOUNT_NUMBERS = (
        "financial_connections_account_unavailable_account_numbers"
    )
    """The institution does not provide account numbers for the account."""
    FINANCIAL_CONNECTIONS_CONSENT_LOCALE_INVALID = (
        "financial_connections_consent_locale_invalid"
    )
    """The locale of the consent is not valid."""
    FINANCIAL_CONNECTIONS_CONSENT_LOCALE_UNSUPPORTED = (
        "financial_connections_consent_locale_unsupported"
    )
    """The consent is not available in the requested locale."""
    FINANCIAL_CONNECTIONS_NO_SUCCESSFUL_TRANSACTION_REFRESH = (
        "financial_connections_no_successful_transaction_refresh"
    )
    """The transactions of the account have never been refreshed successfully."""
