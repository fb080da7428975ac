"""Generated code. Do not edit."""

from financial_connections._decoding import OpenEnum


class ErrorType(OpenEnum):
    """Class of an error.

    Authentication, permission and rate limit errors are identified by their HTTP status
    instead.
    """

    API_ERROR = "api_error"
    """A problem on Stripe's side."""
    CARD_ERROR = "card_error"
    """A card could not be charged."""
    IDEMPOTENCY_ERROR = "idempotency_error"
    """An idempotency key was reused with different parameters."""
    INVALID_REQUEST_ERROR = "invalid_request_error"
    """The request has invalid parameters."""
