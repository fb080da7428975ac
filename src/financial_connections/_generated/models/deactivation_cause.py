"""Generated code. Do not edit."""

from financial_connections._decoding import OpenEnum


class DeactivationCause(OpenEnum):
    """Reason why an account will probably become inactive."""

    ACCESS_EXPIRED = "access_expired"
    """The access that the account holder granted expires."""
    INSTITUTION_REQUIREMENT = "institution_requirement"
    """The institution requires the account to be linked again."""
    UNSPECIFIED = "unspecified"
    """The reason is not known."""
