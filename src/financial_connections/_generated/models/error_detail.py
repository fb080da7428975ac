"""Generated code. Do not edit."""

from typing import Any

from attrs import field, frozen

from financial_connections._decoding import REQUIRED, Model
from financial_connections._generated.models.error_type import ErrorType


@frozen(kw_only=True, eq=False, repr=False)
class ErrorDetail(Model):
    """The reason why a request failed."""

    advice_code: str | None = field(default=None, repr=False)
    """Code of the card issuer's advice on whether to try a declined payment again."""
    charge: str | None = field(default=None, repr=False)
    """ID of the charge that failed."""
    code: str | None = None
    """Short code for the error, meant for programs."""
    decline_code: str | None = field(default=None, repr=False)
    """Reason given by the card issuer for declining a payment."""
    doc_url: str | None = None
    """URL of the documentation of the error code."""
    message: str | None = field(default=None, repr=False)
    """Explanation of the error, meant for people."""
    network_advice_code: str | None = field(default=None, repr=False)
    """Code of the card network's advice on how to proceed after a declined payment."""
    network_decline_code: str | None = field(default=None, repr=False)
    """Code of the network's reason for declining a payment."""
    param: str | None = None
    """Name of the parameter that caused the error, as it was sent."""
    payment_intent: dict[str, Any] | None = field(default=None, repr=False)
    """Payment intent that failed."""
    payment_method: dict[str, Any] | None = field(default=None, repr=False)
    """Payment method that failed."""
    payment_method_type: str | None = field(default=None, repr=False)
    """Type of the payment method that failed."""
    request_log_url: str | None = field(default=None, repr=False)
    """URL of the request's log entry in the Stripe Dashboard."""
    setup_intent: dict[str, Any] | None = field(default=None, repr=False)
    """Setup intent that failed."""
    source: dict[str, Any] | None = field(default=None, repr=False)
    """Payment source that failed."""
    type: ErrorType = REQUIRED
    """Class of the error."""
    user_message: str | None = field(default=None, repr=False)
    """Explanation of the error that you can show to the user."""
